import { daemonSetLabel } from '../ids.ts';
import { shortCommit, shorten } from '../markdown.ts';
import type { SyncPlan } from '../sync.ts';
import type { RolloutFinished, SyncOutcome } from '../wire.ts';
import { nodesCaughtUp } from './catch-up.ts';
import { goodOutcomes, severity } from './outcomes.ts';
import { awaitPrunes, dropPrunes } from './prune.ts';
import { forgetGood, noteGood, returnOf } from './restore.ts';
import {
  type ActiveRollout,
  type ApplicationState,
  addLog,
  kept,
  type Obstacle,
  type RunResult,
  type SyncRun,
  sameDaemonSet,
  type Trigger,
} from './state.ts';
import { addTrigger, expediteOf } from './triggers.ts';

/** The run of this commit: the one that is open, else a new one. */
export function openRun(
  state: ApplicationState,
  commit: string,
  subject: string,
  { requestIds, expedite }: Pick<Trigger, 'requestIds' | 'expedite'>,
): SyncRun {
  const open = state.runs.find((run) => run.commit === commit);
  if (open) {
    open.requestIds = [...new Set([...open.requestIds, ...requestIds])];
    Object.assign(open, expediteOf({ expedite }, open));
    return open;
  }
  const run: SyncRun = {
    commit,
    subject,
    requestIds: [...requestIds],
    results: {},
    waits: {},
    ...expediteOf({ expedite }),
  };
  state.runs.push(run);
  return run;
}

/**
 * Keeps of a plan what is needed when the run has ended: where objects return to, and what is deleted; see `awaitPrunes` for
 * `goOnMs`.
 */
export function noteInRun(run: SyncRun, plan: SyncPlan, goOnMs: number | null = null): void {
  run.templates = Object.fromEntries(plan.daemonSets.map((sync) => [daemonSetLabel(sync), sync.templateDigest]));
  const { create, configure, unchanged } = plan.others;
  run.hasOthers = create + configure + unchanged > 0;
  awaitPrunes(run, plan.prune ?? [], goOnMs);
}

/**
 * Takes out of the queue what will never start because git holds another commit now, and settles it as superseded. What the
 * same commit had queued is decided again.
 */
export function dropQueued(state: ApplicationState, commit: string, nowMs: number): void {
  for (const run of state.runs) {
    for (const [label, wait] of Object.entries(run.waits)) {
      if (wait !== 'queued' && wait !== 'prune') continue;
      delete run.waits[label];
      if (run.commit === commit) continue;
      const cause = `commit ${shortCommit(commit)} came before it ${wait === 'prune' ? 'was pruned' : 'started'}`;
      run.results[label] = { outcome: 'superseded', cause };
    }
  }
  settleRuns(state, nowMs, commit);
}

/**
 * Moves every run that waits for nothing to `recent`, oldest first, and notes the commit that is now on the cluster; the run
 * of commit `except` is being filled and stays.
 */
export function settleRuns(state: ApplicationState, nowMs: number, except?: string): void {
  for (const run of state.runs) if (run.commit !== except) dropPrunes(run);
  const done = state.runs.filter((run) => run.commit !== except && Object.keys(run.waits).length === 0);
  state.runs = state.runs.filter((run) => !done.includes(run));
  for (const run of done) {
    const worst = worstResult(Object.values(run.results));
    if (goodOutcomes.includes(worst.outcome)) {
      state.syncedCommit = run.commit;
      noteGood(state, run);
    }
    returnOthers(state, run, nowMs);
    recordOutcome(state, {
      ...worst,
      commit: run.commit,
      subject: run.subject,
      atMs: nowMs,
      requestIds: run.requestIds,
    });
  }
}

