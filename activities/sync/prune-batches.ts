import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/activity';
import { nextPruneMove, type PruneMove, pruneBatchSize } from '../../domain/application/prune-batches.ts';
import { podsEndLate, pruneDone, pruneProgress, pruneStopped } from '../../domain/application/prune-sentences.ts';
import type { PodView } from '../../domain/cluster/view.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { Pruning } from '../../domain/record.ts';
import type { PruneBatches, PrunedDaemonSet } from '../../domain/sync.ts';
import { readRecord, type StoredRecord, writeRecord } from '../cluster/record-store.ts';
import { hasMovedOn } from '../cluster/retry-moved.ts';
import type { PruneStep } from '../contract.ts';
import { removePods } from '../rollout/remove-pods.ts';
import type { SyncContext } from './context.ts';
import { removeLeftovers } from './prune-end.ts';
import { orphanPods } from './prune-orphan.ts';
import type { PruneStops } from './prune-stops.ts';
import { openPruneView, type PruneView } from './prune-view.ts';

/** What one call works with. */
export interface PruneCall {
  context: SyncContext;
  one: PrunedDaemonSet;
  batches: PruneBatches;
  stops: PruneStops;
  signal: AbortSignal;
  /** Said with every heartbeat. */
  report: (sentence: string) => void;
}

/** How far past the end of its grace a pod is before it is said that it hangs. */
const lateMs = 60_000;

/** Longest time between two decisions. */
const tickMs = 1_000;

/** Shortest time between two decisions: events come in bursts. */
const settleMs = 60;

/** How soon a hold is looked at again. */
const holdMs = 15_000;

/** See `SyncActivities.pruneBatch`. */
export async function pruneBatch(call: PruneCall, told: string | undefined): Promise<PruneStep> {
  const step = await prune(call);
  if (step.verdict !== 'held' || step.sentence !== told) return step;
  throw ApplicationFailure.create({
    message: step.sentence,
    type: 'StillHeld',
    nextRetryDelay: step.restMs ?? holdMs,
    category: 'BENIGN',
  });
}

async function prune(call: PruneCall): Promise<PruneStep> {
  const { context, one, signal } = call;
  const begin = await call.stops('batch');
  if (begin !== null) return { verdict: 'held', left: one.pods, total: one.pods, ...begin };
  const found = await orphanPods(context, one, signal);
  if (typeof found === 'string') return { verdict: 'done', left: 0, total: 0, sentence: found };
  const stored = await goOn(call, found);
  const views = new AbortController();
  try {
    const { namespace, uid } = one;
    const { selector } = pruningOf(stored);
    const lives = AbortSignal.any([signal, views.signal]);
    const view = await openPruneView(context.client, { namespace, uid, selector }, lives);
    // With the view's own signal: once the view has failed, nothing may go on beside the next attempt.
    return await Promise.race([takeBatch({ ...call, signal: lives }, stored, view), view.failed]);
  } finally {
    views.abort(new Error('the batch has ended'));
  }
}

/** Writes that a person lets it go on. */
async function goOn(call: PruneCall, stored: StoredRecord): Promise<StoredRecord> {
  const { goOnMs } = call.batches;
  const { stopped: _over, ...pruning } = pruningOf(stored);
  if (goOnMs === undefined || (pruning.acceptedMs ?? 0) >= goOnMs) return stored;
  return await write(call, stored, { ...pruning, acceptedMs: goOnMs });
}

