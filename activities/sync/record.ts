import type { DaemonSetRef } from '../../domain/ids.ts';
import { type DaemonSetRecord, emptyRecord } from '../../domain/record.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { readRecord, writeRecord } from '../cluster/record-store.ts';
import { retryMoved } from '../cluster/retry-moved.ts';

/** Phase of a record whose DaemonSet was given back. */
export const releasedPhase = 'released';

type Ref = Pick<DaemonSetRef, 'namespace' | 'name'>;

/**
 * Changes a record beside a rollout that may be running: the holder stays, and a write that loses against another one is
 * decided again on what is there then. `mutate` answers null when nothing has to change. Makes the record where there is
 * none, or where it belongs to a DaemonSet of the same name that is gone.
 */
export async function updateRecord(
  client: ClusterClient,
  ref: Ref,
  owner: { application: string; uid: string },
  mutate: (record: DaemonSetRecord) => DaemonSetRecord | null,
): Promise<void> {
  await retryMoved(async () => {
    const stored = await readRecord(client, ref);
    const current = stored === null ? null : inherited(stored.record, owner);
    const next = mutate(current ?? emptyRecord(owner.application, owner.uid));
    if (next === null && current === stored?.record) return;
    const record = next ?? current ?? emptyRecord(owner.application, owner.uid);
    await writeRecord(client, ref, record, stored?.resourceVersion ?? null);
  });
}

/** A found record, unless it is of a DaemonSet of the same name that is gone, or of another application. */
function inherited(record: DaemonSetRecord, owner: { application: string; uid: string }): DaemonSetRecord {
  const isOurs = record.daemonSetUid === owner.uid && record.application === owner.application;
  return isOurs ? record : emptyRecord(owner.application, owner.uid);
}
