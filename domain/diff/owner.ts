import type { FieldSet, ManagedFieldsEntry } from '../adopt/managed-fields.ts';
import type { Path, Step } from './path.ts';

/**
 * Who owns the field in the live object, e.g. `kubectl-client-side-apply (Update)`, several joined with a comma;
 * undefined when nobody does, as with fields that the API server defaulted.
 */
export function ownerOf(path: Path, entries: readonly ManagedFieldsEntry[]): string | undefined {
  const owners = entries
    .filter((entry) => entry.subresource !== 'status' && entry.fieldsV1 !== undefined && owns(entry.fieldsV1, path))
    .map((entry) => `${entry.manager} (${entry.operation})`);
  return owners.length === 0 ? undefined : [...new Set(owners)].join(', ');
}

/** A set owns a path that is in it, and everything below a leaf: such a field is set as a whole. */
function owns(set: FieldSet, path: Path): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return true;
  const child = childOf(set, step);
  if (child === undefined) return false;
  return Object.keys(child).length === 0 || owns(child, rest);
}

function childOf(set: FieldSet, step: Step): FieldSet | undefined {
  if (typeof step === 'string') return set[`f:${step}`];
  if (typeof step === 'number') return set[`i:${step}`];
  const sorted = Object.fromEntries(Object.entries(step).sort(([a], [b]) => (a < b ? -1 : 1)));
  return set[`k:${JSON.stringify(sorted)}`];
}
