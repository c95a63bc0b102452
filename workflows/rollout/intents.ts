import { heldState, holdIsDue } from '../../domain/rollout/hold.ts';
import type { LivePhase } from '../../domain/rollout/phases.ts';
import type { Intent } from '../../domain/rollout/state.ts';
import { readFailure } from '../holding.ts';
import { clusterActivities } from '../proxies.ts';
import type { RolloutRun } from './run.ts';
import { forceClosed } from './windows.ts';

/** Does what a message asked for, once nothing else runs. */
export async function takeIntent(run: RolloutRun): Promise<void> {
  const { intent } = run.state;
  if (holdIsDue(run.state)) return await holdWithApplication(run);
  if (intent === null) return await supersede(run);
  switch (intent.kind) {
    case 'pause':
      return await pause(run, intent);
    case 'abort':
      return await endHere(run, 'aborted', said('aborted', intent));
    case 'rollback':
      return run.set({ phase: 'rollingBack', cause: said('asked for', intent), intent: null, why: null });
  }
}

function said(what: string, intent: { by: string; reason: string }): string {
  return `${what} by ${intent.by}${intent.reason === '' ? '' : `: ${intent.reason}`}`;
}

async function pause(run: RolloutRun, intent: Intent & { kind: 'pause' }): Promise<void> {
  const before = phaseToGoBackTo(run);
  // While the window is being closed another message may come; then that one is taken up instead.
  await forceClosed(run, before === 'rollingBack', () => run.state.intent !== intent);
  if (run.state.intent !== intent) return;
  run.set({ phase: 'paused', before, intent: null, why: said('paused', intent).concat('.') });
}

function phaseToGoBackTo({ state }: RolloutRun): LivePhase {
  return state.phase === 'holding' || state.phase === 'stopped' ? state.before : (state.phase as LivePhase);
}

/** Pauses because the whole application is paused. An abort that comes while the window is being closed goes first. */
async function holdWithApplication(run: RolloutRun): Promise<void> {
  const before = phaseToGoBackTo(run);
  await forceClosed(run, before === 'rollingBack', () => !holdIsDue(run.state));
  if (holdIsDue(run.state)) run.set(heldState(run.state, before));
}

/** Ends the rollout for a newer commit, which starts a rollout of its own. */
export async function supersede(run: RolloutRun): Promise<void> {
  await endHere(run, 'superseded', `a newer commit (${(run.state.supersededBy ?? '').slice(0, 7)}) takes over`);
}

/** Ends the rollout where it is: last good is live again, no pod is touched. */
async function endHere(run: RolloutRun, outcome: 'aborted' | 'superseded', cause: string): Promise<void> {
  const activities = clusterActivities(run.input.ref.cluster);
  let told = cause;
  try {
    await forceClosed(run, false, () => false);
    if (run.state.plan !== null) {
      await run.answered(
        () => activities.recordOutcome({ context: run.context(), outcome }),
        () => false,
      );
    }
  } catch (error) {
    // Someone else has changed or deleted the DaemonSet: it is left as they made it, and said so.
    const failed = readFailure(error);
    if (failed === null) throw error;
    told = `${cause}; ${failed.sentence}`;
  }
  run.end(outcome, told);
}
