import { giveBack } from '../../domain/adopt/take-over.ts';
import type { PodView } from '../../domain/cluster/view.ts';
import { annotations, daemonSetLabel } from '../../domain/ids.ts';
import { describeObject, isDaemonSet, type ManifestObject } from '../../domain/manifest/object.ts';
import { at } from '../../domain/plain.ts';
import { emptyRecord } from '../../domain/record.ts';
import type { DaemonSet, KubeObject, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { podView } from '../cluster/project.ts';
import { readRecord } from '../cluster/record-store.ts';
import { retryMoved } from '../cluster/retry-moved.ts';
import { newestRevision, waitObserved } from '../cluster/revisions.ts';
import { labelSelectorOf } from '../cluster/selector.ts';
import { undoHooks } from '../rollout/hook-undo.ts';
import type { SyncContext } from './context.ts';
import { locateObjects } from './locate.ts';
import { managedDaemonSets } from './managed.ts';
import { forgetPrunings } from './prune-end.ts';
import { releasedPhase, updateRecord } from './record.ts';
import { writeManagedFields } from './take-over.ts';

const shownNodes = 20;
const observeDeadlineMs = 20_000;

/** Who owns the fields of a released object: the manager under which a person's next `kubectl apply` finds them. */
const heir = 'kubectl';

/**
 * Gives the application's objects back. DaemonSets keep running with their live template; git's strategy returns only
 * where every pod carries that template, because RollingUpdate would otherwise replace the rest at once.
 * @param objects what git holds; null when it could not be read
 */
export async function releaseObjects(
  context: SyncContext,
  objects: readonly ManifestObject[] | null,
  signal: AbortSignal,
): Promise<string[]> {
  const notes: string[] = [];
  for (const daemonSet of await managedDaemonSets(context)) {
    signal.throwIfAborted();
    notes.push(await retryMoved(() => releaseDaemonSet(context, daemonSet, objects, signal)));
  }
  notes.push(...(await forgetPrunings(context)), ...(await releaseOthers(context, objects ?? [])));
  return notes;
}

async function releaseDaemonSet(
  context: SyncContext,
  { metadata }: DaemonSet,
  objects: readonly ManifestObject[] | null,
  signal: AbortSignal,
): Promise<string> {
  const { client } = context;
  const ref = { namespace: metadata.namespace ?? '', name: metadata.name };
  const live = await waitObserved(client, ref, metadata.generation ?? 0, signal, observeDeadlineMs);
  const strategy = strategyToRestore(ref, objects);
  const stale = strategy === null ? [] : await nodesInTheWay(context, live);
  const restore = strategy !== null && stale.length === 0;
  const operations = [
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
    ...Object.values(annotations)
      .filter((key) => live.metadata.annotations?.[key] !== undefined)
      .map((key) => ({ op: 'remove', path: `/metadata/annotations/${key.replaceAll('/', '~1')}` })),
    ...(restore ? [{ op: 'add', path: '/spec/updateStrategy', value: strategy }] : []),
    {
      op: 'add',
      path: '/metadata/managedFields',
      value: giveBack(live.metadata.managedFields ?? [], context.application) ?? live.metadata.managedFields ?? [],
    },
  ];
  await undoLeftovers(context, ref);
  // The record first: found by an application that adopts the DaemonSet later, it must hold nothing of this one's past. It
  // is emptied and not removed, because that takes the right to delete any ConfigMap; it goes with the DaemonSet.
  const owner = { application: context.application, uid: metadata.uid };
  await updateRecord(client, ref, owner, () => ({
    ...emptyRecord(owner.application, owner.uid),
    phase: releasedPhase,
  }));
  await client.patch<DaemonSet>(paths.daemonSet(ref), operations, { type: 'json', fieldManager: heir });
  return note(ref, live, strategy, stale);
}

/** What a rollout that was terminated has left on nodes and pods: the record, which alone knows of it, is about to be emptied. */
async function undoLeftovers({ client, application }: SyncContext, ref: { namespace: string; name: string }) {
  const stored = await readRecord(client, ref);
  if (stored === null) return;
  await undoHooks(client, { application, ...ref }, stored.record.grants, async () => undefined);
  if (stored.record.pinned === true) await client.remove(paths.pin(ref));
}

function note(
  ref: { namespace: string; name: string },
  live: DaemonSet,
  strategy: Record<string, unknown> | null,
  stale: readonly string[],
): string {
  const name = `DaemonSet ${daemonSetLabel(ref)}`;
  if (strategy === null) {
    return `${name} keeps running and stays OnDelete: git could not be asked for its update strategy`;
  }
  if (stale.length === 0) {
    const type = typeof strategy.type === 'string' ? strategy.type : 'RollingUpdate';
    return `${name} keeps running with update strategy ${type}`;
  }
  const shown = stale.slice(0, shownNodes).join(', ');
  const more = stale.length > shownNodes ? ` and ${stale.length - shownNodes} more` : '';
  const count = `${stale.length} of ${live.status?.desiredNumberScheduled ?? stale.length}`;
  return `${name} keeps running and stays OnDelete: ${count} nodes do not run its live template, and RollingUpdate would replace their pods at once (${shown}${more})`;
}

/** git's strategy, or what Kubernetes takes where git says nothing; null when git could not be read. */
function strategyToRestore(
  ref: { namespace: string; name: string },
  objects: readonly ManifestObject[] | null,
): Record<string, unknown> | null {
  if (objects === null) return null;
  const manifest = objects.find(
    (object) => isDaemonSet(object) && object.name === ref.name && object.namespace === ref.namespace,
  );
  const stated = at(manifest?.body, 'spec', 'updateStrategy');
  return typeof stated === 'object' && stated !== null ? { ...stated } : { type: 'RollingUpdate' };
}

async function nodesInTheWay(context: SyncContext, live: DaemonSet): Promise<string[]> {
  const { hash } = await newestRevision(context.client, live);
  const { uid, namespace = '' } = live.metadata;
  const pods = await context.client.list(paths.pods(namespace), {
    labelSelector: labelSelectorOf(live),
    project: (pod: Pod): PodView | null =>
      pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) ? podView(pod) : null,
  });
  return pods.items
    .filter((pod) => pod !== null && pod.hash !== hash)
    .map((pod) => pod?.node ?? '')
    .sort();
}

/** Without this, no other application could ever take the objects over. */
async function releaseOthers(context: SyncContext, objects: readonly ManifestObject[]): Promise<string[]> {
  const others = objects.filter((object) => !isDaemonSet(object));
  const { located } = await locateObjects(context, others);
  const notes: string[] = [];
  for (const { object, path, live } of located) {
    if (live === null || giveBack(live.metadata.managedFields ?? [], context.application) === null) continue;
    await retryMoved(() => giveFieldsBack(context, path));
    notes.push(`${describeObject(object)} stays as it is`);
  }
  return notes;
}

async function giveFieldsBack({ client, application }: SyncContext, path: string): Promise<void> {
  const live = await client.get<KubeObject>(path);
  const fields = giveBack(live?.metadata.managedFields ?? [], application);
  if (live !== null && fields !== null) await writeManagedFields(client, path, live, fields, heir);
}
