import type { DaemonSetRecord } from '../../domain/record.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import { listRecords } from '../cluster/record-store.ts';
import type { SyncContext } from './context.ts';

/** A record whose DaemonSet is being pruned in batches. */
export type Begun = Awaited<ReturnType<typeof listRecords>>[number];

/** Records of DaemonSets whose pruning has begun; only they still know of it when Temporal's database was lost, or pruning cut off. */
export async function readBegun(
  { client, application, spec }: SyncContext,
  namespaces: readonly string[] = [],
): Promise<Begun[]> {
  const hasBegun = (record: DaemonSetRecord): boolean => record.pruning !== undefined;
  try {
    return await listRecords(client, application, hasBegun);
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    const all = [...new Set([spec.destination.namespace, ...namespaces])];
    const found = await Promise.all(all.map((namespace) => listRecords(client, application, hasBegun, namespace)));
    return found.flat();
  }
}
