import type { FieldSet, ManagedFieldsEntry } from '../adopt/managed-fields.ts';
import { childOf } from './owner.ts';
import type { Path } from './path.ts';

/** By which fields the items of a list are told apart; undefined where that is not known. */
export type ListKeys = (path: Path) => readonly string[] | undefined;

/**
 * The keys of lists as the API server itself knows them, of custom kinds, too: whoever owns an item owns it under its keys
 * (`k:{"name":"agent"}`).
 */
export function listKeysOf(entries: readonly ManagedFieldsEntry[]): ListKeys {
  const sets = entries.flatMap(({ fieldsV1 }) => (fieldsV1 === undefined ? [] : [fieldsV1]));
  return (path) => {
    for (const set of sets) {
      const item = Object.keys(setAt(set, path) ?? {}).find((key) => key.startsWith('k:'));
      if (item !== undefined) return Object.keys(JSON.parse(item.slice(2)) as object);
    }
    return undefined;
  };
}

function setAt(set: FieldSet, path: Path): FieldSet | undefined {
  let found: FieldSet | undefined = set;
  for (const step of path) found = found === undefined ? undefined : childOf(found, step);
  return found;
}