/** The objects beside the DaemonSets follow those; where they cannot, the log says why. */
function returnOthers(state: ApplicationState, run: SyncRun, nowMs: number): void {
  const back = returnOf(state, run);
  if (back === null) return;
  const from = `other objects of commit ${shortCommit(run.commit)}`;
  if ('to' in back) {
    state.restore = { from: run.commit, to: back.to };
    return;
  }
  const what = `${from} stay, because ${back.staysFor.join(', ')} ${back.staysFor.length === 1 ? 'stays' : 'stay'} on it`;
  addLog(state, { atMs: nowMs, by: 'nodewave', what: shorten(what, kept.sentence) });
}

/** Adds to `recent`, newest first, bounded. */
export function recordOutcome(state: ApplicationState, outcome: SyncOutcome): void {
  const cause = outcome.cause === null ? null : shorten(outcome.cause, kept.sentence);
  state.recent = [{ ...outcome, cause }, ...state.recent].slice(0, kept.recent);
}

function worstResult(results: readonly RunResult[]): RunResult {
  let worst: RunResult = { outcome: 'unchanged', cause: null };
  for (const result of results) {
    if (severity.indexOf(result.outcome) > severity.indexOf(worst.outcome)) worst = result;
  }
  return worst;
}

/**
 * Takes the end of a rollout, told by its signal or found out. False when no such rollout is known: a repeated signal, or
 * one of an older rollout with the same id.
 */
export function finishRollout(state: ApplicationState, finished: RolloutFinished, nowMs: number): boolean {
  const ref = { namespace: finished.namespace, name: finished.daemonset };
  const active = state.active.find((one) => sameDaemonSet(one, ref) && one.rollout === finished.rollout);
  if (!active) return false;
  state.active = state.active.filter((one) => one !== active);
  const result = resultOf(active, finished);
  state.obstacles = state.obstacles.filter((obstacle) => !sameDaemonSet(obstacle, ref));
  const obstacle = obstacleOf(active, result, nowMs);
  if (obstacle) state.obstacles.push(obstacle);
  if (obstacle?.kind === 'quarantined') forgetGood(state, active);
  const label = daemonSetLabel(ref);
  let queued = false;
  for (const run of state.runs) {
    if (run.waits[label] === active.rollout) {
      delete run.waits[label];
      run.results[label] = result;
    } else if (run.waits[label] === 'queued') queued = true;
  }
  // What was queued is prepared afresh: verdicts made while the other rollout ran are out of date.
  if (queued || result.outcome === 'superseded' || (state.queue ?? []).length > 0) {
    addTrigger(state, { forced: true, manual: true, by: 'git', requestIds: [] });
  }
  settleRuns(state, nowMs);
  return true;
}

function resultOf(active: ActiveRollout, finished: RolloutFinished): RunResult {
  const { diagnosis } = finished;
  const reverted = active.mode === 'revert' && ['succeeded', 'rolledBack'].includes(finished.outcome);
  if (reverted) return { outcome: 'rolledBack', cause: finished.cause ?? `rolled back by ${active.by}` };
  if (active.catchUp && finished.outcome === 'succeeded') {
    return { outcome: 'succeeded', cause: `caught up ${nodesCaughtUp(active.catchUp)}` };
  }
  return { outcome: finished.outcome, cause: finished.cause, ...(diagnosis === undefined ? {} : { diagnosis }) };
}

function obstacleOf(active: ActiveRollout, { outcome, cause }: RunResult, nowMs: number): Obstacle | null {
  const kinds: Partial<Record<RunResult['outcome'], Obstacle['kind']>> = {
    rolledBack: 'quarantined',
    aborted: 'aborted',
    failed: 'failed',
    rollbackFailed: 'rollbackFailed',
  };
  const kind = kinds[outcome];
  if (!kind) return null;
  return {
    namespace: active.namespace,
    name: active.name,
    kind,
    quarantineKey: active.quarantineKey,
    commit: active.commit,
    cause: shorten(cause ?? 'no cause was given', kept.sentence),
    atMs: nowMs,
  };
}
