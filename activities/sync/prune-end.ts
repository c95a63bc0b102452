import { pruneForgotten } from '../../domain/application/prune-sentences.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { ControllerRevision } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { readRecord, writeRecord } from '../cluster/record-store.ts';
import { retryMoved } from '../cluster/retry-moved.ts';
import type { SyncContext } from './context.ts';
import { readBegun } from './prune-begun.ts';
import { countLeft } from './prune-view.ts';

type Ref = { namespace: string; name: string };

/**
 * Removes what is left of a DaemonSet when its pods are gone: revisions, and its record. For the record no right to delete
 * ConfigMaps is needed: with an owner that is gone it is collected by Kubernetes.
 * @returns a sentence about what could not be removed; null when all could
 */
export async function removeLeftovers(
  context: SyncContext,
  ref: Ref,
  uid: string,
  selector: string,
): Promise<string | null> {
  const note = await removeRevisions(context, ref, uid, selector);
  await retryMoved(() => dropRecord(context, ref, uid));
  return note;
}

/** Leaves what is left of prunings as it is, for an application that is deleted. Returns a sentence each. */
export async function forgetPrunings(context: SyncContext): Promise<string[]> {
  const notes: string[] = [];
  for (const { ref, record } of await readBegun(context)) {
    const { pruning, daemonSetUid: uid } = record;
    const pods = await countLeft(context.client, { ...ref, uid, selector: pruning?.selector ?? '' });
    await retryMoved(() => dropRecord(context, ref, uid));
    if (pods > 0) notes.push(pruneForgotten(ref, pods, pruning?.selector ?? ''));
  }
  return notes;
}

async function removeRevisions(
  { client }: SyncContext,
  ref: Ref,
  uid: string,
  selector: string,
): Promise<string | null> {
  const { items } = await client.list(paths.controllerRevisions(ref.namespace), {
    labelSelector: selector,
    project: ({ metadata }: ControllerRevision) => {
      const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
      const isFree = controller === undefined || controller.uid === uid;
      return isFree && metadata.name.startsWith(`${ref.name}-`) ? metadata : null;
    },
  });
  try {
    for (const metadata of items) {
      if (metadata === null) continue;
      const { name, uid: revision } = metadata;
      await client.remove(paths.controllerRevision(ref.namespace, name), { uid: revision });
    }
    return null;
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    return 'Its ControllerRevisions stay: apply the role nodewave-prune of deploy/rbac-extra.yaml again, which may delete them';
  }
}

/** Unless somebody has made the DaemonSet anew meanwhile: then the record is that one's. */
async function dropRecord({ client }: SyncContext, ref: Ref, uid: string): Promise<void> {
  const stored = await readRecord(client, ref);
  if (stored === null || stored.record.daemonSetUid !== uid) return;
  const { pruning: _done, ...rest } = stored.record;
  const record: DaemonSetRecord = { ...rest, phase: 'pruned' };
  await writeRecord(client, ref, record, stored.resourceVersion);
}
