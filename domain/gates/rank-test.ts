/**
 * How likely values of which none is worse by nature come out at least as high as these: the one-sided p-value of the rank-sum test
 * of Wilcoxon (1945) and of Mann and Whitney (1947). Exact over all ways to part the values into two groups of these sizes, with
 * midranks for ties; for two large groups by the normal approximation with correction for ties and continuity. Needs no
 * assumption about the shape of the values. Each group needs a value.
 */
export function higherByChance(values: readonly number[], control: readonly number[]): number {
  const ranks = doubledRanks([...values, ...control]);
  const own = sum(ranks.slice(0, values.length));
  if (values.length <= control.length) return atLeast(ranks, values.length, own);
  // The same event, told by the smaller group: its ranks sum up to at most the rest of all.
  const mirrored = ranks.map((rank) => 2 * (ranks.length + 1) - rank);
  return atLeast(mirrored, control.length, sum(mirrored.slice(values.length)));
}

/** The smallest p-value that groups of these sizes can have: one group entirely above the other. */
export function smallestChance(values: number, control: number): number {
  let ways = 1;
  for (let index = 1; index <= Math.min(values, control); index++) {
    ways *= (values + control + 1 - index) / index;
  }
  return 1 / ways;
}

/** Groups up to this size, and up to this many values in all, are counted out exactly. */
const exact = { group: 20, values: 220 } as const;

/** Twice the rank of each value, counted from 1 at the lowest: whole numbers, ties included. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const rankOf = new Map<number, number>();
  for (let from = 0; from < sorted.length; ) {
    const value = sorted[from] ?? 0;
    let to = from;
    while (sorted[to + 1] === value) to++;
    rankOf.set(value, from + 1 + to + 1);
    from = to + 1;
  }
  return values.map((value) => rankOf.get(value) ?? 0);
}

/** The share of all groups of `size` ranks whose sum is at least `least`. */
function atLeast(ranks: readonly number[], size: number, least: number): number {
  return size <= exact.group && ranks.length <= exact.values
    ? countedShare(ranks, size, least)
    : approximateShare(ranks, size, least);
}

/** Counts the groups by size and sum, one rank after the other. Shares instead of counts: they never overflow. */
function countedShare(ranks: readonly number[], size: number, least: number): number {
  const most = sum([...ranks].sort((a, b) => b - a).slice(0, size));
  const width = most + 1;
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(width));
  const [none] = ways;
  if (none === undefined) return 1;
  none[0] = 1;
  for (const [index, rank] of ranks.entries()) {
    for (let taken = Math.min(size, index + 1); taken >= 1; taken--) {
      const to = ways[taken];
      const from = ways[taken - 1];
      if (to === undefined || from === undefined) continue;
      for (let total = most; total >= rank; total--) to[total] = (to[total] ?? 0) + (from[total - rank] ?? 0);
    }
  }
  const all = ways[size] ?? none;
  return Math.min(1, sum(all.slice(Math.max(0, least))) / sum(all));
}

function approximateShare(ranks: readonly number[], size: number, least: number): number {
  const count = ranks.length;
  const mean = size * (count + 1);
  const squares = sum(ranks.map((rank) => (rank - (count + 1)) ** 2));
  const variance = (size * (count - size) * squares) / (count * (count - 1));
  // Ranks are doubled, so half a rank is 1.
  return variance === 0 ? 1 : normalTail((least - mean - 1) / Math.sqrt(variance));
}

/** The share of a normal distribution above `z`, to 1e-7 (Abramowitz and Stegun, 26.2.17). */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
