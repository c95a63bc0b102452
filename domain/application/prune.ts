import { daemonSetLabel } from '../ids.ts';
import type { PrunedDaemonSet } from '../sync.ts';
import { goodOutcomes } from './outcomes.ts';
import type { ApplicationState, SyncRun } from './state.ts';

/** Has a run wait for the deletion of what its commit no longer holds; see `duePrunes`. */
export function awaitPrunes(run: SyncRun, pruned: readonly PrunedDaemonSet[]): void {
  if (pruned.length === 0) return;
  run.prune = [...pruned];
  for (const one of pruned) run.waits[daemonSetLabel(one)] = 'prune';
}

/** The run whose deletions are due: everything else of its commit has ended well. */
export function duePrunes(state: ApplicationState): SyncRun | null {
  return state.runs.find((run) => onlyPrunesLeft(run) && isGood(run)) ?? null;
}

/** Of a commit that did not succeed nothing is deleted: a person may need what runs now to go back to. */
export function dropPrunes(run: SyncRun): void {
  if (!onlyPrunesLeft(run) || isGood(run)) return;
  for (const one of run.prune ?? []) {
    const label = daemonSetLabel(one);
    delete run.waits[label];
    run.results[label] = { outcome: 'unchanged', cause: null };
  }
}

function onlyPrunesLeft(run: SyncRun): boolean {
  const waits = Object.values(run.waits);
  return waits.length > 0 && waits.every((wait) => wait === 'prune');
}

function isGood(run: SyncRun): boolean {
  return Object.values(run.results).every(({ outcome }) => goodOutcomes.includes(outcome));
}
