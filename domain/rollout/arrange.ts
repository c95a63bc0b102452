import { labelOf } from '../cluster/eligibility.ts';
import type { NodeView } from '../cluster/view.ts';

/** What the order of a rollout goes by. */
export interface Arrangeable {
  node: NodeView;
  touched: boolean;
  astray: boolean;
  late: boolean;
}

/**
 * Nodes in the order in which a rollout takes them: those taken already; those that an earlier rollout left on a release that
 * is given up, whom the fix is for; all others; those that go last. Inside, pseudo-random and stable (S2); with `spread` the values
 * of that label alternate, nodes taken already included in the count.
 */
export function arrange<T extends Arrangeable>(
  all: readonly T[],
  order: (a: NodeView, b: NodeView) => number,
  spread: string | undefined,
): T[] {
  const byClass = (a: T, b: T): number =>
    Number(b.touched) - Number(a.touched) || Number(b.astray) - Number(a.astray) || Number(a.late) - Number(b.late);
  const sorted = [...all].sort((a, b) => byClass(a, b) || order(a.node, b.node));
  if (spread === undefined) return sorted;
  const seen = new Map<string, number>();
  const ranked = sorted.map((one) => {
    const value = labelOf(one.node, spread) ?? '';
    const rank = seen.get(value) ?? 0;
    seen.set(value, rank + 1);
    return { one, rank };
  });
  // The sort is stable: equal ranks stay in pseudo-random order.
  return ranked.sort((a, b) => byClass(a.one, b.one) || a.rank - b.rank).map(({ one }) => one);
}
