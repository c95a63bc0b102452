import { setTimeout as sleep } from 'node:timers/promises';
import type { PodView } from '../../domain/cluster/view.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { Grant } from '../../domain/record.ts';
import { unplannedExposure } from '../../domain/rollout/exposure.ts';
import { grantKey, type HookMove, hookMoves, withoutOwnCordon } from '../../domain/rollout/hooks.ts';
import { decideStep } from '../../domain/rollout/step.ts';
import type { Step, StepRules, StepView } from '../../domain/rollout/step-types.ts';
import { withdrawn } from '../../domain/rollout/withdraw.ts';
import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { daemonSetView } from '../cluster/project.ts';
import type { BatchInput, BatchResult } from '../contract.ts';
import { type BatchDeps, BatchStopped, stepRules } from './batch-deps.ts';
import { confirmGrants } from './confirm.ts';
import { findEdit } from './edits.ts';
import { Evictions } from './evictions.ts';
import { expectedDigest } from './expected.ts';
import { admitted, firstStop, released, type Wish, waitedFor } from './guards.ts';
import { undoThoughGone } from './hook-undo.ts';
import { BatchHooks } from './hooks.ts';
import { type LiveView, openLiveView } from './live-view.ts';
import { nodesBack } from './nodes-back.ts';
import { RecordHandle } from './record-handle.ts';
import { removePods } from './remove-pods.ts';
import { batchResult } from './result.ts';
import { readManaged } from './template.ts';

/** Longest time between two decisions, so that deadlines are noticed without an event. */
const tickMs = 500;

/**
 * Shortest time between two decisions: events come in bursts, and each refill costs two writes. The more nodes are in flight, the
 * more of them come back at once, and the less it matters when the next one goes.
 */
const settleMsOf = (inFlight: number): number => Math.min(60 + inFlight, 160);

/** Shortest time between two writes of the record that only take back what is over. */
const settleEveryMs = 1_000;

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
  const rules = stepRules(input);
  const views = new AbortController();
  // With hooks a batch that is to stop still waits for its nodes to be put back into service, and looks at them meanwhile.
  const hooked = (input.policy?.hooks ?? []).length > 0;
  const signal = hooked ? views.signal : AbortSignal.any([deps.signal, views.signal]);
  try {
    const view = await openLiveView(deps.client, live, live.spec.minReadySeconds ?? 0, signal, rules.order);
    return await Promise.race([loop(deps, input, rules, live, record, view), view.failed]);
  } finally {
    views.abort(new Error('the batch has ended'));
  }
}

