import { CancellationScope, condition, isCancellation, patched } from '@temporalio/workflow';
import type { LivePhase } from '../../domain/rollout/phases.ts';
import { readFailure } from '../holding.ts';
import { patches } from '../patches.ts';
import { guardActivities } from '../proxies.ts';
import type { RolloutRun } from './run.ts';
import { closesAfterBatch } from './windows.ts';

/** Where a rollout that waits goes back to once a person has decided about somebody else's edit. */
const backTo: Partial<Record<string, LivePhase>> = {
  awaitingApprovalBefore: 'rolling',
  awaitingApprovalAfter: 'soaking',
  waiting: 'rolling',
};

/**
 * Waits until `left`, and meanwhile looks every few seconds whether someone else changes the DaemonSet (S29 to S32): nothing is
 * deleted here, but with RollingUpdate the controller would do it by itself. A rollout that waits is stopped; where a person has it
 * in hand already it is told beside the reason, and taken back when the edit is.
 */
export async function untilLeft(run: RolloutRun, left: () => boolean): Promise<void> {
  if (run.state.plan === null || !patched(patches.editsWatched)) return await condition(left);
  const { phase, why } = run.state;
  const gone = (): boolean => left() || run.state.phase !== phase;
  // It may be undone before anybody has looked again: then that is the news.
  let told: string | null = phase === 'stopped' && why !== null && why === run.state.edit ? why : null;
  while (!gone()) {
    const edit = await newsUntil(run, told, gone);
    if (edit === undefined || gone()) return;
    const before = backTo[phase];
    if (before === undefined) tell(run, why, edit, told);
    else if (edit !== null) return run.edited({ edit }, before);
    told = edit;
  }
}

/** What somebody has done, null when it was undone; undefined when the wait was over first. */
async function newsUntil(
  run: RolloutRun,
  told: string | null,
  gone: () => boolean,
): Promise<string | null | undefined> {
  const scope = new CancellationScope();
  const question = { context: run.context(), told, live: liveOf(run) };
  const news = scope.run(() => guardActivities(run.input.ref.cluster).waitForEdit(question));
  // Whoever is not waited for any more must not fail the workflow.
  news.catch(() => undefined);
  try {
    return await Promise.race([news.then(({ edit }) => edit), condition(gone).then(() => undefined)]);
  } catch (error) {
    if (readFailure(error) === null && !isCancellation(error)) throw error;
    // It cannot be watched; the next write looks in any case.
    await condition(gone);
    return undefined;
  } finally {
    scope.cancel();
  }
}

/**
 * Which template must be live: last good once a window of this rollout was open and has been closed again. A person may have paused
 * or stopped it anywhere.
 */
function liveOf(run: RolloutRun): 'lastGood' | 'any' {
  const { phase, windowOpen, toHash, plan } = run.state;
  const closed = !windowOpen && toHash !== null && (plan?.fromHash ?? null) !== null;
  return backTo[phase] !== undefined && closed && closesAfterBatch(run) ? 'lastGood' : 'any';
}

function tell(run: RolloutRun, why: string | null, edit: string | null, told: string | null): void {
  const said = why ?? '';
  // What it was stopped for is found again, and may be undone before a person has come.
  if (edit === null)
    run.set({ why: told !== null && said.includes(told) ? `${said}. That has been undone since` : why });
  else if (!said.includes(edit)) run.set({ why: `${said} Meanwhile: ${edit}`.trim() });
}
