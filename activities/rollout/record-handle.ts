import { NodewaveError } from '../../domain/failures.ts';
import { compareHolders, mayHold } from '../../domain/fence.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { DaemonSetRecord, Holder } from '../../domain/record.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import { readRecord, type StoredRecord, writeRecord } from '../cluster/record-store.ts';
import type { RolloutContext } from '../contract.ts';

/** Writes that lose against another writer are tried again this often before the activity gives up as Infrastructure. */
const maxConflicts = 10;

/**
 * The record in the hands of one activity attempt. Every write carries the version it was decided on; a write that is refused
 * reads again, and stops for good with Fenced when a newer holder is found.
 */
export class RecordHandle {
  readonly #client: ClusterClient;
  readonly #context: RolloutContext;
  readonly #holder: Holder;
  #stored: StoredRecord;

  private constructor(client: ClusterClient, context: RolloutContext, holder: Holder, stored: StoredRecord) {
    this.#client = client;
    this.#context = context;
    this.#holder = holder;
    this.#stored = stored;
  }

  /**
   * Reads the record and takes it over from every older holder. From then on an older worker cannot grant a node.
   * @throws NodewaveError Fenced when a newer holder has it, Conflict when there is none or it belongs to another DaemonSet
   */
  static async take(
    client: ClusterClient,
    context: RolloutContext,
    attempt: number,
    daemonSetUid: string,
    mutate: (record: DaemonSetRecord) => DaemonSetRecord = (record) => record,
  ): Promise<RecordHandle> {
    const stored = await readRecord(client, context.ref);
    if (stored === null) {
      throw new NodewaveError(
        'Conflict',
        `DaemonSet ${daemonSetLabel(context.ref)} has no record; apply the application again to adopt it`,
      );
    }
    if (stored.record.daemonSetUid !== daemonSetUid) {
      throw new NodewaveError(
        'Conflict',
        `DaemonSet ${daemonSetLabel(context.ref)} was deleted and made again; its pods are left alone. Sync the application to adopt the new one`,
      );
    }
    const handle = new RecordHandle(client, context, { ...context.holder, attempt }, stored);
    await handle.update(mutate);
    return handle;
  }

  /** The record as last read or written by this handle. */
  get record(): DaemonSetRecord {
    return this.#stored.record;
  }

  /** Writes `mutate(record)`. `mutate` must be pure: after a conflict it runs again on what was read anew. */
  async update(mutate: (record: DaemonSetRecord) => DaemonSetRecord): Promise<void> {
    for (let conflicts = 0; ; conflicts++) {
      this.#refuseWhenFenced();
      const next = { ...mutate(this.#stored.record), holder: this.#holder };
      try {
        const resourceVersion = await writeRecord(this.#client, this.#context.ref, next, this.#stored.resourceVersion);
        this.#stored = { record: next, resourceVersion };
        return;
      } catch (error) {
        if (!hasStatus(error, 409)) throw error;
        if (conflicts === maxConflicts) {
          throw new NodewaveError('Infrastructure', 'the record is being written by someone else all the time');
        }
        await this.#reread();
      }
    }
  }

  /**
   * Writes `next` only if the record is still the one that was read; false means that it has moved on and was read again, so
   * the decision must be made anew.
   */
  async tryUpdate(next: DaemonSetRecord): Promise<boolean> {
    this.#refuseWhenFenced();
    const held = { ...next, holder: this.#holder };
    try {
      const resourceVersion = await writeRecord(this.#client, this.#context.ref, held, this.#stored.resourceVersion);
      this.#stored = { record: held, resourceVersion };
      return true;
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
      await this.#reread();
      return false;
    }
  }

  /** Asks whether this attempt still holds the record. Throws Fenced when a newer one does. */
  async assertHeld(): Promise<void> {
    await this.#reread();
  }

  async #reread(): Promise<void> {
    const stored = await readRecord(this.#client, this.#context.ref);
    if (stored === null) throw new NodewaveError('Conflict', 'the record was deleted while the rollout ran');
    this.#stored = stored;
    this.#refuseWhenFenced();
  }

  #refuseWhenFenced(): void {
    const current = this.#stored.record.holder;
    if (mayHold(this.#holder, current)) return;
    const by = current === null ? 0 : compareHolders(current, this.#holder);
    throw new NodewaveError(
      'Fenced',
      `a newer attempt holds the record of ${daemonSetLabel(this.#context.ref)} (${by})`,
    );
  }
}
