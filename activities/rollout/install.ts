import { baseOf, desiredDaemonSet } from '../../domain/desired.ts';
import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { annotations, daemonSetLabel, fieldManager } from '../../domain/ids.ts';
import { emptyRecord, type PodTemplate } from '../../domain/record.ts';

import type { DaemonSet } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { readRecord, writeRecord } from '../cluster/record-store.ts';
import { newestRevision, waitObserved } from '../cluster/revisions.ts';
import type { RolloutActivities } from '../contract.ts';
import type { RolloutCall } from './call.ts';
import { findManifest } from './manifest.ts';
import { RecordHandle } from './record-handle.ts';

const observeDeadlineMs = 20_000;

/** See `RolloutActivities.install`. Repeating it writes the same object and finds the record of the first attempt. */
export async function install(
  call: RolloutCall,
  input: Parameters<RolloutActivities['install']>[0],
): Promise<{ toHash: string }> {
  const { client, signal } = call;
  const { ref, application } = input.context;
  const live = await client.get<DaemonSet>(paths.daemonSet(ref), { signal });
  const owner = live?.metadata.annotations?.[annotations.application];
  if (live !== null && owner !== application) {
    throw new NodewaveError(
      'Conflict',
      `DaemonSet ${daemonSetLabel(ref)} appeared meanwhile${owner === undefined ? '' : ` and belongs to application ${owner}`}; sync again`,
    );
  }
  const manifest = await findManifest(call, input);
  const template = (manifest.spec as { template?: PodTemplate }).template ?? {};
  const base = baseOf(manifest);
  const object = desiredDaemonSet(
    base,
    template,
    { application, phase: 'installing', commit: input.commit },
    undefined,
  );
  const written = await client.apply<DaemonSet>(paths.daemonSet(ref), object, {
    fieldManager: fieldManager(application),
    fieldValidation: 'Strict',
    signal,
  });
  const daemonSet = await waitObserved(client, ref, written.metadata.generation ?? 0, signal, observeDeadlineMs);
  const { hash } = await newestRevision(client, daemonSet);
  const templateDigest = digest(daemonSet.spec.template);
  const target = { commit: input.commit, templateDigest, quarantineKey: input.quarantineKey, hash };
  const stored = await readRecord(client, ref);
  // One that outlived its DaemonSet, which somebody orphaned or pruning had taken away: the new one adopts the pods.
  if (stored === null || stored.record.daemonSetUid !== daemonSet.metadata.uid) {
    const anew = emptyRecord(application, daemonSet.metadata.uid);
    await writeRecord(client, ref, anew, stored?.resourceVersion ?? null);
  }
  await RecordHandle.take(client, input.context, call.attempt, daemonSet.metadata.uid, (record) => ({
    ...record,
    phase: 'installing',
    target,
    base,
    templates: { ...record.templates, [templateDigest]: daemonSet.spec.template as PodTemplate },
  }));
  return { toHash: hash };
}
