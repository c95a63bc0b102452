import type { BatchResult, MayRoll } from '../../activities/contract.ts';
import { interrupts } from '../../domain/rollout/accept.ts';
import { guardActivities } from '../proxies.ts';
import { untilLeft } from './edits.ts';
import type { RolloutRun } from './run.ts';
import { closeWindow } from './windows.ts';

/** Whether a message that overrides windows changes what runs now. */
export function windowsHeld(run: RolloutRun): boolean {
  // Whether they are overridden is not asked: the message has just done that, and what runs does not know it yet.
  const windows = run.policy.windows ?? [];
  return windows.length > 0 && ['rolling', 'waiting'].includes(run.state.phase);
}

/**
 * Before a batch: true once it may take nodes; else the rollout waits. Asked only where the policy has windows: the brake stops
 * the batch itself, so that rollouts without windows schedule nothing more.
 */
export async function mayStart(run: RolloutRun): Promise<boolean> {
  if (!hasWindows(run)) return true;
  const answer = await ask(run);
  if (answer === null) return false;
  if (answer.open) return true;
  await beginWaiting(run, answer);
  return false;
}

/** The batch has stopped because nobody may take a node now, and none is in flight any more. */
export async function batchClosed(run: RolloutRun, result: BatchResult): Promise<void> {
  await beginWaiting(run, result.closed ?? { sentence: 'nodes may not be taken now', untilMs: null });
}

/** Phase `waiting`: until nodes may be taken, or a message wants something else. */
export async function wait(run: RolloutRun): Promise<void> {
  let answered = false;
  const asking = ask(run, run.state.why ?? '').finally(() => {
    answered = true;
  });
  // Told below, and not while nobody listens.
  asking.catch(() => undefined);
  await untilLeft(run, () => answered);
  const edited = run.state.phase === 'stopped';
  if (edited) run.interrupt();
  const answer = await asking;
  if (answer === null || edited) return;
  if (answer.open) run.set({ phase: 'rolling', why: null, waitUntilMs: null });
  else run.set({ why: answer.sentence, waitUntilMs: answer.untilMs });
}

async function beginWaiting(run: RolloutRun, { sentence, untilMs }: Omit<MayRoll, 'open'>): Promise<void> {
  await closeWindow(run);
  run.set({ phase: 'waiting', why: sentence, waitUntilMs: untilMs });
}

/** Null when a message wants something else first, or has changed what is to be asked. */
async function ask(run: RolloutRun, told?: string): Promise<MayRoll | null> {
  const windows = hasWindows(run) ? (run.policy.windows ?? []) : [];
  const question = { context: run.context(), windows, ...(told === undefined ? {} : { told }) };
  return await run.cancellable(
    () => guardActivities(run.input.ref.cluster).mayRoll(question),
    () => interrupts(run.state),
  );
}

function hasWindows(run: RolloutRun): boolean {
  return run.state.windowsOverridden === undefined && (run.policy.windows ?? []).length > 0;
}
