import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { SyncContext } from './context.ts';
import { managedDaemonSets } from './managed.ts';
import { updateRecord } from './record.ts';

/**
 * Lifts the quarantine of the application's DaemonSets, or of the one named (`name` or `namespace/name`). Returns those
 * that had one.
 */
export async function liftQuarantine(context: SyncContext, daemonset: string | undefined): Promise<string[]> {
  const managed = (await managedDaemonSets(context)).map(({ metadata }) => ({
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
  }));
  const wanted = managed.filter(
    (ref) => daemonset === undefined || [ref.name, daemonSetLabel(ref)].includes(daemonset),
  );
  if (daemonset !== undefined && wanted.length === 0) {
    const known = managed.map(daemonSetLabel).join(', ');
    throw new NodewaveError(
      'BadInput',
      `application ${context.application} manages no DaemonSet ${daemonset}; it manages ${known === '' ? 'none' : known}`,
    );
  }
  const released: string[] = [];
  for (const ref of wanted) {
    const owner = { application: context.application, uid: ref.uid };
    let lifted = false;
    await updateRecord(context.client, ref, owner, (record) => {
      lifted = record.quarantine.length > 0;
      return lifted ? { ...record, quarantine: [] } : null;
    });
    if (lifted) released.push(daemonSetLabel(ref));
  }
  return released;
}
