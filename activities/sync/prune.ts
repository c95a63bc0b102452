import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { PrunedDaemonSet } from '../../domain/sync.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import type { SyncContext } from './context.ts';
import { managedDaemonSets } from './managed.ts';

/** How often a delete is tried on the newest version: the status of a DaemonSet moves with every pod. */
const triesMax = 5;

/**
 * Deletes DaemonSets that git no longer has, each with its pods, in the foreground: it is gone once they are. Only what the
 * plan named by uid and this application still manages; on exactly the version in which that was checked.
 */
export async function pruneDaemonSets(
  context: SyncContext,
  planned: readonly PrunedDaemonSet[],
  signal: AbortSignal,
): Promise<string[]> {
  const notes: string[] = [];
  for (const one of planned) {
    signal.throwIfAborted();
    notes.push(await prune(context, one));
  }
  return notes;
}

async function prune(context: SyncContext, one: PrunedDaemonSet): Promise<string> {
  const name = `DaemonSet ${daemonSetLabel(one)}`;
  const removed = await removeDaemonSet(context, one, 'Foreground');
  if (!removed) return `${name} is not managed by ${context.application} any more, or gone: nothing was deleted`;
  return `${name} was deleted with its ${one.pods} pods: git no longer has it`;
}

/**
 * Deletes the DaemonSet of that uid if the application still manages it, and false if not; on exactly the version in which that
 * was checked.
 */
export async function removeDaemonSet(
  context: SyncContext,
  one: Pick<PrunedDaemonSet, 'namespace' | 'name' | 'uid'>,
  propagationPolicy: 'Foreground' | 'Orphan',
): Promise<boolean> {
  const name = `DaemonSet ${daemonSetLabel(one)}`;
  for (let attempt = 1; ; attempt++) {
    const managed = await managedDaemonSets(context, [one.namespace]);
    const live = managed.find(({ metadata }) => metadata.uid === one.uid);
    if (live === undefined) return false;
    const removed = await remove(context, live, name, propagationPolicy);
    if (removed !== 'conflict') return true;
    if (attempt >= triesMax)
      throw new NodewaveError('Infrastructure', `${name} changes all the time; it is tried again`);
  }
}

async function remove(
  { client }: SyncContext,
  { metadata }: DaemonSet,
  name: string,
  propagationPolicy: 'Foreground' | 'Orphan',
): Promise<string> {
  const { uid, resourceVersion, namespace = '' } = metadata;
  try {
    return await client.remove(paths.daemonSet({ namespace, name: metadata.name }), {
      uid,
      resourceVersion,
      propagationPolicy,
    });
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    throw new NodewaveError(
      'Forbidden',
      `${name} is to be pruned, and Nodewave may not delete daemonsets: apply the role nodewave-prune of deploy/rbac-extra.yaml, or write sync.prune: false`,
      { cause: error },
    );
  }
}
