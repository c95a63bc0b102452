import { shortCommit, shorten } from '../../domain/markdown.ts';
import { interrupts } from '../../domain/rollout/accept.ts';
import { noted } from '../../domain/rollout/state.ts';
import { readFailure } from '../holding.ts';
import { clusterActivities, returnActivities } from '../proxies.ts';
import { causeOf } from './gates.ts';
import type { RolloutRun } from './run.ts';
import { openWindow } from './windows.ts';

/**
 * Puts touched and exposed nodes back with the same batch machinery. After a failed rollout the way leads to last good; in mode
 * `revert`, after a success, to the good revision before it.
 */
export async function rollBack(run: RolloutRun): Promise<void> {
  const activities = clusterActivities(run.input.ref.cluster);
  const wanted = (): boolean => interrupts(run.state);
  const toHash = run.input.mode === 'revert' ? await openWindow(run) : await goodAgain(run);
  await returnOtherObjects(run);
  if (toHash === null) return run.stop('There is no last good template to go back to', 'rolling');
  if (run.state.backSinceMs === undefined) run.set({ backSinceMs: Date.now() });
  const result = await run.interruptible(
    () =>
      activities.runBatch.executeWithOptions({ summary: 'roll back' }, [
        { ...run.batchInput('back', toHash), observeOnly: false },
      ]),
    wanted,
  );
  if (result === null) {
    // Somebody stopped it on purpose: when it goes on, its deadline begins anew.
    const { backSinceMs: _stopped, ...state } = run.state;
    run.state = state;
    return;
  }
  run.absorb(result);
  if (result.verdict === 'edited') return run.edited(result, 'rollingBack');
  const { cause } = run.state;
  const why = cause ?? 'rolled back';
  if (result.verdict === 'failed') {
    const both = `${why}; and the rollback failed: ${causeOf(result.findings)}`;
    await record(run, 'rollbackFailed', why);
    return run.end('rollbackFailed', both);
  }
  if (run.input.mode === 'revert') {
    const leave = { key: run.input.sync.quarantineKey, reason: why, by: run.input.by };
    await run.answered(
      () => activities.promote({ context: run.context(), phase: 'rolledBack', leave }),
      () => false,
    );
  } else {
    await record(run, 'rolledBack', why);
  }
  run.end('rolledBack', why);
}

/**
 * Pods read their config when they start, so it goes back before they do. Tried once and not for long: with git away the nodes do
 * not wait, and the application sees to the objects when the rollout has ended.
 */
async function returnOtherObjects(run: RolloutRun): Promise<void> {
  const { spec, ref, returnTo } = run.input;
  if (returnTo === undefined || run.state.returned === true) return;
  run.set({ returned: true });
  try {
    const { changed } = await returnActivities(ref.cluster).restoreObjects({ spec, commit: returnTo });
    if (changed.length === 0) return;
    const what = shorten(`other objects returned to commit ${shortCommit(returnTo)}: ${changed.join(', ')}`, 300);
    run.state = noted(run.state, { atMs: Date.now(), by: 'nodewave', what });
  } catch (error) {
    if (readFailure(error) === null) throw error;
  }
}

/** Last good becomes the live template before any pod goes; done again after a pause, where someone may have edited it. */
async function goodAgain(run: RolloutRun): Promise<string | null> {
  const { liveHash } = await run.answered(
    () =>
      clusterActivities(run.input.ref.cluster).closeWindow({
        context: run.context(),
        phase: 'rollingBack',
        force: true,
      }),
    () => interrupts(run.state),
  );
  run.set({ windowOpen: false });
  return liveHash;
}

async function record(run: RolloutRun, outcome: 'rolledBack' | 'rollbackFailed', reason: string): Promise<void> {
  await run.answered(
    () =>
      clusterActivities(run.input.ref.cluster).recordOutcome({
        context: run.context(),
        outcome,
        // After a success the commit that is left is quarantined by the promotion, not by a rollback that failed.
        ...(run.input.mode === 'revert' ? {} : { quarantine: { reason } }),
      }),
    () => false,
  );
}
