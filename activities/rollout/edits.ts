import { digest } from '../../domain/digest.ts';
import { daemonSetLabel, fieldManager } from '../../domain/ids.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { DaemonSet } from '../cluster/objects.ts';

/**
 * Who changed a managed DaemonSet behind Nodewave's back, as a sentence; null when template and strategy are what the record
 * knows (S29, S30, S31). A template that the record knows is never an edit: windows swap them all the time.
 */
export function describeEdit(live: DaemonSet, record: DaemonSetRecord): string | null {
  const strategy = live.spec.updateStrategy?.type ?? 'RollingUpdate';
  const known = record.templates[digest(live.spec.template)] !== undefined;
  if (strategy === 'OnDelete' && known) return null;
  const what = known ? `the update strategy to ${strategy}` : 'the pod template';
  const name = daemonSetLabel({ namespace: live.metadata.namespace ?? '', name: live.metadata.name });
  return `${lastEditor(live, record.application)} changed ${what} of DaemonSet ${name}; no pod is deleted until it is put back or taken into git`;
}

/** Who put another known template live while a batch was running, e.g. by `kubectl rollout undo` (S30), as a sentence. */
export function describeSwap(live: DaemonSet, record: DaemonSetRecord): string {
  const name = daemonSetLabel({ namespace: live.metadata.namespace ?? '', name: live.metadata.name });
  return `${lastEditor(live, record.application)} put another template live on DaemonSet ${name} while a batch was running; no pod is deleted until someone sends resume, rollback or abort`;
}

/** The manager of the newest managedFields entry that is neither ours nor the controller's status. */
function lastEditor(live: DaemonSet, application: string): string {
  const entries = (live.metadata.managedFields ?? [])
    .filter((entry) => entry.subresource === undefined && entry.manager !== fieldManager(application))
    .sort((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? ''));
  const [newest] = entries;
  return newest === undefined ? 'someone' : `${newest.manager} (${newest.operation}, ${newest.time ?? 'no time'})`;
}
