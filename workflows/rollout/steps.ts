import type { BatchResult } from '../../activities/contract.ts';
import { shorten } from '../../domain/markdown.ts';
import { interrupts } from '../../domain/rollout/accept.ts';
import { specialNotes } from '../../domain/rollout/input.ts';
import type { LivePhase } from '../../domain/rollout/phases.ts';
import { approvalVoid } from '../../domain/rollout/plan.ts';
import { noted } from '../../domain/rollout/state.ts';
import { HoldingInterrupted, readFailure } from '../holding.ts';
import { clusterActivities, watchActivities } from '../proxies.ts';
import { restUntil } from './at-rest.ts';
import { wantsAttention } from './attention.ts';
import { continueDue } from './continue.ts';
import { diagnoseRefusal } from './diagnosis.ts';
import { untilLeft } from './edits.ts';
import { afterGates, gateFailed, gatesInconclusive } from './gates.ts';
import { takeIntent } from './intents.ts';
import { rollBack } from './roll-back.ts';
import type { RolloutRun } from './run.ts';
import { batchClosed, mayStart, wait } from './waiting.ts';
import { closesAfterBatch, closeWindow, openWindow } from './windows.ts';

/**
 * Takes the one step that the phase calls for, or what a message wants first. Returns after each activity, so that the next
 * step is chosen on the newest state.
 */
export async function takeStep(run: RolloutRun): Promise<void> {
  try {
    if (interrupts(run.state)) await takeIntent(run);
    else await phaseStep(run);
  } catch (error) {
    if (error instanceof HoldingInterrupted) return;
    const failed = readFailure(error);
    if (failed === null) throw error;
    await refused(run, failed.code, failed.sentence);
  }
}

/** What a failure means that no waiting cures: before a node was touched the rollout ends, afterwards a person decides. */
async function refused(run: RolloutRun, code: string, sentence: string): Promise<void> {
  if (code === 'BadInput') await diagnoseRefusal(run, sentence);
  const phase = run.state.phase;
  if (code === 'Fenced') run.end('superseded', sentence);
  else if (phase === 'planning' || run.state.plan === null) run.end('failed', sentence);
  else run.stop(sentence, phase === 'rollingBack' ? 'rollingBack' : 'rolling');
}

async function phaseStep(run: RolloutRun): Promise<void> {
  switch (run.state.phase) {
    case 'planning':
      return await plan(run);
    case 'installing':
      return await install(run);
    case 'awaitingApprovalBefore':
      return await awaitApproval(run, 'before');
    case 'rolling':
      return await rollBatch(run);
    case 'waiting':
      return await wait(run);
    case 'soaking':
      return await soak(run);
    case 'awaitingApprovalAfter':
      return await awaitApproval(run, 'after');
    case 'rollingBack':
      return await rollBack(run);
    case 'paused':
      return await restUntil(run, () => run.state.phase !== 'paused');
    case 'stopped': {
      const { phase } = run.state;
      return await untilLeft(run, () => run.state.phase !== phase || interrupts(run.state) || continueDue());
    }
    default:
      // Holding is a phase only while an activity call waits; between steps nothing is left in it.
      return run.set({ phase: run.state.before });
  }
}

async function plan(run: RolloutRun): Promise<void> {
  const { input } = run;
  const { spec, sync, commit, renderedDigest, mode } = input;
  const made = await run.answered(
    () =>
      clusterActivities(input.ref.cluster).planRollout({
        context: run.context(),
        spec,
        sync,
        commit,
        renderedDigest,
        mode,
      }),
    () => interrupts(run.state),
  );
  const { policy: _policy, quarantined, ...planned } = made;
  if (quarantined !== undefined) return run.end('rolledBack', quarantined);
  const kept = { ...planned, notes: [...specialNotes(input), ...planned.notes] };
  const next: Record<typeof mode, LivePhase> = { install: 'installing', update: 'rolling', revert: 'rollingBack' };
  run.set({ plan: kept, phase: next[mode], cause: mode === 'revert' ? (input.reason ?? 'asked for') : null });
}

async function install(run: RolloutRun): Promise<void> {
  const { input } = run;
  const wanted = (): boolean => interrupts(run.state);
  const { toHash } = await run.answered(
    () =>
      clusterActivities(input.ref.cluster).install({
        context: run.context(),
        spec: input.spec,
        commit: input.commit,
        renderedDigest: input.renderedDigest,
        quarantineKey: input.sync.quarantineKey,
      }),
    wanted,
  );
  run.set({ toHash, windowOpen: true });
  const result = await run.interruptible(
    () =>
      clusterActivities(input.ref.cluster).runBatch.executeWithOptions({ summary: 'first install' }, [
        { ...run.batchInput('forward', toHash), rules: run.state.plan?.rules ?? [], observeOnly: true },
      ]),
    wanted,
  );
  if (result === null) return;
  run.absorb(result);
  if (result.verdict === 'edited') return run.edited(result, 'installing');
  if (result.verdict !== 'done') return await gateFailed(run, result);
  if (run.hasGates) return run.set({ phase: 'soaking', soakUntilMs: null });
  await afterGates(run);
}