async function takeBatch(call: PruneCall, first: StoredRecord, view: PruneView): Promise<PruneStep> {
  const { one, batches, signal } = call;
  const rules = { ...batches, seed: one.uid };
  const next = async (changed: Promise<void>): Promise<void> => {
    const settled = changed.then(() => sleep(settleMs, undefined, { signal }));
    await Promise.race([settled, sleep(tickMs, undefined, { signal })]);
  };
  let stored = first;
  const deleted = new Set<string>();
  for (;;) {
    await view.ensureFresh();
    signal.throwIfAborted();
    const changed = view.changed();
    const pruning = pruningOf(stored);
    // The watch shows a deletion a moment later than we know of it.
    const pods = view.pods().map((pod) => (deleted.has(pod.uid) ? marked(pod) : pod));
    const left = pods.filter((pod) => pod.terminatingUntilMs === undefined).length;
    const count = { left, total: Math.max(pruning.total, left) };
    call.report(pruneProgress(one, left, count.total, null));
    if (pruning.stopped !== undefined) return { verdict: 'stopped', ...count, sentence: pruning.stopped };
    const move = nextPruneMove(rules, { nowMs: Date.now(), nodes: view.nodes(), pods, pruning });
    switch (move.do) {
      case 'done':
        return { verdict: 'done', ...count, sentence: await finish(call, pruning, move.onAwayNodes) };
      case 'rest':
        return { verdict: 'batch', ...count, restMs: move.untilMs - Date.now() };
      case 'hold':
        return { verdict: 'held', ...count, sentence: move.sentence };
      case 'stop':
        stored = await write(call, stored, {
          ...pruning,
          stopped: pruneStopped(one, call.context.application, move.nodes, left),
        });
        break;
      case 'close': {
        stored = await write(call, stored, { ...pruning, batch: [], goneMs: Date.now() });
        // The next one is decided on what is there then, after a look at the whole.
        if (left > 0) return { verdict: 'batch', ...count, restMs: batches.pauseMs };
        break;
      }
      case 'take':
      case 'remove': {
        const stop = await call.stops(move.do === 'take' ? 'batch' : 'pod');
        if (stop !== null) return { verdict: 'held', ...count, ...stop };
        if (move.do === 'take') stored = await write(call, stored, taking(pruning, move));
        // Those that have changed since they were seen are looked at again.
        else if (!(await remove(call, move.pods, deleted))) await next(changed);
        break;
      }
      case 'wait': {
        const late = move.pods.filter((pod) => Date.now() > (pod.terminatingUntilMs ?? 0) + lateMs);
        if (late.length > 0) return { verdict: 'held', ...count, sentence: podsEndLate(late) };
        await next(changed);
        break;
      }
    }
  }
}

function taking(pruning: Pruning, move: Extract<PruneMove, { do: 'take' }>): Pruning {
  const taken = [...new Set([...pruning.taken, ...move.nodes])];
  return { ...pruning, batch: move.pods.map((pod) => pod.uid), taken };
}

/** Deletes pods that the record names, and adds them to `deleted`; false when not all could be. */
async function remove(call: PruneCall, pods: readonly PodView[], deleted: Set<string>): Promise<boolean> {
  const { context, one, signal, stops } = call;
  const isStopped = async (): Promise<boolean> => (await stops('pod')) !== null;
  const deps = { client: context.client, signal, evictions: null, isStopped };
  await removePods(deps, one.namespace, pods, performance.now(), deleted);
  return pods.every((pod) => deleted.has(pod.uid));
}

function marked(pod: PodView): PodView {
  return pod.terminatingUntilMs === undefined ? { ...pod, terminatingUntilMs: Date.now() + lateMs } : pod;
}

/** Writes the record on the version that was decided on; where it has moved on, answers what it says now. */
async function write(
  { context, one, signal }: PruneCall,
  stored: StoredRecord,
  pruning: Pruning,
): Promise<StoredRecord> {
  const record = { ...stored.record, pruning };
  try {
    const version = await writeRecord(context.client, one, record, stored.resourceVersion, signal, 'nobody');
    return { record, resourceVersion: version };
  } catch (error) {
    if (!hasMovedOn(error)) throw error;
    const now = await readRecord(context.client, one, signal);
    if (now?.record.pruning !== undefined && now.record.daemonSetUid === one.uid) return now;
    const name = daemonSetLabel(one);
    // Somebody has made the DaemonSet anew, or finished: the next call finds out which.
    throw new NodewaveError(
      'Infrastructure',
      `the record of DaemonSet ${name} is being written by somebody else; looking again`,
    );
  }
}

async function finish(call: PruneCall, pruning: Pruning, onAwayNodes: readonly PodView[]): Promise<string> {
  const { context, one, batches, signal } = call;
  // Pods that a new DaemonSet has adopted are not left any more, but not gone either.
  const still = await orphanPods(context, one, signal);
  if (typeof still === 'string') return still;
  const note = await removeLeftovers(context, one, one.uid, pruning.selector);
  const size = pruneBatchSize(batches.inBatches, pruning.total);
  const done = pruneDone(one, pruning.total, size, onAwayNodes);
  return note === null ? done : `${done}. ${note}`;
}

function pruningOf({ record }: StoredRecord): Pruning {
  if (record.pruning === undefined) throw new TypeError('The record says nothing about pruning');
  return record.pruning;
}
