import { annotations, fieldManager } from '../../domain/ids.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import type { SyncContext } from './context.ts';

/**
 * The DaemonSets that the application manages, in all namespaces; where listing all of them is not allowed, in the
 * destination namespace and `namespaces`.
 */
export async function managedDaemonSets(
  context: SyncContext,
  namespaces: readonly string[] = [],
): Promise<DaemonSet[]> {
  try {
    return await listManaged(context.client, paths.allDaemonSets(), context.application);
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    const all = [...new Set([context.spec.destination.namespace, ...namespaces])];
    const found = await Promise.all(
      all.map((namespace) => listManaged(context.client, paths.daemonSets(namespace), context.application)),
    );
    return found.flat();
  }
}

async function listManaged(client: ClusterClient, path: string, application: string): Promise<DaemonSet[]> {
  const { items } = await client.list<DaemonSet, DaemonSet | null>(path, {
    project: (item) => (isManagedBy(item, application) ? item : null),
  });
  return items.filter((item) => item !== null);
}

/** Whether the application manages it. Both marks: the annotation alone also comes with a copy that somebody made with kubectl. */
export function isManagedBy({ metadata }: DaemonSet, application: string): boolean {
  const manager = fieldManager(application);
  return (
    metadata.annotations?.[annotations.application] === application &&
    metadata.deletionTimestamp === undefined &&
    metadata.managedFields?.some((entry) => entry.manager === manager) === true
  );
}
