import type { PodView } from '../../domain/cluster/view.ts';
import { needsConfirmation } from '../../domain/rollout/hooks.ts';
import type { RecordHandle } from './record-handle.ts';

/**
 * Writes the grants of these pods again where they were written a while ago: hooks, windows and disruption budgets may have held
 * their pods for long, and a newer rollout counts an old grant as void. False when the record has moved on, so that everything
 * must be decided again. Throws Fenced when someone newer has it.
 */
export async function confirmGrants(record: RecordHandle, pods: readonly PodView[]): Promise<boolean> {
  const nowMs = Date.now();
  const uids = new Set(pods.map((pod) => pod.uid));
  const { grants } = record.record;
  const isOld = (grant: (typeof grants)[number]): boolean => uids.has(grant.podUid) && needsConfirmation(grant, nowMs);
  if (!grants.some(isOld)) return true;
  return await record.tryUpdate({
    ...record.record,
    grants: grants.map((grant) => (isOld(grant) ? { ...grant, confirmedMs: nowMs } : grant)),
  });
}
