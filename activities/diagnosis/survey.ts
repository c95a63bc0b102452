import type { PodView } from '../../domain/cluster/view.ts';
import { templateChanges } from '../../domain/diagnosis/changes.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { annotations, type DaemonSetRef, daemonSetLabel } from '../../domain/ids.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { podView } from '../cluster/project.ts';
import { readRecord } from '../cluster/record-store.ts';
import { labelSelectorOf } from '../cluster/selector.ts';
import type { DiagnosisQuestion } from './contract.ts';
import type { Gaps } from './gaps.ts';

/** What has to be known before anything can be explained. */
export interface Survey {
  /** All pods of the DaemonSet. */
  pods: PodView[];
  record: DaemonSetRecord | null;
}

/** Lists the pods of a DaemonSet that the application manages; others are none of its business, and neither are their logs. */
export async function surveyOf(
  client: ClusterClient,
  { ref, application, pod, refusals = [] }: DiagnosisQuestion,
  gaps: Gaps,
  signal: AbortSignal,
): Promise<Survey> {
  const label = daemonSetLabel(ref);
  const live = await client.get<DaemonSet>(paths.daemonSet(ref), { signal });
  if (live === null) {
    // A first install that is refused leaves nothing but the answer.
    if (refusals.length > 0 && pod === undefined) return { pods: [], record: null };
    throw new NodewaveError('Conflict', `there is no DaemonSet ${label}`);
  }
  if (live.metadata.annotations?.[annotations.application] !== application) {
    throw new NodewaveError('Conflict', `DaemonSet ${label} is not managed by application ${application}`);
  }
  const [{ items }, record] = await Promise.all([
    client.list<Pod, PodView | null>(paths.pods(ref.namespace), {
      labelSelector: labelSelectorOf(live),
      signal,
      project: (raw) => (isOwned(raw, live) ? podView(raw) : null),
    }),
    gaps.unless('record', null, async () => (await readRecord(client, ref, signal))?.record ?? null),
  ]);
  const pods = items.filter((one) => one !== null);
  if (pod !== undefined && !pods.some(({ name }) => name === pod)) throw noSuchPod(ref, pod, pods);
  return { pods, record };
}

function isOwned(raw: Pod, { metadata }: DaemonSet): boolean {
  return raw.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true;
}

function noSuchPod(ref: DaemonSetRef, pod: string, pods: readonly PodView[]): NodewaveError {
  const some = pods.slice(0, 5).map(({ name }) => name);
  const more = pods.length > some.length ? ` and ${pods.length - some.length} more` : '';
  const has = some.length === 0 ? 'it has none' : `it has ${some.join(', ')}${more}`;
  return new NodewaveError('BadInput', `DaemonSet ${daemonSetLabel(ref)} has no pod ${pod} now; ${has}`);
}

/**
 * What the template with this hash changes: against last good while a rollout moves to it, against the good one before once it is
 * last good itself.
 */
export function changesOf(record: DaemonSetRecord | null, hash: string): string[] {
  if (record === null) return [];
  const { target, good, templates } = record;
  const at = good.findIndex((one) => one.hash === hash);
  if (at >= 0)
    return templateChanges(templates[good[at + 1]?.templateDigest ?? ''], templates[good[at]?.templateDigest ?? '']);
  return templateChanges(templates[good[0]?.templateDigest ?? ''], templates[target?.templateDigest ?? '']);
}
