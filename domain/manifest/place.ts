import type { FieldPath, SourcePlace } from '../document-error.ts';
import { at, isPlainObject } from '../plain.ts';
import type { ManifestObject } from './object.ts';

/** File and line of a field; of its nearest parent where git does not state it, of the object where lines are not known. */
export function placeOf(object: Pick<ManifestObject, 'source' | 'lineOf'>, path: FieldPath): SourcePlace {
  const { file, line } = object.source;
  return { file, line: object.lineOf?.(path) ?? line };
}

const aPath = /\.?[a-z]\w*(?:\.[a-z]\w*|\[[^\]]+\])+(?=:)/;
const aStep = /\.?([a-zA-Z]\w*)|\[(\d+)\]|\[([^\]=]+)="?([^",\]]*)"?[^\]]*\]/y;

/**
 * The field that a sentence of the API server names first, e.g. `.spec.containers[name="agent"].image: ...`, as a path into
 * the object; empty when it names none.
 */
export function pathInSentence(body: Record<string, unknown>, sentence: string): FieldPath {
  const text = aPath.exec(sentence)?.[0] ?? '';
  const path: (string | number)[] = [];
  aStep.lastIndex = 0;
  for (let step = aStep.exec(text); step !== null; step = aStep.exec(text)) {
    const [, name, index, key = '', value] = step;
    if (name !== undefined) path.push(name);
    else if (index !== undefined) path.push(Number(index));
    else {
      const list = at(body, ...path);
      const found = Array.isArray(list)
        ? list.findIndex((item) => isPlainObject(item) && String(item[key]) === value)
        : -1;
      if (found === -1) return path;
      path.push(found);
    }
  }
  return path;
}
