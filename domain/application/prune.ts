import { daemonSetLabel } from '../ids.ts';
import type { PruneBatches, PrunedDaemonSet } from '../sync.ts';
import { goodOutcomes } from './outcomes.ts';
import type { ApplicationState, SyncRun } from './state.ts';

/** A DaemonSet that goes batch by batch, and the run that waits for it. */
export interface DueBatches {
  run: SyncRun;
  one: PrunedDaemonSet & { batches: PruneBatches };
}

/**
 * Has a run wait for the deletion of what its commit no longer holds; see `duePrunes` and `dueBatches`. One that has stopped half
 * way is not waited for.
 * @param goOnMs when a person asked for this sync, which lets what has stopped go on; null when nobody did
 */
export function awaitPrunes(run: SyncRun, pruned: readonly PrunedDaemonSet[], goOnMs: number | null): void {
  if (pruned.length === 0) return;
  run.prune = pruned.map((one) =>
    one.batches?.stopped === undefined || goOnMs === null ? one : { ...one, batches: { ...one.batches, goOnMs } },
  );
  for (const one of run.prune) {
    const label = daemonSetLabel(one);
    const stopped = one.batches?.goOnMs === undefined ? one.batches?.stopped : undefined;
    if (stopped === undefined) run.waits[label] = 'prune';
    else run.results[label] = { outcome: 'held', cause: stopped };
  }
}

/** The run whose deletions at once are due, and which: everything else of its commit has ended well. */
export function duePrunes(state: ApplicationState): { run: SyncRun; daemonSets: PrunedDaemonSet[] } | null {
  for (const run of state.runs) {
    const daemonSets = due(run).filter(({ batches }) => batches === undefined);
    if (daemonSets.length > 0) return { run, daemonSets };
  }
  return null;
}

/** The DaemonSet that goes in batches now: one after another, and after those that go at once. */
export function dueBatches(state: ApplicationState): DueBatches | null {
  if (state.paused || state.removal || state.removed || state.spec === null) return null;
  for (const run of state.runs) {
    for (const { batches, ...one } of due(run)) {
      if (batches !== undefined) return { run, one: { ...one, batches } };
    }
  }
  return null;
}

/** Of a commit that did not succeed nothing is deleted: a person may need what runs now to go back to. */
export function dropPrunes(run: SyncRun): void {
  if (!onlyPrunesLeft(run) || isGood(run)) return;
  for (const one of run.prune ?? []) {
    const label = daemonSetLabel(one);
    if (run.waits[label] !== 'prune') continue;
    delete run.waits[label];
    run.results[label] = { outcome: 'unchanged', cause: null };
  }
}

function due(run: SyncRun): PrunedDaemonSet[] {
  if (!onlyPrunesLeft(run) || !isGood(run)) return [];
  return (run.prune ?? []).filter((one) => run.waits[daemonSetLabel(one)] === 'prune');
}

function onlyPrunesLeft(run: SyncRun): boolean {
  const waits = Object.values(run.waits);
  return waits.length > 0 && waits.every((wait) => wait === 'prune');
}

function isGood(run: SyncRun): boolean {
  return Object.values(run.results).every(({ outcome }) => goodOutcomes.includes(outcome));
}
