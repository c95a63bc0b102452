import { setTimeout as sleep } from 'node:timers/promises';
import { digest } from '../../domain/digest.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import { nodeOrder } from '../../domain/rollout/order.ts';
import { decideStep } from '../../domain/rollout/step.ts';
import type { Step, StepRules } from '../../domain/rollout/step-types.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { daemonSetView } from '../cluster/project.ts';
import type { BatchInput, BatchResult } from '../contract.ts';
import { describeEdit, describeSwap } from './edits.ts';
import { admitted, firstStop, type RefillGuard, released } from './guards.ts';
import { type LiveView, openLiveView } from './live-view.ts';
import { RecordHandle } from './record-handle.ts';
import { removePods } from './remove-pods.ts';
import { batchResult } from './result.ts';
import { readManaged } from './template.ts';

/** What a batch needs from the outside. */
export interface BatchDeps {
  client: ClusterClient;
  attempt: number;
  signal: AbortSignal;
  /** Called at each decision; the activity heartbeats it. */
  report: (step: Step) => void;
  /** Asked before every refill. */
  guards: readonly RefillGuard[];
}

/** Thrown when the signal aborts a batch; carries how far it came. */
export class BatchStopped extends Error {
  readonly result: BatchResult;
  constructor(result: BatchResult) {
    super('the batch was stopped');
    this.name = 'BatchStopped';
    this.result = result;
  }
}

/** Longest time between two decisions, so that deadlines are noticed without an event. */
const tickMs = 500;

/** Shortest time between two decisions: events come in bursts, and each refill costs a write of the record. */
const settleMs = 60;

/** How often the DaemonSet itself is read again, for edits by others. */
const recheckMs = 2_000;

/**
 * Replaces the pods of one batch. Reads everything from the cluster and the record, so a second attempt after a crash goes on
 * where the first one stopped: grants come before deletes, deletes name the pod's uid and version, and a newer attempt
 * fences an older one out of the record.
 */
export async function runBatch(deps: BatchDeps, input: BatchInput): Promise<BatchResult> {
  const live = await readManaged(deps.client, input.context.ref, input.context.application);
  const record = await RecordHandle.take(deps.client, input.context, deps.attempt, live.metadata.uid);
  const views = new AbortController();
  const signal = AbortSignal.any([deps.signal, views.signal]);
  try {
    const view = await openLiveView(deps.client, live, live.spec.minReadySeconds ?? 0, signal);
    return await Promise.race([loop(deps, input, live, record, view), view.failed]);
  } finally {
    views.abort(new Error('the batch has ended'));
  }
}

async function loop(
  deps: BatchDeps,
  input: BatchInput,
  live: DaemonSet,
  record: RecordHandle,
  view: LiveView,
): Promise<BatchResult> {
  const rules = stepRules(input);
  const scheduling = daemonSetView(live).scheduling;
  const deleted = new Set<string>();
  let checkedMs = Number.NEGATIVE_INFINITY;
  let lastOutageMs = 0;
  try {
    return await run();
  } catch (error) {
    if (deps.signal.aborted) throw new BatchStopped(batchResult('stopped', decide(), record.record));
    throw error;
  }

  async function run(): Promise<BatchResult> {
    while (true) {
      const changed = view.changed();
      if (performance.now() - checkedMs > recheckMs) {
        const edit = await findEdit(deps.client, input, record.record);
        checkedMs = performance.now();
        if (edit !== null) return batchResult('edited', decide(), record.record, edit);
      }
      await view.ensureFresh();
      deps.signal.throwIfAborted();
      const decidedMs = performance.now();
      const step = decide();
      if (step.outage !== null) lastOutageMs = Date.now();
      deps.report(step);
      if (step.findings.length > 0) {
        await settle(deps, record, step);
        return batchResult('failed', step, record.record);
      }
      if (step.done) {
        await settle(deps, record, step);
        return batchResult('done', step, record.record);
      }
      if (!input.observeOnly && (await firstStop(deps.guards)) === null) {
        const removable = step.remove.filter((pod) => !deleted.has(pod.uid));
        // Grants that are there already are acted on first; new ones only after the record holds them.
        await removePods(deps, input.context.ref.namespace, removable, decidedMs, deleted);
        const grants = await admitted(deps.guards, step.grant);
        if (grants.length > 0) {
          if (await grant(deps, record, input, { ...step, grant: [...grants] })) continue;
        }
      }
      await Promise.race([changed.then(() => sleep(settleMs)), sleep(tickMs)]);
      deps.signal.throwIfAborted();
    }
  }

  function decide(): Step {
    return decideStep(rules, {
      nowMs: Date.now(),
      seenSinceMs: Math.max(view.seenSinceMs(), lastOutageMs),
      nodes: view.nodes(),
      pods: view.pods(),
      scheduling,
      // The watch shows a deletion a moment later than we know of it.
      isAvailable: (pod) => !deleted.has(pod.uid) && view.isAvailable(pod),
      restartsBefore: input.judgeAgain ? view.restartsAtStart : new Map(),
      grants: record.record.grants,
      touched: new Set(record.record.touched),
    });
  }
}

