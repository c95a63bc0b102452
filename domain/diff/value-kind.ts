import { parseAmountMs } from './go-duration.ts';
import type { Path } from './path.ts';
import { isQuantity, sameQuantity } from './quantity.ts';

/** How the values of a field are written, where one value can be written in several ways. */
export type ValueKind = 'quantity' | 'duration' | 'intOrString' | 'base64' | 'plain';

/** Says how the values of a field are written. `plain`: as they stand there. */
export type KindOf = (path: Path) => ValueKind;

/** Maps whose keys are chosen by people: a label named `storage` is a text, not an amount. */
const textMaps = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector', 'data', 'binaryData', 'stringData']);

/** Whether the value is one of a map of texts, in which two writings are two values. */
export function isText(path: Path): boolean {
  const parent = path.at(-2);
  return (typeof parent === 'string' && textMaps.has(parent)) || isVariable(path);
}

function isVariable(path: Path): boolean {
  return path.at(-1) === 'value' && path.at(-3) === 'env';
}

/** Of kinds that every cluster has, by the names of their fields. */
export function builtInKinds(kind: string): KindOf {
  return (path) => {
    if (kind === 'Secret' && path.length === 2 && path[0] === 'data') return 'base64';
    if (kind === 'ConfigMap' && path.length === 2 && path[0] === 'binaryData') return 'base64';
    if (isText(path)) return 'plain';
    return path.at(-1) === 'caBundle' ? 'base64' : isQuantity(path) ? 'quantity' : 'plain';
  };
}

/** Whether two values of a kind mean the same, however they are written. */
export function sameValue(kind: ValueKind, a: unknown, b: unknown): boolean {
  switch (kind) {
    case 'quantity':
      return sameQuantity(a, b);
    case 'duration':
      return sameDuration(a, b);
    case 'intOrString':
      return isScalar(a) && isScalar(b) && String(a) === String(b);
    case 'base64':
      return typeof a === 'string' && typeof b === 'string' && bare(a) === bare(b);
    case 'plain':
      return false;
  }
}

/** `60s`, `1m` and `1m0s`. */
function sameDuration(a: unknown, b: unknown): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  const amount = parseAmountMs(a);
  return amount !== null && amount === parseAmountMs(b);
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

/** Line breaks inside of base64 say nothing. */
function bare(text: string): string {
  return text.replace(/\s+/g, '');
}

/** Whether a server may have made the one of the other while reading it, so that they are two writings of the same. */
export function mayBeSame(kindOf: KindOf, path: Path, a: unknown, b: unknown): boolean {
  if (sameValue(kindOf(path), a, b)) return true;
  const kinds = ['quantity', 'duration', 'intOrString', 'base64'] as const;
  return !isText(path) && kinds.some((kind) => sameValue(kind, a, b));
}
