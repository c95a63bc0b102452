import type { Holder } from './record.ts';

/**
 * Negative when `a` is older than `b`: rollouts first, then runs of one workflow, then the activities of a run, then the
 * attempts of one activity.
 */
export function compareHolders(a: Holder, b: Holder): number {
  return a.rollout - b.rollout || compareRuns(a, b) || a.epoch - b.epoch || a.attempt - b.attempt;
}

/** A run that was reset starts over, and must fence out the one before it although that had scheduled more. */
function compareRuns(a: Holder, b: Holder): number {
  if (a.runId === undefined || b.runId === undefined || a.runId === b.runId) return 0;
  return (a.scheduledMs ?? 0) - (b.scheduledMs ?? 0);
}

/** Whether `mine` may write the record that `current` holds. */
export function mayHold(mine: Holder, current: Holder | null): boolean {
  return current === null || compareHolders(mine, current) >= 0;
}