async function awaitApproval(run: RolloutRun, moment: 'before' | 'after'): Promise<void> {
  const key = `${moment}:${run.state.batch}`;
  const given = (): boolean => run.state.approved.includes(key);
  await restUntil(run, given);
  if (interrupts(run.state) || !given()) return;
  const census = await run.answered(
    () => clusterActivities(run.input.ref.cluster).takeCensus({ context: run.context() }),
    () => interrupts(run.state),
  );
  const shown = run.state.plan;
  const why = shown === null ? null : approvalVoid(shown.census, census);
  if (shown !== null && why !== null) {
    const approved = run.state.approved.filter((given) => given !== key);
    run.set({ approved, plan: { ...shown, census }, why: `The approval is void: ${why}` });
    return;
  }
  run.set({ why: null });
  if (moment === 'before') run.set({ phase: 'rolling' });
  else await afterGates(run);
}

async function rollBatch(run: RolloutRun): Promise<void> {
  const batch = run.state.plan?.batches[run.state.batch];
  if (batch?.approval === 'before' && !run.state.approved.includes(`before:${run.state.batch}`)) {
    await closeWindow(run);
    return run.set({ phase: 'awaitingApprovalBefore' });
  }
  if (!(await mayStart(run))) return;
  const toHash = await openWindow(run);
  const total = run.state.plan?.batches.length ?? 0;
  const soaks = (batch?.soakMs ?? 0) > 0 || run.hasGates;
  const summary = `batch ${run.state.batch + 1}/${total}: ${batch?.name ?? ''}, ${batch?.goal ?? 0} nodes`.slice(
    0,
    180,
  );
  const result = await run.interruptible(
    () =>
      clusterActivities(run.input.ref.cluster).runBatch.executeWithOptions({ summary }, [
        { ...run.batchInput('forward', toHash), ...(soaks && closesAfterBatch(run) ? { thenClose: 'soaking' } : {}) },
      ]),
    () => interrupts(run.state),
  );
  if (result === null) return;
  run.absorb(result);
  if (result.windowClosed === true) run.set({ windowOpen: false });
  if (result.verdict === 'edited') return run.edited(result, 'rolling');
  if (result.verdict === 'failed') return await gateFailed(run, result);
  if (result.verdict === 'closed') return await batchClosed(run, result);
  if (result.verdict === 'attention') return await wantsAttention(run, result, 'rolling');
  if (!soaks) return await afterGates(run);
  await closeWindow(run);
  run.set({ phase: 'soaking', soakUntilMs: null });
}

async function soak(run: RolloutRun): Promise<void> {
  const soakMs = run.state.plan?.batches[run.state.batch]?.soakMs ?? 0;
  const untilMs = Date.now() + soakMs;
  run.set({ soakUntilMs: untilMs });
  const result = await run.interruptible(
    () =>
      watchActivities(run.input.ref.cluster).watchSoak.executeWithOptions({ summary: soakSummary(run, soakMs) }, [
        { batch: run.batchInput('forward', run.state.toHash ?? ''), untilMs },
      ]),
    () => interrupts(run.state),
  );
  run.set({ soakUntilMs: null });
  if (result === null) return;
  run.absorb(result);
  noteSoak(run, result);
  if (result.verdict === 'failed') return await gateFailed(run, result);
  if (result.verdict === 'edited') return run.edited(result, 'rolling');
  if (result.gateAction !== undefined) return await gatesInconclusive(run, result);
  if (result.verdict === 'attention') return await wantsAttention(run, result, 'soaking');
  // Nodes joined or lost their pod while last good was live: the batch takes them, and soaks again.
  if (result.verdict === 'incomplete')
    return run.set({ phase: run.input.mode === 'install' ? 'installing' : 'rolling' });
  await afterGates(run);
}

function soakSummary(run: RolloutRun, soakMs: number): string {
  const soak = `soak ${Math.round(soakMs / 1000)} s`;
  if (!run.hasGates) return soak;
  const names = (run.policy.gates ?? []).map(({ name }) => name).join(', ');
  return `${soakMs === 0 ? '' : `${soak}, `}gates: ${names}`.slice(0, 180);
}

/** While it runs its heartbeat tells that it started anew; afterwards the log does. */
function noteSoak(run: RolloutRun, { soakAnew }: BatchResult): void {
  if (soakAnew === undefined) return;
  const { atMs, times, why } = soakAnew;
  const what = `soak of batch ${run.state.batch + 1} started anew${times === 1 ? '' : ` ${times} times, the last time`}: ${why}`;
  run.state = noted(run.state, { atMs, by: 'nodewave', what: shorten(what, 300) });
}
