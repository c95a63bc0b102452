import type { FieldSet, ManagedFieldsEntry } from '../../domain/adopt/managed-fields.ts';
import { beforeFirstApply, takeOver, takeOverUnowned } from '../../domain/adopt/take-over.ts';
import { fieldManager } from '../../domain/ids.ts';
import { isPlainObject } from '../../domain/plain.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { KubeObject } from '../cluster/objects.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * managedFields of the object once the application has taken over kubectl's fields; null when there is nothing to take.
 * @param force those of other delivery tools, too
 */
export async function fieldsAfterTakeOver(
  client: ClusterClient,
  path: string,
  live: KubeObject,
  application: string,
  force: boolean,
): Promise<ManagedFieldsEntry[] | null> {
  const entries: ManagedFieldsEntry[] = live.metadata.managedFields ?? [];
  if (entries.some((entry) => (entry.subresource ?? '') === '')) return takeOver(entries, application, force);
  return [...(await unownedFields(client, path, live, application)), ...entries];
}

/**
 * Gives kubectl's fields of a live object to the application: one write that changes nothing else, refused when the
 * object has moved on. Returns the object as it is afterwards.
 */
export async function takeOverFields(
  client: ClusterClient,
  path: string,
  live: KubeObject,
  application: string,
  force: boolean,
): Promise<KubeObject> {
  const managedFields = await fieldsAfterTakeOver(client, path, live, application, force);
  if (managedFields === null) return live;
  return await writeManagedFields(client, path, live, managedFields, fieldManager(application));
}

/** Writes managedFields and nothing else, on exactly the version that was read. */
export async function writeManagedFields(
  client: ClusterClient,
  path: string,
  live: KubeObject,
  managedFields: ManagedFieldsEntry[],
  manager: string,
): Promise<KubeObject> {
  const operations = [
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
    { op: 'add', path: '/metadata/managedFields', value: managedFields },
  ];
  return await client.patch<KubeObject>(path, operations, { type: 'json', fieldManager: manager });
}

/**
 * An object without managedFields, as after a restore. The API server itself works out the field sets, by a dry run in
 * which kubectl's copy of its last manifest is applied: it knows every list's keys.
 */
async function unownedFields(
  client: ClusterClient,
  path: string,
  live: KubeObject,
  application: string,
): Promise<ManagedFieldsEntry[]> {
  const { apiVersion, kind, metadata } = live;
  const identity = { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } };
  const stated = parseObject(metadata.annotations?.[lastApplied]);
  const manager = fieldManager(application);
  const result = await client.apply<KubeObject>(path, stated ?? identity, {
    fieldManager: manager,
    force: true,
    dryRun: true,
  });
  const entries: ManagedFieldsEntry[] = result.metadata.managedFields ?? [];
  const existing = entries.find((entry) => entry.manager === beforeFirstApply);
  if (existing === undefined) return entries;
  const own: FieldSet | undefined = entries.find((entry) => entry.manager === manager)?.fieldsV1;
  return takeOverUnowned(own, existing, application);
}

function parseObject(text: string | undefined): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text ?? '');
    return isPlainObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
