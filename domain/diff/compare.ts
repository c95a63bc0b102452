import { isPlainObject } from '../plain.ts';
import type { ListKeys } from './list-keys.ts';
import { type KeyedItem, keyedItems } from './merge-keys.ts';
import { type Path, showStep } from './path.ts';
import { type KindOf, sameValue } from './value-kind.ts';

/** A value that differs; `undefined` where it does not exist. Lists of plain values are one value. */
export interface Difference {
  path: Path;
  before: unknown;
  after: unknown;
  /** The items of the list are the same and stand in another order; `before` and `after` are the orders. */
  order?: true;
}

/** How two objects are compared. */
export interface Rules {
  /** How values are written. Without it every writing is a value of its own. */
  kindOf?: KindOf;
  /** Keys of lists beyond the usual ones. */
  listKeys?: ListKeys;
  /** Empty lists and nulls are values, as they may be in kinds that the API server does not know by heart. */
  strict?: boolean;
}

/**
 * Where two JSON values differ, in the order of the fields of `after`. Values are compared by what they mean where their kind is
 * known, items of keyed lists by their keys, other lists of objects by position. What was added or removed is taken apart
 * down to single values, so that each one can be masked by its own name.
 */
export function compare(before: unknown, after: unknown, rules: Rules = {}, path: Path = []): Difference[] {
  if (isPlainObject(before) || isPlainObject(after)) {
    if (isBranch(before) && isBranch(after)) {
      // `podSelector: {}` means something that its absence does not.
      const hollow = Object.keys(before ?? after ?? {}).length === 0 && (before === undefined || after === undefined);
      return hollow ? [{ path, before, after }] : compareFields(before ?? {}, after ?? {}, rules, path);
    }
    return [...compare(before, undefined, rules, path), ...compare(undefined, after, rules, path)];
  }
  if (isObjectList(before) || isObjectList(after)) {
    if (isListOrNothing(before) && isListOrNothing(after)) return compareLists(before ?? [], after ?? [], rules, path);
    return [...compare(before, undefined, rules, path), ...compare(undefined, after, rules, path)];
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (rules.kindOf !== undefined && sameValue(rules.kindOf(path), before, after)) return [];
  return rules.strict !== true && isEmpty(before) && isEmpty(after) ? [] : [{ path, before, after }];
}

function compareFields(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  rules: Rules,
  path: Path,
): Difference[] {
  const names = new Set([...Object.keys(after), ...Object.keys(before)]);
  const of = (object: Record<string, unknown>, name: string): unknown =>
    Object.hasOwn(object, name) ? object[name] : undefined;
  return [...names].flatMap((name) => compare(of(before, name), of(after, name), rules, [...path, name]));
}

function compareLists(before: readonly unknown[], after: readonly unknown[], rules: Rules, path: Path): Difference[] {
  const field = path.at(-1);
  const keys = rules.listKeys?.(path);
  const left = keyedItems(before, field, keys);
  const right = keyedItems(after, field, keys);
  if (left !== null && right !== null) {
    const ids = new Set([...right.keys(), ...left.keys()]);
    const items = [...ids].flatMap((id) => {
      const item = right.get(id) ?? left.get(id);
      if (item === undefined) return [];
      return compareItem(left.get(id)?.value, right.get(id)?.value, rules, [...path, item.step]);
    });
    return [...items, ...compareOrder(left, right, path)];
  }
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, index) => compare(before[index], after[index], rules, [...path, index])).flat();
}

/**
 * Items that both lists have, in another order. In a pod template that is a change like any other: its hash is another one, so that
 * pods restart, init containers run one after the other, and a variable sees only those above it.
 */
function compareOrder(left: Map<string, KeyedItem>, right: Map<string, KeyedItem>, path: Path): Difference[] {
  const before = [...left].filter(([id]) => right.has(id));
  const after = [...right].filter(([id]) => left.has(id));
  if (before.every(([id], index) => id === after[index]?.[0])) return [];
  const names = (items: readonly [string, KeyedItem][]): string[] => items.map(([, { step }]) => showStep(step));
  return [{ path, before: names(before), after: names(after), order: true }];
}

/** The keys of an item that came or went are in its path already, unless it has nothing else. */
function compareItem(before: unknown, after: unknown, rules: Rules, path: Path): Difference[] {
  const all = compare(before, after, rules, path);
  const keys = path.at(-1);
  if (typeof keys !== 'object' || (before !== undefined && after !== undefined)) return all;
  const others = all.filter((difference) => difference.path.length > path.length + 1 || !isKey(difference, keys));
  return others.length === 0 ? all : others;
}

function isKey({ path }: Difference, keys: Record<string, unknown>): boolean {
  const field = path.at(-1);
  return typeof field === 'string' && Object.hasOwn(keys, field);
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
