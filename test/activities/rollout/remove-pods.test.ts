import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ClusterClient, RemoveOptions } from '../../../activities/cluster/client.ts';
import { brakeGuard } from '../../../activities/rollout/brake.ts';
import { firstStop, type RefillGuard } from '../../../activities/rollout/guards.ts';
import { InterlockStore } from '../../../activities/rollout/interlock-store.ts';
import { removePods } from '../../../activities/rollout/remove-pods.ts';
import { windowGuard } from '../../../activities/rollout/window-guard.ts';
import { brakeAnnotation } from '../../../domain/interlock.ts';
import { nodes, pod } from '../../domain/rollout/build.ts';

const startMs = Date.parse('2026-11-24T08:59:59.500Z');
const deleteMs = 300;
const requestMs = 20;

beforeEach(() => {
  vi.useFakeTimers({ now: startMs });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An API server on which each DELETE takes long; when each was sent, with what deadline, and when the interlock was read. */
function slowServer(brakeMs = Number.POSITIVE_INFINITY, readMs = requestMs) {
  const [sent, reads, deadlines] = [[] as number[], [] as number[], [] as number[]];
  const client = {
    remove: async (_path: string, { timeoutMs = Number.POSITIVE_INFINITY }: RemoveOptions) => {
      sent.push(Date.now() - startMs);
      deadlines.push(Date.now() - startMs + timeoutMs);
      await later(deleteMs);
      return 'deleted';
    },
    get: async () => {
      reads.push(Date.now() - startMs);
      const annotations = Date.now() - startMs >= brakeMs ? { [brakeAnnotation]: 'ann: storage outage' } : {};
      await later(readMs);
      return { metadata: { name: 'interlock', resourceVersion: '1', annotations } };
    },
  } as unknown as ClusterClient;
  return { client, sent, reads, deadlines };
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Deletes a queue and returns how many pods went. Forty take three rounds of the parallel lanes. */
async function removed(client: ClusterClient, guards: RefillGuard[], count = 40): Promise<number> {
  const deleted = new Set<string>();
  const pods = nodes(count).map(({ name }) => pod(name, 'old'));
  const isStopped = async (): Promise<boolean> => (await firstStop(guards)) !== null;
  const deps = { client, signal: new AbortController().signal, evictions: null, isStopped };
  const done = removePods(deps, 'n', pods, performance.now(), deleted);
  await vi.advanceTimersByTimeAsync(60_000);
  await done;
  return deleted.size;
}

test('S16: whoever pulls the brake stops what is still in the queue, within seconds and whatever the API server takes', async () => {
  const { client, sent, reads } = slowServer(100);
  const guard = brakeGuard(new InterlockStore(client));
  const asked = guard.stops();
  await vi.advanceTimersByTimeAsync(1_700);
  await asked;
  const gone = await removed(client, [guard]);
  expect(gone).toBeGreaterThan(0);
  expect(gone).toBeLessThan(40);
  expect(Math.max(...sent)).toBeLessThan(100 + 2_000);
  expect(reads.length, 'one request answers all deletions that go on at once').toBeLessThanOrEqual(3);
});

test('S16: a window that closes in the middle of the queue stops it at that moment', async () => {
  const { client, sent } = slowServer();
  const office = { kind: 'allow' as const, schedule: '0 8 * * *', durationMs: 3_600_000, timeZone: 'UTC' };
  await removed(client, [windowGuard([office])]);
  expect(Math.max(...sent)).toBeLessThan(500);
  expect(Math.max(...sent)).toBeGreaterThanOrEqual(300);
});

test('while nothing stops it all of them go', async () => {
  const { client } = slowServer();
  expect(await removed(client, [brakeGuard(new InterlockStore(client))])).toBe(40);
});

test('S14: what is left of a queue that stood still is decided again: other nodes may be out by now', async () => {
  const { client, sent, deadlines } = slowServer();
  expect(await removed(client, [], 120)).toBeLessThan(120);
  expect(Math.max(...sent)).toBeLessThanOrEqual(1_000);
  // What waits in an API server that has just started is not done on what was decided long before either.
  expect(Math.max(...deadlines)).toBeLessThanOrEqual(1_500);
  // The question whether it may go on is what took so long.
  const stuck = slowServer(Number.POSITIVE_INFINITY, 4_000);
  expect(await removed(stuck.client, [brakeGuard(new InterlockStore(stuck.client))])).toBe(0);
});
