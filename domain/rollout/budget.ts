import type { IntOrPercent } from './policy.ts';

/** A count as it is; a percentage of `total` rounded up (S3), as Kubernetes does for maxUnavailable. */
export function resolveIntOrPercent(value: IntOrPercent, total: number): number {
  if (typeof value === 'number') return value;
  // Integer arithmetic: 0.07 * 100 is 7.000000000000001 in floating point and would round up to 8.
  return Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

/** How many of `total` may fail: a count, or a percentage rounded down; always fewer than all, for nobody proves nothing. */
export function allowanceOf(value: IntOrPercent, total: number): number {
  const most = typeof value === 'number' ? value : Math.floor((Number.parseInt(value, 10) * total) / 100);
  return Math.min(most, Math.max(0, total - 1));
}

/** Most nodes that may be out at once: never below 1, or no rollout could move. */
export function budgetOf(maxUnavailable: IntOrPercent, eligible: number): number {
  return Math.max(1, resolveIntOrPercent(maxUnavailable, eligible));
}

/**
 * Whether one more node may be taken. A node that is out already does not add to the count, but may only be taken while the
 * others are within the budget: into an outage nothing is deleted (S14, S34).
 */
export function mayTake(input: { budget: number; out: number; nodeIsOut: boolean }): boolean {
  return (input.nodeIsOut ? input.out - 1 : input.out) < input.budget;
}
