import { keyedItems } from './merge-keys.ts';
import type { Path } from './path.ts';
import { valueAt } from './stated.ts';

/**
 * A path as steps of a JSON pointer into an object, where items of lists are counted; null when the object does not have one of the
 * items.
 */
export function pointerSteps(object: unknown, path: Path): string[] | null {
  const steps: string[] = [];
  for (const [index, step] of path.entries()) {
    if (typeof step !== 'object') {
      steps.push(String(step));
      continue;
    }
    const list = valueAt(object, path.slice(0, index));
    const items = Array.isArray(list) ? keyedItems(list, path[index - 1], Object.keys(step)) : null;
    const found = items === null ? -1 : [...items.keys()].indexOf(JSON.stringify(step));
    if (found === -1) return null;
    steps.push(`${found}`);
  }
  return steps;
}

/** `/metadata/labels/app.kubernetes.io~1name`. */
export function showPointer(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The steps of a JSON pointer (RFC 6901). */
export function parsePointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
