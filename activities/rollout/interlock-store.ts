import { NodewaveError } from '../../domain/failures.ts';
import {
  brakeAnnotation,
  type InterlockPlace,
  type InterlockTable,
  interlockPlace,
  parseTable,
  tableData,
} from '../../domain/interlock.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { ObjectMeta } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';

/** The interlock as it was read. */
export interface StoredInterlock {
  table: InterlockTable;
  /** Who stopped every deletion in the cluster, and why; null while nobody did. */
  paused: string | null;
  /** Null while there is no ConfigMap. */
  resourceVersion: string | null;
}

interface ConfigMap {
  metadata: ObjectMeta;
  data?: Record<string, string>;
}

/** Not of the form `nodewave:APPLICATION`: an application may have any name. */
const fieldManager = 'nodewave-interlock';

/** Reads and writes the interlock of one cluster. */
export class InterlockStore {
  readonly #client: ClusterClient;
  readonly #place: InterlockPlace;
  #last: { stored: StoredInterlock; readMs: number } | null = null;
  #reading: Promise<StoredInterlock> | null = null;

  constructor(client: ClusterClient, place: InterlockPlace = interlockPlace) {
    this.#client = client;
    this.#place = place;
  }

  /** Reads it, or answers what was read or written at most `maxAgeMs` ago. */
  async read(maxAgeMs = 0): Promise<StoredInterlock> {
    if (this.#last !== null && performance.now() - this.#last.readMs < maxAgeMs) return this.#last.stored;
    if (maxAgeMs === 0) return await this.#read();
    // Many deletions at once ask whether they may go on: one request answers them all.
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return await this.#reading;
  }

  async #read(): Promise<StoredInterlock> {
    const readMs = performance.now();
    const stored = this.#stored(await this.#client.get<ConfigMap>(this.#path()));
    this.#last = { stored, readMs };
    return stored;
  }

  /** Writes the table if nobody has written since `read`; false means: read again and decide again. */
  async tryWrite(table: InterlockTable, read: StoredInterlock): Promise<boolean> {
    if (read.resourceVersion === null) {
      await this.create();
      return false;
    }
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...this.#place, resourceVersion: read.resourceVersion },
      data: tableData(table),
    };
    try {
      const readMs = performance.now();
      const written = await this.#client.apply<ConfigMap>(this.#path(), object, {
        fieldManager,
        force: true,
      });
      this.#last = { stored: this.#stored(written), readMs };
      return true;
    } catch (error) {
      if (hasStatus(error, 409)) return false;
      throw error;
    }
  }

  /** Makes the ConfigMap unless it is there. Empty: keys of a create would stay whatever is applied later. */
  async create(): Promise<void> {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: this.#place };
    try {
      await this.#client.create(paths.configMaps(this.#place.namespace), object, { fieldManager });
    } catch (error) {
      if (hasStatus(error, 409)) return;
      if (!hasStatus(error, 404)) throw error;
      throw new NodewaveError(
        'Forbidden',
        `namespace ${this.#place.namespace} is missing, in which rollouts agree on who takes which node: apply deploy/rbac.yaml to the cluster`,
        { cause: error },
      );
    }
  }

  /** Writes or removes the brake. Not part of the table's applied fields, so that kubectl and this are equals. */
  async writeBrake(value: string | null): Promise<void> {
    const patch = (): Promise<unknown> =>
      this.#client.patch(
        this.#path(),
        { metadata: { annotations: { [brakeAnnotation]: value } } },
        { type: 'merge', fieldManager: 'nodewave-brake' },
      );
    try {
      await patch();
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      await this.create();
      await patch();
    }
    this.#last = null;
  }

  #path(): string {
    return paths.configMap(this.#place.namespace, this.#place.name);
  }

  #stored(found: ConfigMap | null): StoredInterlock {
    if (found === null) return { table: new Map(), paused: null, resourceVersion: null };
    return {
      table: parseTable(found.data ?? {}, this.#place),
      paused: found.metadata.annotations?.[brakeAnnotation] ?? null,
      resourceVersion: found.metadata.resourceVersion,
    };
  }
}
