import { baseOf } from '../../domain/desired.ts';
import { canonicalJson } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { daemonSetLabel, fieldManager } from '../../domain/ids.ts';
import { describeObject, isDaemonSet, type ManifestObject } from '../../domain/manifest/object.ts';
import { kindOrder } from '../../domain/manifest/order.ts';
import type { DaemonSetSync, SyncPlan } from '../../domain/sync.ts';
import { KubeError } from '../cluster/kube-error.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { retryMoved } from '../cluster/retry-moved.ts';
import { adoptDaemonSet } from './adopt.ts';
import { applyOver } from './apply-over.ts';
import { isForced, type Rendered, type SyncContext } from './context.ts';
import { type Located, locateObjects } from './locate.ts';
import { updateRecord } from './record.ts';
import { takeOverFields } from './take-over.ts';
import { readOwn, writeAroundTemplate } from './write-daemon-set.ts';

/**
 * Applies what restarts no pod: adoptions, then every object that is not a DaemonSet in kind order, then what git states
 * of the DaemonSets beside their templates. Every step can be repeated. Returns the adopted DaemonSets.
 * @param options `othersWait` leaves out what is not a DaemonSet: it came with a release that is quarantined
 */
export async function applyPlan(
  context: SyncContext,
  plan: SyncPlan,
  rendered: Rendered,
  signal: AbortSignal,
  { othersWait = false } = {},
): Promise<string[]> {
  const objects = kindOrder(rendered.objects);
  const adopted: string[] = [];
  const planned = (object: ManifestObject): DaemonSetSync | undefined =>
    plan.daemonSets.find((sync) => sync.name === object.name && sync.namespace === object.namespace);
  for (const object of objects.filter(isDaemonSet)) {
    const sync = planned(object);
    if (sync?.adopt !== true) continue;
    await adoptDaemonSet(context, object, sync, plan.commit, signal);
    adopted.push(daemonSetLabel(sync));
  }
  for (const object of othersWait ? [] : objects.filter((candidate) => !isDaemonSet(candidate))) {
    signal.throwIfAborted();
    await applyOther(context, await locateOne(context, object, objects));
  }
  for (const object of objects.filter(isDaemonSet)) {
    const sync = planned(object);
    if (sync === undefined || sync.verdict === 'install') continue;
    signal.throwIfAborted();
    await configureDaemonSet(context, object, sync);
  }
  return adopted;
}

/** Looked up one by one: an earlier object may have brought the namespace or kind of a later one. */
export async function locateOne(
  context: SyncContext,
  object: ManifestObject,
  all: readonly ManifestObject[],
): Promise<Located> {
  const { located, errors } = await locateObjects(context, [object], all);
  const [found] = located;
  if (found !== undefined) return found;
  throw new NodewaveError('BadInput', errors[0]?.message ?? `${describeObject(object)} has no place on the cluster`);
}

/** Applies one object that is not a DaemonSet. An error of the API server comes back with the object's file and line. */
export async function applyOther(context: SyncContext, { object, path }: Located): Promise<void> {
  const { client, application, spec } = context;
  const manager = fieldManager(application);
  try {
    await retryMoved(async () => {
      const live = await client.get<KubeObject>(path);
      const first = live?.metadata.managedFields?.some((entry) => entry.manager === manager) !== true;
      const overKubectl = first || spec.sync.drift === 'correct';
      if (live !== null && overKubectl)
        await takeOverFields(client, path, live, application, first && isForced(context));
      await applyOver(client, { application, path, object, overKubectl });
    });
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 'BadInput') throw error;
    const { file, line } = object.source;
    throw new NodewaveError('BadInput', `${file}:${line}: ${describeObject(object)}: ${error.message}`, {
      cause: error,
    });
  }
}

/** Writes git's metadata and spec around the live template, and keeps them for the windows of later rollouts. */
async function configureDaemonSet(context: SyncContext, object: ManifestObject, sync: DaemonSetSync): Promise<void> {
  const { client, application, spec } = context;
  const base = baseOf(object.body);
  await writeAroundTemplate(context, object, async () => {
    const live = await readOwn(client, sync, application);
    const owner = { application, uid: live.metadata.uid };
    await updateRecord(client, sync, owner, (record) =>
      canonicalJson(record.base) === canonicalJson(base) ? null : { ...record, base },
    );
    const correct = spec.sync.drift === 'correct';
    return correct ? await takeOverFields(client, paths.daemonSet(sync), live, application, false) : live;
  });
}
