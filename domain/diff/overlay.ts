import { isPlainObject, type PlainObject } from '../plain.ts';
import { keyedItems } from './merge-keys.ts';
import type { Step } from './path.ts';

/**
 * git's object laid over the live one, for what the API server refuses to try out: what git states wins, items of keyed lists by
 * their keys. What git has dropped stays, so it shows less than a dry run would.
 */
export function overlay(live: PlainObject, git: PlainObject): PlainObject {
  const result: PlainObject = { ...live };
  for (const [name, value] of Object.entries(git)) {
    if (value === null) continue;
    const own = Object.hasOwn(live, name) ? live[name] : undefined;
    Object.defineProperty(result, name, {
      value: merged(own, value, name),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

function merged(live: unknown, git: unknown, field: Step): unknown {
  if (isPlainObject(live) && isPlainObject(git)) return overlay(live, git);
  if (!Array.isArray(live) || !Array.isArray(git)) return git;
  const before = keyedItems(live, field);
  const after = keyedItems(git, field);
  if (before === null || after === null) return git;
  const items = [...after].map(([id, { value }]) => merged(before.get(id)?.value, value, field) ?? value);
  const others = [...before].filter(([id]) => !after.has(id)).map(([, { value }]) => value);
  return [...items, ...others];
}
