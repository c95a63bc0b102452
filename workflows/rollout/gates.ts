import type { BatchResult } from '../../activities/contract.ts';
import { interrupts, yieldsToNewerCommit } from '../../domain/rollout/accept.ts';
import { endedWithout } from '../../domain/rollout/left-alone.ts';
import type { Finding } from '../../domain/wire.ts';
import { clusterActivities } from '../proxies.ts';
import { diagnoseFailure, forgetDiagnoses } from './diagnosis.ts';
import { supersede } from './intents.ts';
import type { RolloutRun } from './run.ts';
import { closeWindow, forceClosed } from './windows.ts';

/** The batch has passed its gates and soak: ask a person, take the next batch, or finish. */
export async function afterGates(run: RolloutRun): Promise<void> {
  forgetDiagnoses(run);
  const { plan, batch, approved } = run.state;
  if (plan?.batches[batch]?.approval === 'after' && !approved.includes(`after:${batch}`)) {
    await closeWindow(run);
    return run.set({ phase: 'awaitingApprovalAfter' });
  }
  if (plan !== null && batch + 1 < plan.batches.length) {
    // What a person has passed was passed for the batch that it was red in.
    const { ignoredGates, ...kept } = run.state;
    run.state = ignoredGates === undefined ? run.state : kept;
    run.set({ batch: batch + 1, phase: 'rolling' });
    // At a batch's end what was asked for "after this batch" takes effect before anything else is deleted.
    const { intent } = run.state;
    if (intent?.kind === 'pause' && intent.mode === 'afterBatch') {
      run.set({ intent: { ...intent, mode: 'now' } });
    } else if (intent === null && run.state.supersededBy !== null) {
      return await supersede(run);
    }
    return;
  }
  await run.answered(
    () => clusterActivities(run.input.ref.cluster).promote({ context: run.context(), phase: 'succeeded' }),
    () => false,
  );
  // The outcome says who is missing: those nodes are caught up once nothing keeps them any more.
  const missing = endedWithout(run.state).replace(/^, /, '');
  run.end(run.input.mode === 'install' ? 'installed' : 'succeeded', missing === '' ? null : missing);
}

/** A gate is red: roll back, or stop and let a person decide. */
export async function gateFailed(run: RolloutRun, result: BatchResult): Promise<void> {
  const cause = causeOf(result.findings);
  run.set({ cause });
  await diagnoseFailure(run, result.findings);
  if (run.state.supersededBy !== null && run.state.intent === null) {
    // The fix is here already: its rollout takes the broken nodes first.
    run.stop(cause, 'rolling');
    if (yieldsToNewerCommit(run.state)) return;
  }
  if (canGoBack(run) && (result.gateAction ?? run.policy.onFailure) === 'rollback') {
    return run.set({ phase: 'rollingBack' });
  }
  await forceClosed(run, false, () => interrupts(run.state));
  run.stop(cause, run.input.mode === 'install' ? 'installing' : 'rolling');
}

/** Nobody can tell whether the release is well: last good is live again, and a person decides. */
export async function gatesInconclusive(run: RolloutRun, result: BatchResult): Promise<void> {
  await forceClosed(run, false, () => interrupts(run.state));
  run.stop(result.attention ?? 'a gate is inconclusive', 'soaking');
}

/** Not without a last good, nor when last good itself is what does not come up: going back would do the same again. */
function canGoBack(run: RolloutRun): boolean {
  const from = run.state.plan?.fromHash ?? null;
  return from !== null && from !== run.state.toHash;
}

/** The first finding as a sentence, and how many nodes show one. */
export function causeOf(findings: Finding[]): string {
  const [first] = findings;
  if (first === undefined) return 'a gate failed';
  const others = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  // What a gate has measured of the release as a whole names no node.
  const where = first.node === '' ? '' : ` on node ${first.node}`;
  return `${first.cause}${where}${others}: ${first.evidence}`;
}
