import type { Path } from './path.ts';

const suffixes: Record<string, readonly [base: bigint, exponent: number]> = {
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  '': [10n, 0],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  E: [10n, 18],
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
  Ei: [2n, 60],
};

const parents = new Set([
  'limits',
  'requests',
  'capacity',
  'allocatable',
  'hard',
  'default',
  'defaultRequest',
  'max',
  'min',
]);
const fields = new Set(['sizeLimit', 'divisor', 'averageValue']);

/** Whether the field is by its name a quantity of a kind that every cluster has: `limits.cpu`, `emptyDir.sizeLimit` and the like. */
export function isQuantity(path: Path): boolean {
  const field = path.at(-1);
  const parent = path.at(-2);
  return (typeof field === 'string' && fields.has(field)) || (typeof parent === 'string' && parents.has(parent));
}

/** Whether two quantities are the same amount, however they are written: `1000m` and `1`, `1Gi` and `1024Mi`. */
export function sameQuantity(a: unknown, b: unknown): boolean {
  const [left, right] = [amountOf(a), amountOf(b)];
  return left !== null && right !== null && left === right;
}

/** The amount in units of 10^-18, which every suffix and any sensible number of digits fit into exactly; null for other text. */
export function amountOf(value: unknown): bigint | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/.exec(String(value).trim());
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', power, suffix = ''] = match;
  if (whole === '' && fraction === '') return null;
  const [base, exponent] = power === undefined ? (suffixes[suffix] ?? [10n, 0]) : [10n, Number(power)];
  const digits = BigInt(whole + fraction);
  const scale = 18 - fraction.length + (base === 10n ? exponent : 0);
  const scaled = scale >= 0 ? digits * 10n ** BigInt(scale) : digits / 10n ** BigInt(-scale);
  const amount = base === 2n ? scaled * 2n ** BigInt(exponent) : scaled;
  return sign === '-' ? -amount : amount;
}
