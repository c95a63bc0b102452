import { NodewaveError } from '../../domain/failures.ts';
import { type DaemonSetRef, daemonSetLabel, fieldManager, recordName } from '../../domain/ids.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { ClusterClient } from './client.ts';
import type { ObjectMeta } from './objects.ts';
import { applicationLabel, paths } from './paths.ts';

/** A record as it was read, with the version that a write must name. */
export interface StoredRecord {
  record: DaemonSetRecord;
  resourceVersion: string;
}

interface ConfigMap {
  metadata: ObjectMeta;
  data?: Record<string, string>;
}

type Ref = Pick<DaemonSetRef, 'namespace' | 'name'>;

/** Reads a DaemonSet's record; null when there is none. Throws Conflict when it cannot be understood. */
export async function readRecord(client: ClusterClient, ref: Ref, signal?: AbortSignal): Promise<StoredRecord | null> {
  const found = await client.get<ConfigMap>(paths.record(ref), { signal });
  return found === null ? null : { record: parseRecord(ref, found), resourceVersion: found.metadata.resourceVersion };
}

/**
 * Writes a record and returns its new resourceVersion.
 * @param resourceVersion of the read that this write is based on; null creates the record and fails with Conflict when there
 * is one already. A record that has moved on is a Conflict too: read again and decide again.
 * @param owner who takes the record along when it goes. With `nobody` it outlives its DaemonSet; written with a DaemonSet that
 * is gone, Kubernetes collects it.
 */
export async function writeRecord(
  client: ClusterClient,
  ref: Ref,
  record: DaemonSetRecord,
  resourceVersion: string | null,
  signal?: AbortSignal,
  owner: 'daemonset' | 'nobody' = 'daemonset',
): Promise<string> {
  const { daemonSetUid: uid } = record;
  const owned = [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: ref.name, uid, controller: false }];
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: recordName(ref.name),
      namespace: ref.namespace,
      labels: { [applicationLabel]: record.application },
      ...(owner === 'nobody' ? {} : { ownerReferences: owned }),
      ...(resourceVersion === null ? {} : { resourceVersion }),
    },
    data: { record: JSON.stringify(record) },
  };
  const options = { fieldManager: fieldManager(record.application), signal };
  const written =
    resourceVersion === null
      ? await client.create<ConfigMap>(paths.configMaps(ref.namespace), object, options)
      : // Forced: creating it made an Update entry of the same manager, and nobody else has business in the record.
        await client.apply<ConfigMap>(paths.record(ref), object, { ...options, force: true });
  return written.metadata.resourceVersion;
}

/** The records of an application that `matches`, of one namespace or of all; those that cannot be understood are left out. */
export async function listRecords(
  client: ClusterClient,
  application: string,
  matches: (record: DaemonSetRecord) => boolean,
  namespace?: string,
): Promise<{ ref: Ref; record: DaemonSetRecord }[]> {
  const path = namespace === undefined ? paths.allConfigMaps() : paths.configMaps(namespace);
  const { items } = await client.list(path, {
    labelSelector: `${applicationLabel}=${application}`,
    // Records hold templates: of all those of an application only a few are kept.
    project: ({ metadata, data }: ConfigMap) => {
      const record = readable(data?.record);
      const name = metadata.name.slice(recordName('').length);
      const isOurs = record !== null && recordName(name) === metadata.name && matches(record);
      return isOurs ? { ref: { namespace: metadata.namespace ?? '', name }, record } : null;
    },
  });
  return items.filter((item) => item !== null);
}

function readable(text: string | undefined): DaemonSetRecord | null {
  try {
    const record = JSON.parse(text ?? '') as DaemonSetRecord;
    return record.v === 1 ? record : null;
  } catch {
    return null;
  }
}

function parseRecord(ref: Ref, found: ConfigMap): DaemonSetRecord {
  const cure = `Repair the ConfigMap ${ref.namespace}/${found.metadata.name}, or delete it and apply the application again: it is made anew from the live DaemonSet.`;
  try {
    const record = JSON.parse(found.data?.record ?? '') as DaemonSetRecord;
    if (record.v === 1) return record;
    throw new NodewaveError(
      'Conflict',
      `the record of DaemonSet ${daemonSetLabel(ref)} has version ${record.v}, this Nodewave reads version 1. ${cure}`,
    );
  } catch (error) {
    if (error instanceof NodewaveError) throw error;
    throw new NodewaveError('Conflict', `the record of DaemonSet ${daemonSetLabel(ref)} is not valid JSON. ${cure}`);
  }
}
