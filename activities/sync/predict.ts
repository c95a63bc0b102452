import { union } from '../../domain/adopt/managed-fields.ts';
import { pruneTaken } from '../../domain/adopt/prune.ts';
import { withoutNoise } from '../../domain/diff/noise.ts';
import { fieldManager } from '../../domain/ids.ts';
import { at, isPlainObject } from '../../domain/plain.ts';
import type { FieldsV1, KubeObject } from '../cluster/objects.ts';
import { applyOver } from './apply-over.ts';
import { isForced, type SyncContext } from './context.ts';
import type { Located } from './locate.ts';
import { fieldsAfterTakeOver } from './take-over.ts';

/** Exists on every cluster; objects whose namespace comes with the same commit are tried out here. */
const tryOutNamespace = 'default';

/** Kinds that can be tried out under another name: nothing in them depends on it, and nothing is allocated for them. */
const predictable = ['DaemonSet', 'ConfigMap', 'Secret'];

/**
 * The object as it would be after the sync, defaulted and checked by the API server's dry runs, in which nothing is
 * written. `adopt` predicts what is left once kubectl's fields have changed hands: what git dropped goes.
 * @param ours what is live is what the application knows, so whoever wrote a part of it by hand is no obstacle
 * @param overAll show what git asks for, although others own a part of it and a sync would be refused
 */
export async function predict(
  context: SyncContext,
  located: Located,
  adopt: boolean,
  ours = false,
  overAll = false,
): Promise<KubeObject> {
  const { client, application, spec } = context;
  const { object, live, path } = located;
  // Only the API server knows the schema of a kind that this commit defines; it says so when the object is applied.
  if (located.awaits === 'kind') return object.body as KubeObject;
  if (located.awaits === 'namespace') {
    return await tryOut(context, located.collection, object.body, tryOutNamespace);
  }
  const overKubectl = adopt || ours || spec.sync.drift === 'correct';
  const applied = await applyOver(client, {
    application,
    path,
    object,
    overKubectl,
    overTools: adopt && isForced(context),
    overAll,
    dryRun: true,
  });
  if (live === null || !adopt || !predictable.includes(object.kind)) return applied;
  const pruned = await pruneDropped(context, located, live, applied);
  // Fields that were taken away get their defaults back, which only the API server knows.
  const defaulted = await tryOut(context, located.collection, pruned, object.namespace);
  return { ...defaulted, metadata: pruned.metadata };
}

/** Makes a dry-run create under a name that nobody has. */
async function tryOut(
  context: SyncContext,
  collection: string,
  object: Record<string, unknown>,
  namespace: string | undefined,
): Promise<KubeObject> {
  const { metadata, ...rest } = withoutNoise(object);
  const { name, namespace: own, ...meta } = isPlainObject(metadata) ? metadata : {};
  const path =
    typeof own === 'string' && own !== namespace
      ? collection.replace(`/namespaces/${encodeURIComponent(own)}/`, `/namespaces/${namespace}/`)
      : collection;
  const body = { ...rest, metadata: { ...meta, namespace, generateName: 'nodewave-dry-run-' } };
  const created = await context.client.create<KubeObject>(path, body, {
    fieldManager: fieldManager(context.application),
    dryRun: true,
    fieldValidation: 'Strict',
  });
  const place = { name: String(name), ...(typeof own === 'string' ? { namespace: own } : {}) };
  return { ...created, metadata: { ...created.metadata, ...place } };
}

async function pruneDropped(
  context: SyncContext,
  located: Located,
  live: KubeObject,
  applied: KubeObject,
): Promise<KubeObject> {
  const after = await fieldsAfterTakeOver(context.client, located.path, live, context.application, isForced(context));
  const manager = fieldManager(context.application);
  const fields = (mine: boolean): FieldsV1 =>
    (after ?? live.metadata.managedFields ?? [])
      .filter((entry) => (entry.manager === manager) === mine && (entry.subresource ?? '') === '')
      .reduce<FieldsV1>((all, entry) => union(all, entry.fieldsV1 ?? {}), {});
  return pruneTaken(applied, fields(true), stated(located.object.body), fields(false)) as KubeObject;
}

/** A Secret's `stringData` ends up in its `data`, which is where the live object has it. */
function stated(body: Record<string, unknown>): Record<string, unknown> {
  if (body.kind !== 'Secret' || !isPlainObject(body.stringData)) return body;
  return { ...body, data: { ...(isPlainObject(body.data) ? body.data : {}), ...body.stringData } };
}

/** The pod template of a DaemonSet. */
export function templateOf(object: Record<string, unknown>): Record<string, unknown> {
  const template = at(object, 'spec', 'template');
  return isPlainObject(template) ? template : {};
}
