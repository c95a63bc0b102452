import { setTimeout as sleep } from 'node:timers/promises';
import { NodewaveError } from '../../domain/failures.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { maxWatchSeconds } from '../cluster/watch.ts';

/** A collection of the API server kept up to date by list and watch, holding only a projection of each object. */
export interface Collection<V> {
  /** Current objects by uid. */
  readonly items: ReadonlyMap<string, V>;
  /** When the API server last said something about it, on the monotonic clock. */
  readonly lastSignMs: number;
  /** Since when it has been seen without a gap of more than `maxGapMs`, on the wall clock. */
  readonly seenSinceMs: number;
  /** No watch of it has been answered since the last one ended: what happened meanwhile is not in it. */
  readonly blind: boolean;
  /** Reads the collection again, for a view that nobody may act on any more. */
  refresh(): Promise<void>;
  /** Rejects when the collection could not be read for `giveUpMs`. Never resolves. */
  readonly failed: Promise<never>;
}

/** What a collection is made from. */
export interface CollectionOptions<V> {
  client: ClusterClient;
  path: string;
  labelSelector?: string;
  project: (raw: never) => V;
  /** In which order what is listed is kept; what comes later is kept behind it. As the API server lists it by default. */
  order?: (a: V, b: V) => number;
  onChange: () => void;
  signal: AbortSignal;
}

/** A gap in what was seen that is longer than this starts the deadlines of the release anew. */
export const maxGapMs = 30_000;

/** How long the API server may be away before the activity gives up and the workflow shows that it holds. */
export const giveUpMs = 30_000;

const retryMs = 500;

/** Lists the collection, then watches it until `signal` aborts. */
export async function openCollection<V>(options: CollectionOptions<V>): Promise<Collection<V>> {
  const { client, path, labelSelector, onChange, order, signal } = options;
  const items = new Map<string, V>();
  let lastSignMs = performance.now();
  let seenSinceMs = Date.now();
  let resourceVersion = '';
  let listed = 0n;
  // A restarted API server answers lists at once, and watches only seconds later.
  let watching = false;

  const sign = (): void => {
    const now = performance.now();
    if (now - lastSignMs > maxGapMs) seenSinceMs = Date.now();
    lastSignMs = now;
  };
  /** What the watch says while lists are being read: those may be older than it. */
  const meanwhile = new Set<Told[]>();
  let begun = 0;
  let newest = 0;
  const list = async (): Promise<void> => {
    const told: Told[] = [];
    const mine = ++begun;
    meanwhile.add(told);
    try {
      const page = await client.list<Raw, [string, V]>(path, {
        labelSelector,
        signal,
        project: (raw) => [raw.metadata.uid, options.project(raw as never)],
      });
      const version = /^\d+$/.test(page.resourceVersion) ? versionOf(page.resourceVersion) : 0n;
      // Of two lists at once the one that was asked for first may be answered last.
      if (mine < newest) return;
      newest = mine;
      // Only after the whole answer: a view that is half old would be believed.
      items.clear();
      if (order !== undefined) page.items.sort(([, a], [, b]) => order(a, b));
      for (const [uid, view] of page.items) items.set(uid, view);
      resourceVersion = page.resourceVersion;
      listed = version;
    } finally {
      meanwhile.delete(told);
    }
    for (const { type, raw } of told) take(type, raw);
    sign();
    onChange();
  };
  const take = (type: string, raw: Raw): void => {
    // A list made while the watch ran is ahead of it: what the watch still has to say of before would turn back time.
    if (versionOf(raw.metadata.resourceVersion) <= listed) return;
    resourceVersion = raw.metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') items.delete(raw.metadata.uid);
    else items.set(raw.metadata.uid, options.project(raw as never));
    onChange();
  };
  const onEvent = (type: string, object: Record<string, unknown>): void => {
    const raw = object as unknown as Raw;
    // A bookmark comes about once a minute; it proves that the watch lives, which is what is asked.
    if (versionOf(raw.metadata.resourceVersion) > listed) sign();
    for (const told of meanwhile) told.push({ type, raw });
    take(type, raw);
  };
  const follow = async (): Promise<never> => {
    let brokenSinceMs: number | null = null;
    const onOpen = (): void => {
      watching = true;
      brokenSinceMs = null;
    };
    let lost = false;
    while (true) {
      signal.throwIfAborted();
      try {
        // A watch that broke may have lost events that its resourceVersion no longer reaches.
        if (lost) await list();
        lost = false;
        const query = { resourceVersion, labelSelector, timeoutSeconds: maxWatchSeconds };
        lost = (await client.watch(path, query, onEvent, signal, onOpen)) === 'gone';
        watching = false;
      } catch (error) {
        signal.throwIfAborted();
        watching = false;
        lost = true;
        brokenSinceMs ??= performance.now();
        if (performance.now() - brokenSinceMs > giveUpMs || !isInfrastructure(error)) throw error;
        await sleep(retryMs, undefined, { signal });
      }
    }
  };

  await list();
  seenSinceMs = Date.now();
  const failed = follow();
  failed.catch(() => undefined);
  return {
    items,
    get lastSignMs() {
      return lastSignMs;
    },
    get seenSinceMs() {
      return seenSinceMs;
    },
    get blind() {
      return !watching;
    },
    refresh: list,
    failed,
  };
}

/** An event of the watch. */
interface Told {
  type: string;
  raw: Raw;
}

interface Raw {
  metadata: { uid: string; resourceVersion: string };
}

/** Resource versions of one collection grow; one that is no number is taken for news. */
function versionOf(resourceVersion: string): bigint {
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 2n ** 64n;
}

function isInfrastructure(error: unknown): boolean {
  return error instanceof NodewaveError && error.code === 'Infrastructure';
}