async function loop(
  deps: BatchDeps,
  input: BatchInput,
  rules: StepRules,
  live: DaemonSet,
  record: RecordHandle,
  view: LiveView,
): Promise<BatchResult> {
  const scheduling = daemonSetView(live).scheduling;
  const deleted = new Set<string>();
  const { ref, application } = input.context;
  const owner = { application, namespace: ref.namespace, name: ref.name, uid: live.metadata.uid };
  const hooks = new BatchHooks({
    client: deps.client,
    record,
    hooks: input.policy?.hooks ?? [],
    owner,
    again: input.judgeAgain,
  });
  const evictions = input.policy?.removal === 'evict' ? new Evictions(deps.client) : null;
  const isStopped = async (): Promise<boolean> => (await firstStop(deps.guards)) !== null;
  const removal = { ...deps, evictions, isStopped };
  let checkedMs = Number.NEGATIVE_INFINITY;
  let settledMs = Number.NEGATIVE_INFINITY;
  let lastOutageMs = 0;
  let blocked: string | null = null;
  let gone = false;
  try {
    const result = await run();
    if (!gone) await hooks.finish(result.verdict === 'done' ? 'done' : 'broken', moves, deleted);
    return result;
  } catch (error) {
    if (!deps.signal.aborted) {
      // The record goes with its DaemonSet, so a write of it may be what notices first.
      if (error instanceof NodewaveError && error.code === 'Conflict') await undoWhereGone();
      throw error;
    }
    if (deps.isToEnd?.() ?? true) await hooks.finish('stopped', moves, deleted);
    throw new BatchStopped(batchResult('stopped', decide(), record.record));
  } finally {
    await hooks.stop();
  }

  async function run(): Promise<BatchResult> {
    await released(deps.guards, isBack());
    while (true) {
      const changed = Promise.race([view.changed(), hooks.changed()]);
      if (performance.now() - checkedMs > recheckMs) {
        const edit = await findEdit(deps.client, ref, record.record, expectedDigest(input, record.record));
        checkedMs = performance.now();
        if (edit !== null) {
          await undoWhereGone();
          return batchResult('edited', decide(), record.record, edit);
        }
      }
      await view.ensureFresh();
      deps.signal.throwIfAborted();
      const step = decide();
      if (step.outage !== null) lastOutageMs = Date.now();
      deps.report({ ...step, blocked: step.blocked ?? blocked });
      if (step.findings.length > 0) {
        await settle(step);
        return batchResult('failed', step, record.record);
      }
      // A first install is no exposure: it reaches every node at once.
      const attention = input.observeOnly ? null : unplannedExposure(rules, step);
      if (attention !== null) {
        await settle(step);
        return { ...batchResult('attention', step, record.record), attention };
      }
      if (step.done) {
        await settle(step);
        return batchResult('done', step, record.record);
      }
      if (!input.observeOnly) {
        const stop = await firstStop(deps.guards);
        if (await hooks.advance(stop === null ? moves() : withoutBegun(moves()))) continue;
        if (stop !== null && input.direction === 'forward' && !inFlight(step)) {
          await settle(step);
          return { ...batchResult('closed', step, record.record), closed: stop };
        }
        const moved = stop === null && (await refill(step));
        if (stop !== null) blocked = stop.sentence;
        if (moved) continue;
        // Held until the next grant, nodes that are back could be just what another rollout waits for, and it for ours. And
        // at the limit over all rollouts they are what this one waits for itself.
        const waits = step.settled.length > 0 && blocked !== null;
        if (waits || performance.now() - settledMs > settleEveryMs) await settle(step);
      }
      const settleMs = settleMsOf(step.progress.inFlight);
      await Promise.race([changed.then(() => sleep(settleMs)), sleep(tickMs)]);
      deps.signal.throwIfAborted();
    }
  }

  /** Deletes and grants what the guards admit; true when everything must be decided again at once. */
  async function refill(step: Step): Promise<boolean> {
    const removable = step.remove.filter((pod) => !deleted.has(pod.uid));
    const nodes = view.nodes();
    const uids = new Map(nodes.map((node) => [node.name, node.uid]));
    const granted = removable.map((pod) => ({ node: pod.node, nodeUid: uids.get(pod.node) ?? '', podUid: pod.uid }));
    const wanted = [...granted, ...step.grant];
    const free = await admitted(deps.guards, wanted, nodes, isBack());
    blocked = wanted.length === 0 ? null : waitedFor(deps.guards);
    // Grants that are there already are acted on first; new ones only after the record holds them.
    const pods = removable.filter((pod) => free.has(uids.get(pod.node) ?? ''));
    if (!(await confirmGrants(record, pods))) return true;
    await removeStill(new Set(pods.map((pod) => pod.uid)));
    const wishes = step.grant.filter((wish) => free.has(wish.nodeUid));
    // The interlock's write may have told of the brake: a grant that is not acted on counts as out, and holds the way back up.
    if (wishes.length > 0 && (await isStopped())) {
      await released(deps.guards, isBack());
      return false;
    }
    const grants = await hooks.prepared(wishes);
    if (grants.length === 0) return false;
    const { touched } = record.record;
    // Where the record had moved on, what was reserved is not granted. Else nodes that are back are free with the next refill.
    if (await grant(record, input, { ...step, grant: [...grants] })) await removeGranted(grants, touched);
    else await released(deps.guards, isBack());
    return false;
  }

  /** Deletes those of the pods that are to go by what is seen now: asking for leave may have taken long. */
  async function removeStill(podUids: ReadonlySet<string>): Promise<void> {
    if (podUids.size === 0) return;
    await view.ensureFresh();
    const decidedMs = performance.now();
    const pods = decide().remove.filter((pod) => podUids.has(pod.uid) && !deleted.has(pod.uid));
    await removePods(removal, input.context.ref.namespace, pods, decidedMs, deleted);
  }

  /**
   * Deletes what was admitted and granted a moment ago: decided in a round of its own, each node would be out for longer. The brake and
   * windows are asked again before each DELETE, and what they leave is taken back.
   */
  async function removeGranted(grants: readonly Wish[], touched: readonly string[]): Promise<void> {
    await removeStill(new Set(grants.map((wish) => wish.podUid)));
    const unused = grants.filter(({ podUid }) => !deleted.has(podUid));
    if (unused.length === 0 || !(await isStopped())) return;
    await record.update((current) => withdrawn(current, unused, touched));
    await released(deps.guards, isBack());
  }

  /**
   * Takes grants that are over out of the record, then frees their nodes: until the record is written, a worker that takes
   * over would still find the grant, and act on it.
   */
  async function settle(step: Step): Promise<void> {
    settledMs = performance.now();
    const settled = new Set(step.settled.map(grantKey));
    // The last refill may have taken them out already.
    if (record.record.grants.some((entry) => settled.has(grantKey(entry)))) {
      await record.update((current) => ({
        ...current,
        grants: current.grants.filter((entry) => !settled.has(grantKey(entry))),
      }));
    }
    await released(deps.guards, isBack());
  }

  /** Whether a node that this rollout has taken is without the pod that it had and not yet back. */
  function inFlight(step: Step): boolean {
    const alive = new Set(
      view.pods().flatMap((pod) => (pod.terminatingUntilMs === undefined && !deleted.has(pod.uid) ? [pod.uid] : [])),
    );
    const { rollout } = input.context.holder;
    const open = record.record.grants.filter((entry) => entry.rollout === rollout && !step.settled.includes(entry));
    // Nodes that the batch does not wait for are no reason to wait either.
    const passed = new Set([...input.ignoredNodes, ...step.tolerated.map((finding) => finding.node)]);
    return open.some((entry) => !alive.has(entry.podUid) && !passed.has(entry.node));
  }

  function isBack(): (nodeUid: string) => boolean {
    return nodesBack({ nodes: view.nodes(), pods: view.pods(), scheduling, isAvailable, grants: record.record.grants });
  }

  /** The watch shows a deletion a moment later than we know of it. */
  function isAvailable(pod: PodView): boolean {
    return !deleted.has(pod.uid) && view.isAvailable(pod);
  }

  function decide(): Step {
    return decideStep(rules, look());
  }

  function moves(): Map<Grant, HookMove> {
    if (record.record.grants.every((entry) => entry.hooks === undefined)) return new Map();
    return hookMoves(rules, look());
  }

  /** Puts nodes back into service for which nobody else will: the DaemonSet is gone, and the record with it. */
  async function undoWhereGone(): Promise<void> {
    const now = await deps.client.get<DaemonSet>(paths.daemonSet(ref));
    // One that is being deleted still answers until its pods are orphaned; its record may be gone before it.
    gone = now?.metadata.uid !== live.metadata.uid || now.metadata.deletionTimestamp !== undefined;
    if (gone) await undoThoughGone(deps.client, owner, record.record);
  }

  function look(): StepView {
    const nodes = withoutOwnCordon(view.nodes(), record.record.grants);
    const refused = evictions?.found(nodes, view.pods(), rules.readyWithinMs) ?? [];
    return {
      nowMs: Date.now(),
      seenSinceMs: Math.max(view.seenSinceMs(), lastOutageMs),
      nodes,
      pods: view.pods(),
      scheduling,
      isAvailable,
      restartsBefore: input.judgeAgain ? view.restartsAtStart : new Map(),
      grants: record.record.grants,
      touched: new Set(record.record.touched),
      found: new Map([...refused, ...hooks.found]),
      ...view.neighbours(),
    };
  }
}

/** Writes the step's grants; false when the record had moved on, so that everything must be decided again. */
async function grant(record: RecordHandle, input: BatchInput, step: Step): Promise<boolean> {
  const atMs = Date.now();
  const { rollout } = input.context.holder;
  const taken = new Set(step.grant.map((entry) => entry.nodeUid));
  const settled = new Set(step.settled);
  const grants = [
    ...record.record.grants.filter((entry) => !settled.has(entry) && !taken.has(entry.nodeUid)),
    ...step.grant.map((entry) => ({ ...entry, rollout, batch: input.batchIndex, atMs })),
  ];
  const touched = [...new Set([...record.record.touched, ...taken])];
  return await record.tryUpdate({ ...record.record, grants, touched });
}

/** While nothing may be deleted no node is made ready for it either. */
function withoutBegun(moves: ReadonlyMap<Grant, HookMove>): Map<Grant, HookMove> {
  return new Map([...moves].map(([grant, move]) => [grant, move === 'before' ? 'wait' : move]));
}
