import { setTimeout as sleep } from 'node:timers/promises';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { emptyRecord } from '../../domain/record.ts';
import type { PrunedDaemonSet } from '../../domain/sync.ts';
import type { DaemonSet, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { readRecord, type StoredRecord, writeRecord } from '../cluster/record-store.ts';
import { retryMoved } from '../cluster/retry-moved.ts';
import { labelSelectorOf } from '../cluster/selector.ts';
import type { SyncContext } from './context.ts';
import { isManagedBy } from './managed.ts';
import { removeDaemonSet } from './prune.ts';

/** How long the garbage collector may take to let go of the pods before it is said that it does not run. */
const orphanDeadlineMs = 60_000;

/** A pod that is made while its DaemonSet is orphaned may be collected by Kubernetes itself: it must have seen it before. */
const settled = { ageMs: 3_000, lookMs: 1_000, patienceMs: 30_000 } as const;

const pollMs = 250;

/** The record of what is to be pruned, with its DaemonSet gone; a text says why there is nothing to prune. */
export type Orphaned = StoredRecord | string;

/**
 * Deletes the DaemonSet alone and leaves its pods, so that nothing makes them anew; what is left to do is written to the record
 * first. Repeated, it finds what the first attempt has done. Only what the plan named by uid and the application still manages.
 */
export async function orphanPods(context: SyncContext, one: PrunedDaemonSet, signal: AbortSignal): Promise<Orphaned> {
  const name = `DaemonSet ${daemonSetLabel(one)}`;
  const { client, application } = context;
  const live = await client.get<DaemonSet>(paths.daemonSet(one), { signal });
  if (live !== null && live.metadata.uid !== one.uid) {
    return `${name} was made anew and has what was left of its pods: nothing more is deleted`;
  }
  if (live !== null && live.metadata.deletionTimestamp === undefined) {
    const foreign = `${name} is not managed by ${application} any more: nothing was deleted`;
    if (!isManagedBy(live, application)) return foreign;
    const pods = await settledPods(context, live, signal);
    await retryMoved(() => noteBeginning(context, live, pods));
    if (!(await removeDaemonSet(context, one, 'Orphan'))) return foreign;
  }
  await waitUntilGone(context, one, signal);
  const stored = await readRecord(client, one, signal);
  if (stored?.record.pruning === undefined || stored.record.daemonSetUid !== one.uid) {
    return `${name} is gone already`;
  }
  return stored;
}

/** Uids of its pods, once all of them are old enough. */
async function settledPods({ client }: SyncContext, live: DaemonSet, signal: AbortSignal): Promise<string[]> {
  const { uid, namespace = '' } = live.metadata;
  for (const sinceMs = performance.now(); ; await sleep(settled.lookMs, undefined, { signal })) {
    const { items } = await client.list(paths.pods(namespace), {
      labelSelector: labelSelectorOf(live),
      signal,
      project: ({ metadata }: Pod) =>
        metadata.ownerReferences?.some((owner) => owner.uid === uid) === true ? metadata : null,
    });
    const pods = items.filter((pod) => pod !== null);
    const youngestMs = Math.max(0, ...pods.map((pod) => Date.parse(pod.creationTimestamp)));
    const isOld = Date.now() - youngestMs > settled.ageMs;
    if (isOld || performance.now() - sinceMs > settled.patienceMs) return pods.map((pod) => pod.uid);
  }
}

/** The record must outlive its DaemonSet: without it, nobody would know that its pods are to go. */
async function noteBeginning({ client, application }: SyncContext, live: DaemonSet, pods: string[]): Promise<void> {
  const ref = { namespace: live.metadata.namespace ?? '', name: live.metadata.name };
  const { uid } = live.metadata;
  const stored = await readRecord(client, ref);
  const isIts = stored?.record.daemonSetUid === uid && stored.record.application === application;
  const before = isIts ? stored.record : emptyRecord(application, uid);
  const pruning = { selector: labelSelectorOf(live), total: pods.length, batch: [], goneMs: null, taken: [] };
  const record = { ...before, phase: 'pruning', target: null, grants: [], touched: [], pruning };
  await writeRecord(client, ref, record, stored?.resourceVersion ?? null, undefined, 'nobody');
}

async function waitUntilGone({ client }: SyncContext, one: PrunedDaemonSet, signal: AbortSignal): Promise<void> {
  const sinceMs = performance.now();
  for (;;) {
    const live = await client.get<DaemonSet>(paths.daemonSet(one), { signal });
    if (live === null || live.metadata.uid !== one.uid) return;
    if (performance.now() - sinceMs > orphanDeadlineMs) {
      throw new NodewaveError(
        'Infrastructure',
        `DaemonSet ${daemonSetLabel(one)} was deleted and is still there: check that kube-controller-manager runs, whose garbage collector lets go of the pods, and its finalizers (${live.metadata.finalizers?.join(', ') ?? 'none'})`,
      );
    }
    await sleep(pollMs, undefined, { signal });
  }
}
