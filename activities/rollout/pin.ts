import { setTimeout as sleep } from 'node:timers/promises';
import { NodewaveError } from '../../domain/failures.ts';
import { type DaemonSetRef, daemonSetLabel, fieldManager, recordName } from '../../domain/ids.ts';
import type { DaemonSetRecord, GoodRevision } from '../../domain/record.ts';
import { pinAnnotations, pinObject, releasedNodes, releasedText } from '../../domain/rollout/pin.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { Node, ObjectMeta } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import type { RefillGuard } from './guards.ts';
import type { RecordHandle } from './record-handle.ts';

type Ref = Pick<DaemonSetRef, 'namespace' | 'name'>;

interface PodTemplateObject {
  metadata: ObjectMeta;
}

/**
 * How long API servers may take to see a parameter that was written, milliseconds. They learn of it by a watch, which is no
 * matter of more than a few; until then a pod gets what the parameter said before.
 */
const seenWithinMs = { armed: 1_000, released: 250 } as const;

/**
 * Pins the pods of every node that this rollout has not taken to last good. To be called before the new template is written.
 * The record says so first, because whoever cleans up looks there.
 */
export async function armPin(
  client: ClusterClient,
  ref: Ref,
  handle: RecordHandle,
  signal: AbortSignal,
): Promise<void> {
  const { record } = handle;
  const [good] = record.good;
  if (good === undefined) return;
  await handle.update((current) => ({ ...current, pinned: true }));
  const touched = new Set(record.touched);
  const nodes = await client.list(paths.nodes(), { signal, project: ({ metadata }: Node) => metadata });
  const released = nodes.items.filter(({ uid }) => touched.has(uid)).map(({ name }) => name);
  const config = await client.get<{ metadata: ObjectMeta }>(paths.record(ref), { signal });
  if (config === null) throw new NodewaveError('Conflict', `the record of ${daemonSetLabel(ref)} was deleted`);
  const object = pinObject({
    application: record.application,
    namespace: ref.namespace,
    daemonset: ref.name,
    daemonSetUid: record.daemonSetUid,
    record: { name: recordName(ref.name), uid: config.metadata.uid },
    template: goodTemplate(record, good),
    hash: good.hash,
    released,
  });
  await client.apply(paths.pin(ref), object, { fieldManager: fieldManager(record.application), force: true, signal });
  await sleep(seenWithinMs.armed, undefined, { signal });
}

function goodTemplate(record: DaemonSetRecord, good: GoodRevision) {
  const template = record.templates[good.templateDigest];
  if (template === undefined) throw new NodewaveError('Conflict', `the record lacks template ${good.templateDigest}`);
  return template;
}

/**
 * Ends the pinning, if the record knows of any: also that of a rollout that was terminated. To be called once the live template
 * may be given to every pod.
 */
export async function disarmPin(client: ClusterClient, ref: Ref, handle: RecordHandle): Promise<void> {
  if (handle.record.pinned !== true) return;
  await client.remove(paths.pin(ref));
  await handle.update(({ pinned: _pinned, ...record }) => record);
}

/** Releases each node right before it is taken: from then on its pods get the new template. */
export function pinGuard(client: ClusterClient, ref: Ref, application: string): RefillGuard {
  return {
    stops: async () => null,
    async admit(wanted) {
      const found = await client.get<PodTemplateObject>(paths.pin(ref));
      // Someone has removed it: nothing is pinned any more, so there is nothing to release.
      if (found === null) return wanted;
      const released = releasedNodes(found.metadata.annotations?.[pinAnnotations.released]);
      const missing = wanted.filter(({ node }) => !released.has(node));
      if (missing.length === 0) return wanted;
      for (const { node } of missing) released.add(node);
      if (!(await writeReleased(client, ref, application, found, released))) return [];
      await sleep(seenWithinMs.released);
      return wanted;
    },
    release: async () => undefined,
    waitsFor: () => null,
  };
}

/** False when someone else has written it meanwhile. */
async function writeReleased(
  client: ClusterClient,
  ref: Ref,
  application: string,
  { metadata: { resourceVersion } }: PodTemplateObject,
  released: ReadonlySet<string>,
): Promise<boolean> {
  const annotations = { [pinAnnotations.released]: releasedText(released) };
  try {
    const options = { type: 'merge', fieldManager: fieldManager(application) } as const;
    await client.patch(paths.pin(ref), { metadata: { resourceVersion, annotations } }, options);
    return true;
  } catch (error) {
    if (hasStatus(error, 409) || hasStatus(error, 404)) return false;
    throw error;
  }
}
