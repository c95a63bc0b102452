import { isPlainObject, type PlainObject } from '../plain.ts';
import { compare, type Difference } from './compare.ts';
import type { ListKeys } from './list-keys.ts';
import { keyedItems } from './merge-keys.ts';
import { type Path, type Step, startsWith } from './path.ts';
import { builtInKinds, mayBeSame } from './value-kind.ts';

/** Written by the API server, whatever git says; and what says which object it is. */
const notStated = [
  'apiVersion',
  'kind',
  'status',
  'metadata.name',
  'metadata.namespace',
  'metadata.generateName',
  'metadata.creationTimestamp',
  'metadata.deletionTimestamp',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.selfLink',
  'metadata.uid',
];

/**
 * Where an object does not have what git states of it. What git does not state is no difference, nor is another writing of the same
 * value, nor a zero value that the API server leaves out.
 */
export function statedDifferences(stated: PlainObject, actual: PlainObject, listKeys?: ListKeys): Difference[] {
  const kindOf = builtInKinds(String(stated.kind));
  const git = stringDataAsData(stated);
  return compare(actual, git, { listKeys }).filter(({ path, before, after, order }) => {
    if (after === undefined || order === true || notStated.some((field) => startsWith(path, ...field.split('.')))) {
      return false;
    }
    if (isZero(after) && (before === undefined || isZero(before))) return false;
    return !mayBeSame(kindOf, path, before, after);
  });
}

/** The API server keeps a Secret's `stringData` in its `data`. */
export function stringDataAsData(body: PlainObject): PlainObject {
  if (body.kind !== 'Secret' || !isPlainObject(body.stringData)) return body;
  const { stringData, ...rest } = body;
  const entries = Object.entries(stringData).map(([key, text]) => {
    const bytes = new TextEncoder().encode(String(text));
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return [key, btoa(binary)];
  });
  return { ...rest, data: { ...(isPlainObject(body.data) ? body.data : {}), ...Object.fromEntries(entries) } };
}

function isZero(value: unknown): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isPlainObject(value) && Object.values(value).every(isZero);
}

/** The value at a path whose steps may be keys of list items; undefined where there is none. */
export function valueAt(object: unknown, path: Path): unknown {
  let found = object;
  for (const [index, step] of path.entries()) found = child(found, step, path[index - 1]);
  return found;
}

function child(value: unknown, step: Step, field: Step | undefined): unknown {
  if (typeof step === 'string') return isPlainObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  if (!Array.isArray(value)) return undefined;
  if (typeof step === 'number') return value[step];
  return keyedItems(value, field, Object.keys(step))?.get(JSON.stringify(step))?.value;
}

/** Whether git says anything of the field: itself, or a value above it that is set as a whole. */
export function isStated(body: PlainObject, path: Path): boolean {
  const git = stringDataAsData(body);
  for (let length = path.length; length > 0; length--) {
    const value = valueAt(git, path.slice(0, length));
    if (value === undefined || value === null) continue;
    return length === path.length || typeof value !== 'object';
  }
  return false;
}
