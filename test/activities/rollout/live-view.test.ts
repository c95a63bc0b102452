import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClusterClient } from '../../../activities/cluster/client.ts';
import type { DaemonSet } from '../../../activities/cluster/objects.ts';
import { maxGapMs, openCollection } from '../../../activities/rollout/collection.ts';
import { openLiveView } from '../../../activities/rollout/live-view.ts';
import { NodewaveError } from '../../../domain/failures.ts';

const daemonSet = {
  metadata: { name: 'agent', namespace: 'monitoring', uid: 'ds' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: {} },
} as unknown as DaemonSet;

const listOf = (resourceVersion: string, items: object[]): object => ({ items, resourceVersion });

/** An API server whose every list is answered by hand, and whose watch says what it is told to. */
function slowServer() {
  const lists: { answer: (resourceVersion: string, items: object[]) => void }[] = [];
  let tell: (type: string, object: object) => void = () => undefined;
  const client = {
    list: (_path: string, { project }: { project: (raw: object) => unknown }) =>
      new Promise((resolve) => {
        lists.push({ answer: (version, items) => resolve(listOf(version, items.map(project) as object[])) });
      }),
    watch: (...[_path, _query, onEvent, _signal, onOpen]: Parameters<ClusterClient['watch']>) => {
      tell = onEvent as typeof tell;
      onOpen?.();
      return new Promise(() => undefined);
    },
  } as unknown as ClusterClient;
  return { client, lists, tell: (type: string, object: object) => tell(type, object) };
}

const object = (uid: string, resourceVersion: string) => ({ metadata: { uid, resourceVersion } });

async function openSlow() {
  const server = slowServer();
  const opening = openCollection<string>({
    client: server.client,
    path: '/api/v1/nodes',
    project: (raw: ReturnType<typeof object>) => raw.metadata.resourceVersion,
    onChange: () => undefined,
    signal: new AbortController().signal,
  });
  server.lists[0]?.answer('10', [object('a', '3'), object('b', '4')]);
  return { ...server, collection: await opening };
}

test('what the watch says while the collection is read again outlives the list, which is older', async () => {
  const { collection, lists, tell } = await openSlow();
  const refreshing = collection.refresh();
  tell('MODIFIED', object('a', '21'));
  tell('DELETED', object('b', '22'));
  tell('ADDED', object('c', '23'));
  lists[1]?.answer('20', [object('a', '3'), object('b', '4')]);
  await refreshing;
  expect([...collection.items]).toEqual([
    ['a', '21'],
    ['c', '23'],
  ]);
});

test('of two lists at once the older one does not win by being answered last', async () => {
  const { collection, lists } = await openSlow();
  const both = [collection.refresh(), collection.refresh()];
  lists[2]?.answer('31', [object('a', '30')]);
  lists[1]?.answer('20', [object('a', '3'), object('b', '4')]);
  await Promise.all(both);
  expect([...collection.items]).toEqual([['a', '30']]);
});

/**
 * An API server that holds nothing and says nothing; `away` while it cannot be reached; `breaks` ends every watch; while it is
 * `starting` it answers lists, and no watch.
 */
function quietServer() {
  const watches = new Set<(error: Error) => void>();
  const breaks = (): void => {
    for (const reject of watches) reject(new NodewaveError('Infrastructure', 'other side closed'));
    watches.clear();
  };
  const state = { away: false, starting: false, lists: 0, breaks };
  const client = {
    list: async () => {
      if (state.away) throw new NodewaveError('Infrastructure', 'no answer');
      state.lists += 1;
      return { items: [], resourceVersion: '1' };
    },
    watch: async (...[, , , , onOpen]: Parameters<ClusterClient['watch']>) => {
      const ended = new Promise((_, reject) => watches.add(reject));
      while (state.starting) await sleep(5);
      onOpen?.();
      return await ended;
    },
  } as unknown as ClusterClient;
  return { client, state };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

test('a cluster on which nothing happens is seen without a gap, so that deadlines run on', async () => {
  const { client, state } = quietServer();
  const view = await openLiveView(client, daemonSet, 0, new AbortController().signal);
  const seenSinceMs = view.seenSinceMs();
  for (let passedMs = 0; passedMs < 10 * 60_000; passedMs += 500) {
    vi.advanceTimersByTime(500);
    await view.ensureFresh();
  }
  expect(view.seenSinceMs()).toBe(seenSinceMs);
  expect(state.lists).toBeGreaterThan(2 * 20);
  expect(state.lists).toBeLessThan(2 * 60);
});

test('a time in which the cluster could not be seen starts the deadlines anew, and nothing goes on without a view', async () => {
  const { client, state } = quietServer();
  const view = await openLiveView(client, daemonSet, 0, new AbortController().signal);
  const seenSinceMs = view.seenSinceMs();
  state.away = true;
  vi.advanceTimersByTime(maxGapMs + 1_000);
  await expect(view.ensureFresh()).rejects.toThrow('no answer');
  state.away = false;
  await view.ensureFresh();
  expect(view.seenSinceMs()).toBe(seenSinceMs + maxGapMs + 1_000);
});

test('while a watch is broken nothing goes on: what it missed could spend the budget a second time', async () => {
  const { client, state } = quietServer();
  const stopping = new AbortController();
  const view = await openLiveView(client, daemonSet, 0, stopping.signal);
  const before = state.lists;
  state.away = true;
  state.breaks();
  await sleep(10);
  let lists = 0;
  const fresh = view.ensureFresh().then(() => {
    lists = state.lists;
  });
  await sleep(700);
  expect(lists).toBe(0);
  state.away = false;
  await fresh;
  expect(lists).toBeGreaterThanOrEqual(before + 2);
  stopping.abort();
});

test('a list alone is no view: an API server that has just started answers watches seconds later', async () => {
  const { client, state } = quietServer();
  const stopping = new AbortController();
  const view = await openLiveView(client, daemonSet, 0, stopping.signal);
  const before = state.lists;
  state.starting = true;
  state.breaks();
  await sleep(10);
  let isFresh = false;
  const fresh = view.ensureFresh().then(() => {
    isFresh = true;
  });
  while (state.lists < before + 2) await sleep(10);
  await sleep(200);
  expect(isFresh).toBe(false);
  state.starting = false;
  await fresh;
  stopping.abort();
});
