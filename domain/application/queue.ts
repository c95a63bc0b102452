import { shortCommit } from '../markdown.ts';
import { recordOutcome } from './runs.ts';
import type { ApplicationState, QueuedCommit, Trigger } from './state.ts';
import { expediteOf } from './triggers.ts';

/** Commits that may wait in line; beyond that the oldest one is merged into the next. */
export const queueLimit = 20;

/** Whether commits are taken one after another now: a rollout with `supersede: queue` runs, or commits wait in line. */
export function isQueueing(state: ApplicationState): boolean {
  return (state.queue ?? []).length > 0 || state.active.some((one) => one.supersede === 'queue');
}

/**
 * Puts the newest commit at the end of the line, unless it is the last one that was seen, and hands the trigger's requests
 * to the last commit in line: that is the one they asked for. True when the trigger found a place there.
 */
export function joinQueue(
  state: ApplicationState,
  found: { commit: string; subject: string },
  trigger: Trigger,
  nowMs: number,
): boolean {
  const queue = state.queue ?? [];
  const lastSeen = queue.at(-1)?.commit ?? state.attempted;
  if (found.commit !== lastSeen) queue.push({ commit: found.commit, subject: found.subject, requestIds: [] });
  const last = queue.at(-1);
  if (last === undefined) return false;
  last.requestIds = [...new Set([...last.requestIds, ...trigger.requestIds])];
  Object.assign(last, expediteOf(trigger, last));
  state.queue = queue;
  if (queue.length > queueLimit) mergeOldest(state, queue, nowMs);
  return true;
}

/** Never without a word: the outcome of the commit that is not rolled out by itself says so. */
function mergeOldest(state: ApplicationState, queue: QueuedCommit[], nowMs: number): void {
  const [oldest, next] = queue;
  if (oldest === undefined || next === undefined) return;
  state.queue = queue.slice(1);
  const cause = `more than ${queueLimit} commits were in line; what it changes comes with commit ${shortCommit(next.commit)}`;
  const { commit, subject, requestIds } = oldest;
  recordOutcome(state, { commit, subject, outcome: 'superseded', cause, atMs: nowMs, requestIds });
}

/** The commit whose turn it is; null while a rollout runs that lets commits wait. */
export function nextInQueue(state: ApplicationState): QueuedCommit | null {
  if (state.active.some((one) => one.supersede === 'queue')) return null;
  return state.queue?.[0] ?? null;
}

/** Who asked for a commit: those who waited in line with it, or whoever sent the trigger. */
export function requestsFor(
  state: ApplicationState,
  commit: string,
  trigger: Trigger,
): Pick<Trigger, 'requestIds' | 'expedite'> {
  const [first] = state.queue ?? [];
  return first?.commit === commit ? first : trigger;
}

/** Takes a commit out of the line once it has been dealt with; true when others still wait. */
export function leaveQueue(state: ApplicationState, commit: string): boolean {
  if (state.queue?.[0]?.commit === commit) state.queue = state.queue.slice(1);
  return (state.queue ?? []).length > 0;
}
