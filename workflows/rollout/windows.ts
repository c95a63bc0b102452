import { interrupts } from '../../domain/rollout/accept.ts';
import { clusterActivities } from '../proxies.ts';
import type { RolloutRun } from './run.ts';

/** Makes the target live, unless it is; returns its hash. */
export async function openWindow(run: RolloutRun): Promise<string> {
  if (run.state.windowOpen && run.state.toHash !== null) return run.state.toHash;
  const { toHash } = await run.answered(
    () =>
      clusterActivities(run.input.ref.cluster).openWindow({
        context: run.context(),
        phase: run.state.phase,
        force: run.input.mode === 'revert',
        ...(isPinned(run) ? { pin: true } : {}),
      }),
    () => interrupts(run.state),
  );
  run.set({ toHash, windowOpen: true });
  return toHash;
}

/** Whether nodes that are not taken yet are pinned to last good, so that the new template may stay live between batches. */
export function isPinned(run: RolloutRun): boolean {
  return run.state.plan?.exposure === 'pin';
}

/** Whether last good is to be live after this batch: with `promoteAfter: canary` only after the first one. */
export function closesAfterBatch(run: RolloutRun): boolean {
  if (isPinned(run)) return false;
  return run.policy.promoteAfter !== 'canary' || run.state.batch === 0;
}

/**
 * Makes last good live again, unless it is. With `promoteAfter: canary` the target stays once the first batch has passed.
 * Without a last good template there is nothing to go back to, and the target stays.
 */
export async function closeWindow(run: RolloutRun): Promise<void> {
  if (!closesAfterBatch(run)) return;
  await forceClosed(run, false, () => interrupts(run.state));
}

/** Closes the window whatever the policy; `force` takes fields over that someone else edited meanwhile. */
export async function forceClosed(run: RolloutRun, force: boolean, wanted: () => boolean): Promise<void> {
  if (!run.state.windowOpen) return;
  await run.answered(
    () =>
      clusterActivities(run.input.ref.cluster).closeWindow({ context: run.context(), phase: run.state.phase, force }),
    wanted,
  );
  run.set({ windowOpen: false });
}
