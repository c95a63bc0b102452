import type { PrunedDaemonSet } from '../sync.ts';
import { pruneProgress } from './prune-sentences.ts';
import type { ApplicationState } from './state.ts';

type Ref = { namespace: string; name: string };

/** Takes from a new plan what has stopped half way; whatever else was said of pruning is out of date. */
export function notePruning(state: ApplicationState, pruned: readonly PrunedDaemonSet[]): void {
  if (!state.pruning && pruned.length === 0) return;
  const stopped = pruned.find(({ batches }) => batches?.stopped !== undefined);
  const sentence = stopped?.batches?.stopped;
  state.pruning =
    stopped === undefined || sentence === undefined
      ? null
      : { namespace: stopped.namespace, name: stopped.name, stage: 'stopped', sentence };
}

/** Says how far it is. */
export function notePruneProgress(
  state: ApplicationState,
  { namespace, name }: Ref,
  count: { left: number; total: number | null },
  nextMs: number | null,
): void {
  const sentence = pruneProgress({ namespace, name }, count.left, count.total, nextMs);
  state.pruning = { namespace, name, stage: 'running', sentence };
}

/** Says what holds it. */
export function notePruneHeld(state: ApplicationState, { namespace, name }: Ref, why: string): void {
  const label = `${namespace}/${name}`;
  const sentence = `Pruning DaemonSet ${label} waits: ${/[.!?]$/.test(why) ? why : `${why}.`}`;
  state.pruning = { namespace, name, stage: 'waiting', sentence };
}
