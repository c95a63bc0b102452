import type { Holder } from './record.ts';

/** Negative when `a` is older than `b`: rollouts first, then the activities of one, then the attempts of one activity. */
export function compareHolders(a: Holder, b: Holder): number {
  return a.rollout - b.rollout || a.epoch - b.epoch || a.attempt - b.attempt;
}

/** Whether `mine` may write the record that `current` holds. */
export function mayHold(mine: Holder, current: Holder | null): boolean {
  return current === null || compareHolders(mine, current) >= 0;
}
