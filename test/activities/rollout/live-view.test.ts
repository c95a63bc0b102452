import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClusterClient } from '../../../activities/cluster/client.ts';
import type { DaemonSet } from '../../../activities/cluster/objects.ts';
import { maxGapMs } from '../../../activities/rollout/collection.ts';
import { openLiveView } from '../../../activities/rollout/live-view.ts';
import { NodewaveError } from '../../../domain/failures.ts';

const daemonSet = {
  metadata: { name: 'agent', namespace: 'monitoring', uid: 'ds' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: {} },
} as unknown as DaemonSet;

/** An API server that holds nothing and says nothing; `away` while it cannot be reached. */
function quietServer(): { client: ClusterClient; state: { away: boolean; lists: number } } {
  const state = { away: false, lists: 0 };
  const client = {
    list: async () => {
      if (state.away) throw new NodewaveError('Infrastructure', 'no answer');
      state.lists += 1;
      return { items: [], resourceVersion: '1' };
    },
    watch: () => new Promise(() => undefined),
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
