import { fieldChanges } from '../../domain/diff/change.ts';
import { digest } from '../../domain/digest.ts';
import { annotations, type DaemonSetRef, daemonSetLabel, fieldManager } from '../../domain/ids.ts';
import type { DaemonSetRecord, PodTemplate } from '../../domain/record.ts';
import type { FieldChange } from '../../domain/sync.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';

/** Most changed fields that a sentence names. */
const namedFields = 3;

/**
 * Whether someone else has changed, deleted or made again the DaemonSet of a rollout, as a sentence; null when it is as it was left
 * (S29 to S32). Pods that are deleted afterwards would come back on another template than the one to reach, or not at all.
 * @param expected digest of the template that must be live; `undefined` when any known one may be
 * @param likely digest of the one that was live before, for the wording; the target without it
 */
export async function findEdit(
  client: ClusterClient,
  ref: DaemonSetRef,
  record: DaemonSetRecord,
  expected: string | undefined,
  likely: string | undefined = record.target?.templateDigest,
): Promise<string | null> {
  const live = await client.get<DaemonSet>(paths.daemonSet(ref));
  const name = daemonSetLabel(ref);
  if (live === null || live.metadata.deletionTimestamp !== undefined) {
    return `DaemonSet ${name} was deleted; its pods are left alone. Send abort; to install it again, send retry to the application afterwards`;
  }
  // Made again, it has adopted the pods of the old one: to them nothing that the record says applies.
  if (live.metadata.uid !== record.daemonSetUid) {
    return `DaemonSet ${name} was deleted and made again; its pods are left alone. Send abort, then sync the application to adopt the new one`;
  }
  if (live.metadata.annotations?.[annotations.application] !== record.application) {
    return `DaemonSet ${name} is not managed by application ${record.application} any more (annotation ${annotations.application})`;
  }
  const edit = describeEdit(live, record, likely);
  if (edit !== null) return edit;
  return expected === undefined || digest(live.spec.template) === expected ? null : describeSwap(live, record);
}

/**
 * Who changed a managed DaemonSet behind Nodewave's back, what, and what a person can do, as a sentence; null when template and
 * strategy are what the record knows (S29, S30, S31). A template that the record knows is never an edit: windows swap them
 * all the time.
 */
export function describeEdit(
  live: DaemonSet,
  record: DaemonSetRecord,
  likely: string | undefined = record.target?.templateDigest,
): string | null {
  const strategy = live.spec.updateStrategy?.type ?? 'RollingUpdate';
  const known = record.templates[digest(live.spec.template)] !== undefined;
  if (strategy === 'OnDelete' && known) return null;
  const who = lastEditor(live, record.application);
  const what = known ? null : describeTemplate(live, record, likely);
  if (strategy === 'OnDelete') {
    return `${who} ${what}; no pod is deleted until it is put back or taken into git`;
  }
  const name = nameOf(live);
  const flipped = `changed the update strategy of DaemonSet ${name} to ${strategy}, so the DaemonSet controller now replaces pods by itself`;
  return (
    `${who} ${what === null ? flipped : `${what}, and ${flipped}`}; Nodewave deletes no pod. To stop the controller: ` +
    `kubectl patch daemonset ${live.metadata.name} -n ${live.metadata.namespace ?? ''} --type merge -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'`
  );
}

/** Who put another known template live while a batch was running, e.g. by `kubectl rollout undo` (S30), as a sentence. */
export function describeSwap(live: DaemonSet, record: DaemonSetRecord): string {
  const isGood = record.good[0]?.templateDigest === digest(live.spec.template);
  const which = isGood ? 'last good' : 'another template';
  const who = lastEditor(live, record.application);
  const undone = who.startsWith('kubectl') ? ', as "kubectl rollout undo" does' : '';
  return `${who} put ${which} live on DaemonSet ${nameOf(live)} in the middle of a rollout${undone}; no pod is deleted until someone sends resume, rollback or abort`;
}

/** What was changed in the template, in words where it is one of the well-known acts. */
function describeTemplate(live: DaemonSet, record: DaemonSetRecord, likely: string | undefined): string {
  const name = nameOf(live);
  const changes = nearestChanges(live, record, likely);
  const paths_ = changes.map((change) => change.path.replace('spec.template.', ''));
  if (paths_.length > 0 && paths_.every((path) => path.includes('kubectl.kubernetes.io/restartedAt'))) {
    return `asked for a restart of DaemonSet ${name} ("kubectl rollout restart")`;
  }
  const shown = changes.slice(0, namedFields).map(shownChange);
  const more = changes.length > namedFields ? ` and ${changes.length - namedFields} more fields` : '';
  const fields = shown.length === 0 ? '' : ` (${shown.join(', ')}${more})`;
  const moved = paths_.some((path) => /^spec\.(nodeSelector|affinity|tolerations)/.test(path));
  const effect = moved
    ? ', which decides on which nodes its pods run: the DaemonSet controller removes the others. To hold a rollout, send pause instead'
    : '';
  return `changed the pod template of DaemonSet ${name}${fields}${effect}`;
}

function shownChange({ path, before, after }: FieldChange): string {
  const field = path.replace('spec.template.', '');
  if (after === undefined) return `${field} removed`;
  return before === undefined ? `${field} added: ${after}` : `${field}: ${before} became ${after}`;
}

/**
 * The changes against that one of the known templates that needs the fewest, the likely one before others: the one which was edited.
 * Values are masked.
 */
function nearestChanges(live: DaemonSet, record: DaemonSetRecord, likely: string | undefined): FieldChange[] {
  const { apiVersion = 'apps/v1', kind = 'DaemonSet' } = live;
  const whole = (template: PodTemplate) => ({ apiVersion, kind, metadata: {}, spec: { template } });
  const desired = whole(live.spec.template as PodTemplate);
  const first = record.templates[likely ?? ''];
  const templates = [...(first === undefined ? [] : [first]), ...Object.values(record.templates)];
  const known = templates.map((template) => fieldChanges({ apiVersion, kind, live: whole(template), desired }));
  return known.sort((a, b) => a.length - b.length)[0] ?? [];
}

function nameOf({ metadata }: DaemonSet): string {
  return daemonSetLabel({ namespace: metadata.namespace ?? '', name: metadata.name });
}

/** The manager of the newest managedFields entry that is neither ours nor the controller's status. */
export function lastEditor(live: DaemonSet, application: string): string {
  const entries = (live.metadata.managedFields ?? [])
    .filter((entry) => entry.subresource === undefined && entry.manager !== fieldManager(application))
    .sort((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? ''));
  const [newest] = entries;
  return newest === undefined ? 'someone' : `${newest.manager} (${newest.operation}, ${newest.time ?? 'no time'})`;
}
