import { isPlainObject } from '../plain.ts';
import type { FieldSet } from './managed-fields.ts';

/**
 * The object without the fields that the new owner has `taken` over, that `stated` (git) does not mention and that nobody
 * else in `others` owns: what a server-side apply will leave once the fields have changed hands. Fields without an owner
 * stay.
 */
export function pruneTaken(object: unknown, taken: FieldSet, stated: unknown, others: FieldSet): unknown {
  if (Array.isArray(object)) return pruneList(object, taken, stated, others);
  if (!isPlainObject(object)) return object;
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const key = `f:${name}`;
    const result = pruneField(value, taken[key], isPlainObject(stated) ? stated[name] : undefined, others[key]);
    if (result !== undefined) kept[name] = result;
  }
  return kept;
}

function pruneList(list: unknown[], taken: FieldSet, stated: unknown, others: FieldSet): unknown[] {
  const statedList = Array.isArray(stated) ? stated : [];
  return list
    .map((item) => {
      const key = keyOf(item, taken);
      if (key === undefined) return item;
      const match = statedList.find((candidate) => isItem(candidate, key));
      return pruneField(item, taken[key], match, others[key]);
    })
    .filter((item) => item !== undefined);
}

function pruneField(
  value: unknown,
  taken: FieldSet | undefined,
  stated: unknown,
  others: FieldSet | undefined,
): unknown {
  if (taken === undefined) return value;
  const leaf = Object.keys(taken).length === 0;
  if (stated === undefined && others === undefined && (leaf || '.' in taken)) return undefined;
  if (leaf) return stated === undefined && others === undefined ? undefined : value;
  const pruned = pruneTaken(value, taken, stated, others ?? {});
  // A map that only held what was taken away goes with it.
  return stated === undefined && isHollow(pruned) ? undefined : pruned;
}

/** The key of the set that stands for the item of a keyed list or of a set of plain values. */
function keyOf(item: unknown, set: FieldSet): string | undefined {
  return Object.keys(set).find((key) => isItem(item, key));
}

function isItem(item: unknown, key: string): boolean {
  if (key.startsWith('v:')) return JSON.stringify(item) === key.slice(2);
  if (!key.startsWith('k:') || !isPlainObject(item)) return false;
  const keys: unknown = JSON.parse(key.slice(2));
  // The protocol of a port is the one key that manifests leave out.
  const has = (name: string): unknown => item[name] ?? (name === 'protocol' ? 'TCP' : undefined);
  return isPlainObject(keys) && Object.entries(keys).every(([name, value]) => has(name) === value);
}

function isHollow(value: unknown): boolean {
  return (isPlainObject(value) && Object.keys(value).length === 0) || (Array.isArray(value) && value.length === 0);
}
