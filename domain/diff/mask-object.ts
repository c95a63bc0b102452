import { isPlainObject, type PlainObject } from '../plain.ts';
import { type Masking, maskPair } from './mask.ts';
import { keyedItems } from './merge-keys.ts';
import type { Path } from './path.ts';

/**
 * Two states of an object with every secret value masked, unchanged ones as well; where masking would hide that a value has changed,
 * the second one says so. Key order is that of the first, so that only what differs is a difference of the text.
 */
export function maskedObjects(
  masking: Masking,
  before: PlainObject | null,
  after: PlainObject,
): { before: PlainObject | null; after: PlainObject } {
  const shown = pair(masking, before ?? undefined, after, []);
  return { before: before === null ? null : (shown.before as PlainObject), after: shown.after as PlainObject };
}

interface Pair {
  before: unknown;
  after: unknown;
}

function pair(masking: Masking, before: unknown, after: unknown, path: Path): Pair {
  const maps = isPlainObject(before) || isPlainObject(after);
  const lists = isObjects(before) || isObjects(after);
  if (!maps && !lists) return maskPair(masking, path, before, after);
  if (maps && isMapOrNothing(before) && isMapOrNothing(after)) return maps2(masking, before, after, path);
  if (lists && isListOrNothing(before) && isListOrNothing(after)) return lists2(masking, before, after, path);
  return { before: alone(masking, before, path), after: alone(masking, after, path) };
}

function alone(masking: Masking, value: unknown, path: Path): unknown {
  return value === undefined ? undefined : pair(masking, undefined, value, path).after;
}

function maps2(masking: Masking, before: PlainObject | undefined, after: PlainObject | undefined, path: Path): Pair {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort(fieldOrder);
  const entries = names.map((name): [string, Pair] => [
    name,
    pair(masking, own(before, name), own(after, name), [...path, name]),
  ]);
  const side = (which: keyof Pair, from: PlainObject | undefined): PlainObject | undefined =>
    from === undefined
      ? undefined
      : Object.fromEntries(
          entries.filter(([name]) => Object.hasOwn(from, name)).map(([name, of]) => [name, of[which]]),
        );
  return { before: side('before', before), after: side('after', after) };
}

function lists2(
  masking: Masking,
  before: readonly unknown[] | undefined,
  after: readonly unknown[] | undefined,
  path: Path,
): Pair {
  const field = path.at(-1);
  const left = keyedItems(before ?? [], field);
  const right = keyedItems(after ?? [], field);
  const keyed = left !== null && right !== null;
  // An item is masked beside its own former state, wherever in the list that stood.
  const other = (of: typeof left, list: readonly unknown[] | undefined, id: string, index: number): unknown =>
    keyed ? of?.get(id)?.value : list?.[index];
  const ids = (of: typeof left, list: readonly unknown[] | undefined): string[] =>
    keyed ? [...(of?.keys() ?? [])] : (list ?? []).map(() => '');
  const step = (of: typeof left, id: string, index: number): Path[number] => of?.get(id)?.step ?? index;
  const leftIds = ids(left, before);
  const rightIds = ids(right, after);
  return {
    before: before?.map((item, index) => {
      const id = leftIds[index] ?? '';
      return pair(masking, item, other(right, after, id, index), [...path, step(left, id, index)]).before;
    }),
    after: after?.map((item, index) => {
      const id = rightIds[index] ?? '';
      return pair(masking, other(left, before, id, index), item, [...path, step(right, id, index)]).after;
    }),
  };
}

const first = ['apiVersion', 'kind', 'metadata', 'name', 'namespace'];

/** As people write objects: what it is first, then by name. */
function fieldOrder(a: string, b: string): number {
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function own(map: PlainObject | undefined, name: string): unknown {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
}

function isObjects(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null);
}

function isMapOrNothing(value: unknown): value is PlainObject | undefined {
  return value === undefined || isPlainObject(value);
}

function isListOrNothing(value: unknown): value is unknown[] | undefined {
  return value === undefined || Array.isArray(value);
}