/** The unchanging part of a batch's decisions. */
export function stepRules(input: BatchInput): StepRules {
  const { context, judgeAgain: _judgeAgain, ...rules } = input;
  const { rollout } = context.holder;
  return { ...rules, rollout, order: nodeOrder(`${rollout}`) };
}

/** Writes the step's grants; false when the record had moved on, so that everything must be decided again. */
async function grant(deps: BatchDeps, record: RecordHandle, input: BatchInput, step: Step): Promise<boolean> {
  const atMs = Date.now();
  const { rollout } = input.context.holder;
  const taken = new Set(step.grant.map((entry) => entry.nodeUid));
  const settled = new Set(step.settled);
  const grants = [
    ...record.record.grants.filter((entry) => !settled.has(entry) && !taken.has(entry.nodeUid)),
    ...step.grant.map((entry) => ({ ...entry, rollout, batch: input.batchIndex, atMs })),
  ];
  const touched = [...new Set([...record.record.touched, ...taken])];
  const written = await record.tryUpdate({ ...record.record, grants, touched });
  // Only after the record: until then a worker that takes over would still find the grant, and act on it.
  if (written) await released(deps.guards, step.settled);
  return written;
}

async function settle(deps: BatchDeps, record: RecordHandle, step: Step): Promise<void> {
  if (step.settled.length === 0) return;
  const settled = new Set(step.settled.map((entry) => `${entry.nodeUid}/${entry.podUid}/${entry.rollout}`));
  await record.update((current) => ({
    ...current,
    grants: current.grants.filter((entry) => !settled.has(`${entry.nodeUid}/${entry.podUid}/${entry.rollout}`)),
  }));
  await released(deps.guards, step.settled);
}

/**
 * Whether someone else has changed the DaemonSet, or closed the window: pods that are deleted now would come back on another
 * template than the one to reach.
 */
async function findEdit(client: ClusterClient, input: BatchInput, record: DaemonSetRecord): Promise<string | null> {
  const { ref, application } = input.context;
  const live = await client.get<DaemonSet>(paths.daemonSet(ref));
  if (live === null) return `DaemonSet ${ref.namespace}/${ref.name} was deleted; its pods are left alone`;
  if (live.metadata.annotations?.['nodewave.dev/application'] !== application) {
    return `DaemonSet ${ref.namespace}/${ref.name} is not managed by application ${application} any more`;
  }
  const edit = describeEdit(live, record);
  if (edit !== null) return edit;
  if (input.observeOnly) return null;
  const expected = input.direction === 'forward' ? record.target?.templateDigest : goodDigest(record, input.toHash);
  return expected === undefined || digest(live.spec.template) === expected ? null : describeSwap(live, record);
}

function goodDigest(record: DaemonSetRecord, hash: string): string | undefined {
  return record.good.find((good) => good.hash === hash)?.templateDigest ?? record.target?.templateDigest;
}
