import type { FieldSet, ManagedFieldsEntry } from '../adopt/managed-fields.ts';
import type { FieldOwner } from '../sync.ts';
import type { Path, Step } from './path.ts';

/**
 * Who owns the field in the live object, the newest first; empty when nobody does, as with fields that the API server
 * defaulted or an admission webhook set.
 */
export function ownersOf(path: Path, entries: readonly ManagedFieldsEntry[]): FieldOwner[] {
  return entries
    .filter((entry) => (entry.subresource ?? '') !== 'status' && entry.fieldsV1 !== undefined)
    .filter((entry) => owns(entry.fieldsV1 ?? {}, path))
    .map(({ manager, operation, time }) => ({ manager, operation, ...(time === undefined ? {} : { time }) }))
    .sort((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
}

/** e.g. `kubectl-client-side-apply (Update)`, several joined with a comma. */
export function describeOwners(owners: readonly FieldOwner[]): string {
  return [...new Set(owners.map(({ manager, operation }) => `${manager} (${operation})`))].join(', ');
}

/** A set owns a path that is in it, and everything below a leaf: such a field is set as a whole. */
function owns(set: FieldSet, path: Path): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return true;
  const child = childOf(set, step);
  if (child === undefined) return false;
  return Object.keys(child).length === 0 || owns(child, rest);
}

/** What a set says of one step; undefined when the step is not in it. */
export function childOf(set: FieldSet, step: Step): FieldSet | undefined {
  if (typeof step === 'string') return own(set, `f:${step}`);
  if (typeof step === 'number') return own(set, `i:${step}`);
  const exact = own(set, `k:${JSON.stringify(step)}`);
  if (exact !== undefined) return exact;
  const sorted = Object.fromEntries(Object.entries(step).sort(([a], [b]) => (a < b ? -1 : 1)));
  return own(set, `k:${JSON.stringify(sorted)}`);
}

function own(set: FieldSet, key: string): FieldSet | undefined {
  return Object.hasOwn(set, key) ? set[key] : undefined;
}

/** The fields of a set that have nothing below them, as paths; single values of a list of texts are left out. */
export function leavesOf(set: FieldSet, path: Path = []): Path[] {
  return Object.entries(set).flatMap(([key, child]) => {
    const step = stepOf(key);
    if (step === undefined) return [];
    const at = [...path, step];
    return Object.keys(child).length === 0 ? [at] : leavesOf(child, at);
  });
}

function stepOf(key: string): Step | undefined {
  if (key.startsWith('f:')) return key.slice(2);
  if (key.startsWith('i:')) return Number(key.slice(2));
  return key.startsWith('k:') ? (JSON.parse(key.slice(2)) as Record<string, unknown>) : undefined;
}
