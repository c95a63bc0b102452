import { CancellationScope, condition } from '@temporalio/workflow';
import type { BatchResult } from '../../activities/contract.ts';
import { interrupts } from '../../domain/rollout/accept.ts';
import { readFailure } from '../holding.ts';
import { watchActivities } from '../proxies.ts';
import { wantsAttention } from './attention.ts';
import { continueDue } from './continue.ts';
import { untilLeft } from './edits.ts';
import { causeOf, gateFailed, gatesInconclusive } from './gates.ts';
import type { RolloutRun } from './run.ts';

/** A watch ends after this long and begins anew: an activity lasts a day at most. */
const watchMs = 20 * 3_600_000;

/**
 * Waits until `left`. While the rollout rests on nodes that it has taken, the gates of their batch go on being measured: a release
 * may turn bad while a person looks at it.
 */
export async function restUntil(run: RolloutRun, left: () => boolean): Promise<void> {
  const gone = (): boolean => left() || interrupts(run.state) || continueDue();
  if (!worthWatching(run)) return await untilLeft(run, gone);
  const { phase } = run.state;
  const result = await watchUntil(run, gone);
  if (result === null || gone() || run.state.phase !== phase) return;
  run.absorb(result);
  if (result.verdict === 'done' || result.verdict === 'incomplete') return;
  if (phase === 'paused') {
    tellPaused(run, result);
    // It was told; looking again at once would find the same.
    return await untilLeft(run, gone);
  }
  if (result.verdict === 'edited') return run.edited(result, phase === 'awaitingApprovalAfter' ? 'soaking' : 'rolling');
  if (result.verdict === 'failed') return await gateFailed(run, result);
  if (result.gateAction !== undefined) return await gatesInconclusive(run, result);
  await wantsAttention(run, result, 'soaking');
}

/** Nodes have been taken in the batch that it rests in, gates judge it, and none of them is known to be red. */
function worthWatching({ state, hasGates }: RolloutRun): boolean {
  const rests = state.phase === 'awaitingApprovalAfter' || (state.phase === 'paused' && state.before !== 'rollingBack');
  const red = (state.gates ?? []).some((gate) => gate.state === 'failed' || gate.state === 'inconclusive');
  return hasGates && rests && !red && state.toHash !== null && state.touchedCount > 0 && state.findings.length === 0;
}

/** Null when it was left first, or cannot be watched: then nobody is told anything that nobody knows. */
async function watchUntil(run: RolloutRun, left: () => boolean): Promise<BatchResult | null> {
  const scope = new CancellationScope();
  const input = { batch: run.batchInput('forward', run.state.toHash ?? ''), untilMs: Date.now() + watchMs };
  const summary = 'gates while it waits';
  const watching = scope.run(() =>
    watchActivities(run.input.ref.cluster).watchSoak.executeWithOptions({ summary }, [input]),
  );
  // Whoever is not waited for any more must not fail the workflow.
  watching.catch(() => undefined);
  try {
    return await Promise.race([watching, condition(left).then(() => null)]);
  } catch (error) {
    if (readFailure(error) === null) throw error;
    await condition(left);
    return null;
  } finally {
    scope.cancel();
  }
}

/** A person has said that no pod is deleted, so a red gate only tells; `resume` judges it again, and then it counts. */
function tellPaused(run: RolloutRun, result: BatchResult): void {
  const what = result.edit ?? result.attention ?? causeOf(result.findings);
  const why = run.state.why ?? 'Paused.';
  if (!why.includes(what)) run.set({ why: `${why} Meanwhile: ${what}` });
}
