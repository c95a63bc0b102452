import type { DaemonSetRecord, Grant } from '../../domain/record.ts';
import { grantKey, inForce, undone } from '../../domain/rollout/hooks.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { readRecord } from '../cluster/record-store.ts';
import { removeJob } from '../cluster/run-job.ts';
import { type HookOwner, undoChanges } from './hook-node.ts';
import type { RecordHandle } from './record-handle.ts';

const parallelNodes = 8;

/**
 * Undoes everything that hooks have done for these grants: nodes as they were, no Job left. Repeating it changes nothing. The
 * record is the caller's affair, afterwards.
 * @param held throws when someone newer has the record; asked between a node's read and its write
 */
export async function undoHooks(
  client: ClusterClient,
  owner: HookOwner,
  grants: readonly Grant[],
  held: () => Promise<void>,
): Promise<void> {
  const queue = grants.filter(inForce);
  const lane = async (): Promise<void> => {
    for (let grant = queue.shift(); grant !== undefined; grant = queue.shift()) {
      await undoChanges(client, owner, grant, grant.hooks?.changes ?? [], held);
      for (const job of grant.hooks?.jobs ?? []) await removeJob(client, owner.namespace, job);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(parallelNodes, queue.length) }, lane));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The record once the hooks of these grants are undone. */
export function withUndone(record: DaemonSetRecord, grants: readonly Grant[]): DaemonSetRecord {
  const keys = new Set(grants.map(grantKey));
  return { ...record, grants: record.grants.map((grant) => (keys.has(grantKey(grant)) ? undone(grant) : grant)) };
}

/**
 * For whoever takes the record: undoes what grants of any rollout have left on nodes, be it that its workflow was terminated, and
 * writes that to the record. Costs nothing where there are no hooks.
 */
export async function undoLeftovers(client: ClusterClient, owner: HookOwner, handle: RecordHandle): Promise<void> {
  const left = handle.record.grants.filter(inForce);
  if (left.length === 0) return;
  await undoHooks(client, owner, left, () => handle.assertHeld());
  await handle.update((record) => withUndone(record, left));
}

/** The same when the DaemonSet is gone, and its record with it: then there is nothing to ask and nothing to write. */
export async function undoThoughGone(client: ClusterClient, owner: HookOwner, record: DaemonSetRecord): Promise<void> {
  await undoHooks(client, owner, record.grants, async () => undefined);
}

/** The same for whoever does not hold the record and will not write it; nothing to do where it is gone or another application's. */
export async function undoRecorded(client: ClusterClient, owner: HookOwner): Promise<void> {
  const stored = await readRecord(client, owner);
  if (stored?.record.application === owner.application) await undoThoughGone(client, owner, stored.record);
}
