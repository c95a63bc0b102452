/** A set of fields in the form of managedFields: keys are `f:name`, `k:{...}`, `v:...`, `i:n`, and `.` for the node itself. */
export interface FieldSet {
  [key: string]: FieldSet;
}

/** An entry of metadata.managedFields: which fields a manager owns. */
export interface ManagedFieldsEntry {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: FieldSet;
  subresource?: string;
}

/** All fields that are in either set. An empty node is a leaf; next to a node with children it becomes its `.`. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { ...a };
  for (const [key, right] of Object.entries(b)) {
    const left = result[key];
    result[key] = left === undefined ? right : join(left, right);
  }
  return result;
}

function join(left: FieldSet, right: FieldSet): FieldSet {
  const [leftIsLeaf, rightIsLeaf] = [Object.keys(left).length === 0, Object.keys(right).length === 0];
  if (leftIsLeaf && rightIsLeaf) return {};
  return union(leftIsLeaf ? { '.': {} } : left, rightIsLeaf ? { '.': {} } : right);
}
