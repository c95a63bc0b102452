import { isPlainObject } from '../plain.ts';
import { keyedItems } from './merge-keys.ts';
import type { Path } from './path.ts';
import { isQuantity, sameQuantity } from './quantity.ts';

/** A value that differs; `undefined` where it does not exist. Lists of plain values are one value. */
export interface Difference {
  path: Path;
  before: unknown;
  after: unknown;
}

/**
 * Where two JSON values differ, in the order of the fields of `after`. Quantities are compared by amount, items of keyed
 * lists by their keys, other lists of objects by position. What was added or removed is taken apart down to single
 * values, so that each one can be masked by its own name.
 */
export function compare(before: unknown, after: unknown, path: Path = []): Difference[] {
  if (isPlainObject(before) || isPlainObject(after)) {
    if (isBranch(before) && isBranch(after)) {
      // `podSelector: {}` means something that its absence does not.
      const hollow = Object.keys(before ?? after ?? {}).length === 0 && (before === undefined || after === undefined);
      return hollow ? [{ path, before, after }] : compareFields(before ?? {}, after ?? {}, path);
    }
    return [...compare(before, undefined, path), ...compare(undefined, after, path)];
  }
  if (isObjectList(before) || isObjectList(after)) {
    if (isListOrNothing(before) && isListOrNothing(after)) return compareLists(before ?? [], after ?? [], path);
    return [...compare(before, undefined, path), ...compare(undefined, after, path)];
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isQuantity(path) && sameQuantity(before, after)) return [];
  return isEmpty(before) && isEmpty(after) ? [] : [{ path, before, after }];
}

function compareFields(before: Record<string, unknown>, after: Record<string, unknown>, path: Path): Difference[] {
  const names = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...names].flatMap((name) => compare(before[name], after[name], [...path, name]));
}

function compareLists(before: readonly unknown[], after: readonly unknown[], path: Path): Difference[] {
  const field = path.at(-1);
  const left = keyedItems(before, field);
  const right = keyedItems(after, field);
  if (left !== null && right !== null) {
    const ids = new Set([...right.keys(), ...left.keys()]);
    return [...ids].flatMap((id) => {
      const item = right.get(id) ?? left.get(id);
      return item === undefined ? [] : compareItem(left.get(id)?.value, right.get(id)?.value, [...path, item.step]);
    });
  }
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, index) => compare(before[index], after[index], [...path, index])).flat();
}

/** The keys of an item that came or went are in its path already, unless it has nothing else. */
function compareItem(before: unknown, after: unknown, path: Path): Difference[] {
  const all = compare(before, after, path);
  const keys = path.at(-1);
  if (typeof keys !== 'object' || (before !== undefined && after !== undefined)) return all;
  const others = all.filter((difference) => difference.path.length > path.length + 1 || !isKey(difference, keys));
  return others.length === 0 ? all : others;
}

function isKey({ path }: Difference, keys: Record<string, unknown>): boolean {
  const field = path.at(-1);
  return typeof field === 'string' && field in keys;
}

function isBranch(value: unknown): value is Record<string, unknown> | undefined {
  return value === undefined || isPlainObject(value);
}

function isObjectList(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null);
}

function isListOrNothing(value: unknown): value is unknown[] | undefined {
  return value === undefined || Array.isArray(value);
}

/** The API server drops empty lists and nulls in some places and keeps them in others; they mean the same. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
