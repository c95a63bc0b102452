import { takeTemplate } from '../../domain/adopt/take-over.ts';
import { annotationsOf, desiredDaemonSet } from '../../domain/desired.ts';
import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { annotations, type DaemonSetRef, daemonSetLabel, fieldManager } from '../../domain/ids.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { retryMoved } from '../cluster/retry-moved.ts';
import { newestRevision, type Revision, waitObserved } from '../cluster/revisions.ts';
import { describeEdit } from './edits.ts';
import type { RecordHandle } from './record-handle.ts';

/** How long the DaemonSet controller may take to see a write. */
const observeDeadlineMs = 20_000;

/** The DaemonSet once no other field manager owns a part of its template: what they added goes with the next apply. */
async function withTemplateOwned(
  client: ClusterClient,
  ref: DaemonSetRef,
  live: DaemonSet,
  application: string,
): Promise<DaemonSet> {
  const managedFields = takeTemplate(live.metadata.managedFields ?? [], application);
  if (managedFields === null) return live;
  const operations = [
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
    { op: 'add', path: '/metadata/managedFields', value: managedFields },
  ];
  return await client.patch<DaemonSet>(paths.daemonSet(ref), operations, {
    type: 'json',
    fieldManager: fieldManager(application),
  });
}

/** Reads the DaemonSet and checks that this application manages it. Throws Conflict with a sentence otherwise. */
export async function readManaged(client: ClusterClient, ref: DaemonSetRef, application: string): Promise<DaemonSet> {
  const live = await client.get<DaemonSet>(paths.daemonSet(ref));
  const name = daemonSetLabel(ref);
  if (live === null || live.metadata.deletionTimestamp !== undefined) {
    throw new NodewaveError('Conflict', `DaemonSet ${name} was deleted; its pods are left alone`);
  }
  const owner = live.metadata.annotations?.[annotations.application];
  if (owner !== application) {
    const said = owner === undefined ? 'is not managed by Nodewave any more' : `is managed by application ${owner}`;
    throw new NodewaveError('Conflict', `DaemonSet ${name} ${said} (annotation ${annotations.application})`);
  }
  return live;
}

/**
 * Makes one of the record's templates the live one, with `OnDelete` in the same write, waits until the controller has seen
 * it, and returns its revision. Writing what is live already changes nothing.
 * @param force take fields over that someone else edited: only on the way back
 * @throws NodewaveError Conflict when someone else has changed template or strategy, naming who; Fenced when a newer attempt
 * holds the record: a worker that slept must not open a window that others have closed
 */
export async function writeTemplate(input: {
  client: ClusterClient;
  ref: DaemonSetRef;
  handle: RecordHandle;
  templateDigest: string;
  phase: string;
  force: boolean;
  signal: AbortSignal;
}): Promise<{ revision: Revision; daemonSet: DaemonSet }> {
  const { client, ref, handle, signal } = input;
  const { record } = handle;
  const template = record.templates[input.templateDigest];
  const { base } = record;
  if (template === undefined || base === null) {
    throw new NodewaveError('Conflict', `the record of ${daemonSetLabel(ref)} lacks template ${input.templateDigest}`);
  }
  // The DaemonSet's status changes with every pod, and its resourceVersion with it.
  const written = await retryMoved(async () => {
    const found = await readManaged(client, ref, record.application);
    const edit = describeEdit(found, record);
    if (edit !== null && !input.force) throw new NodewaveError('Conflict', edit);
    // What someone put live that the record knows is swapped like any other; but then they still own what they wrote.
    const isWritten = edit === null && digest(found.spec.template) === input.templateDigest;
    const live = isWritten ? found : await withTemplateOwned(client, ref, found, record.application);
    // After the read and before the write that names its version: whatever a newer holder has written or writes later is
    // seen by one of the two.
    await handle.assertHeld();
    const managed = annotationsOf(record, input.phase);
    const object = desiredDaemonSet(base, template, managed, live.metadata.resourceVersion);
    return await client.apply<DaemonSet>(paths.daemonSet(ref), object, {
      fieldManager: fieldManager(record.application),
      force: input.force,
      signal,
    });
  });
  const daemonSet = await waitObserved(client, ref, written.metadata.generation ?? 0, signal, observeDeadlineMs);
  const liveDigest = digest(daemonSet.spec.template);
  if (liveDigest !== input.templateDigest) {
    throw new NodewaveError(
      'Conflict',
      `the API server made another template of what was written to ${daemonSetLabel(ref)} (${liveDigest} instead of ${input.templateDigest}): ` +
        `another field manager or an admission webhook adds fields. ${describeEdit(daemonSet, record) ?? ''}`.trim(),
    );
  }
  return { revision: await newestRevision(client, daemonSet), daemonSet };
}
