import { NodewaveError } from '../../domain/failures.ts';
import type { DaemonSetRef } from '../../domain/ids.ts';
import { type DaemonSetRecord, emptyRecord } from '../../domain/record.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import { readRecord, writeRecord } from '../cluster/record-store.ts';

type Ref = Pick<DaemonSetRef, 'namespace' | 'name'>;

const maxConflicts = 10;

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
  for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
    const stored = await readRecord(client, ref);
    const current = stored === null ? null : inherited(stored.record, owner);
    const next = mutate(current ?? emptyRecord(owner.application, owner.uid));
    if (next === null && current === stored?.record) return;
    try {
      const record = next ?? current ?? emptyRecord(owner.application, owner.uid);
      await writeRecord(client, ref, record, stored?.resourceVersion ?? null);
      return;
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
    }
  }
  throw new NodewaveError('Infrastructure', 'the record is being written by someone else all the time');
}

/** What a found record is worth to its new reader: nothing of another DaemonSet, only the proven of another application. */
function inherited(record: DaemonSetRecord, owner: { application: string; uid: string }): DaemonSetRecord {
  const fresh = emptyRecord(owner.application, owner.uid);
  if (record.daemonSetUid !== owner.uid) return fresh;
  if (record.application === owner.application) return record;
  return { ...fresh, good: record.good, templates: record.templates };
}
