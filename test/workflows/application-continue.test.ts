import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { commit, daemonSet, type Harness, startHarness, TestApplication } from './application/harness.ts';
import { coded } from './application/world.ts';

let harness: Harness;

beforeAll(async () => {
  // Every few syncs are a run, so that continue-as-new falls between all kinds of messages.
  harness = await startHarness(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=90']);
}, 180_000);

afterAll(async () => {
  await harness?.stop();
});

const c1 = commit('1');
const c2 = commit('2');
const by = 'ann';

/** Sends pushes one after another until the application has been continued as new `more` times. */
async function wearOut(app: TestApplication, more = 1): Promise<void> {
  let last = (await app.handle.describe()).runId;
  for (let changes = 0; changes < more; ) {
    const looks = app.world.count('resolveRef');
    await app.changed();
    await waitFor(() => app.world.count('resolveRef') > looks, { timeoutMs: 10_000, everyMs: 20, what: 'a look' });
    const now = (await app.handle.describe()).runId;
    if (now !== last) changes += 1;
    last = now;
  }
}

test('signals and updates that keep arriving are all taken, over many runs', async () => {
  const app = new TestApplication(harness, 'busy');
  app.world.push(c1, [daemonSet('busy', 't1', 'unchanged')]);
  await app.start();
  const first = (await app.handle.describe()).runId;
  const served = new Set<string>();
  const collect = async () => {
    for (const one of (await app.status()).recent) for (const id of one.requestIds) served.add(id);
  };
  const ids: string[] = [];
  for (let round = 0; round < 25; round++) {
    const id = `busy-${round}`;
    ids.push(id);
    await Promise.all([
      app.changed({ deliveryId: `delivery-${round}` }),
      app.update('sync', { by, requestId: id }),
      app.update('preview', {}),
      app.changed({ deliveryId: `delivery-${round}` }),
      collect(),
    ]);
  }
  await waitFor(
    async () => {
      await collect();
      return ids.every((id) => served.has(id));
    },
    { timeoutMs: 30_000, what: `all of ${ids.length} syncs to be served` },
  );
  const status = await app.status();
  expect((await app.handle.describe()).runId).not.toBe(first);
  expect(status.lastDelivery?.deliveryId).toBe('delivery-24');
  expect(status.log.at(-1)).toMatchObject({ by, what: 'sync' });
  expect(status.log).toHaveLength(25);
  // Dedupe outlives the run: a repeated delivery of the first one is still known.
  const looks = app.world.count('resolveRef');
  await app.changed({ deliveryId: 'delivery-0' });
  await app.changed({ deliveryId: 'marker', refs: ['refs/heads/other'] });
  await app.until('the marker', ({ lastDelivery }) => lastDelivery?.deliveryId === 'marker');
  expect(app.world.count('resolveRef')).toBe(looks);
});

test('a rollout that started in an older run is followed to its end', async () => {
  const app = new TestApplication(harness, 'older');
  app.world.push(c1, [daemonSet('older', 't1')]);
  await app.start();
  const rollout = await app.rollout('older', c1);
  await wearOut(app, 2);
  expect((await app.status()).rollouts).toHaveLength(1);
  await rollout.finish('succeeded');
  const status = await app.outcome(c1, 'succeeded');
  expect(status).toMatchObject({ phase: 'waiting', syncedCommit: c1 });
});

test('a rollout that was terminated after continue-as-new is noticed', async () => {
  const app = new TestApplication(harness, 'lost');
  app.world.push(c1, [daemonSet('lost', 't1')]);
  await app.start();
  const rollout = await app.rollout('lost', c1);
  await wearOut(app);
  await rollout.handle.terminate('by hand');
  const held = await app.outcome(c1, 'failed');
  expect(held.phase).toBe('held');
  expect(held.sentence).toContain('TERMINATED');
});

test('its answer counts when the signal was lost after continue-as-new', async () => {
  const app = new TestApplication(harness, 'mute');
  app.world.push(c1, [daemonSet('mute', 't1')]);
  await app.start();
  const rollout = await app.rollout('mute', c1);
  await wearOut(app);
  await rollout.finish('rolledBack', 'ImagePullBackOff', true);
  expect((await app.outcome(c1, 'rolledBack')).sentence).toContain('ImagePullBackOff');
});

test('what is aborted, quarantined and polled survives', async () => {
  const app = new TestApplication(harness, 'survives', { intervalMs: 200 });
  app.world.push(c1, [daemonSet('survives', 't1')]);
  await app.start();
  await (await app.rollout('survives', c1)).finish('aborted', 'aborted by bob: wrong day');
  await app.outcome(c1, 'aborted');
  await wearOut(app, 2);
  const still = await app.until('at rest', ({ phase }) => phase === 'held');
  expect(still.sentence).toContain('aborted by bob: wrong day');
  expect(still.rollouts).toEqual([]);
  // No signal: the poll of the newest run finds it.
  app.world.push(c2, [daemonSet('survives', 't2', 'unchanged')]);
  expect((await app.outcome(c2, 'unchanged')).phase).toBe('waiting');
});

test('reports are kept, also those on a commit that git has not shown yet, and rubbish costs nothing', async () => {
  const app = new TestApplication(harness, 'reported');
  app.world.push(c1, [daemonSet('reported', 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  const said = { commit: c2, check: 'e2e-tests', outcome: 'passed', by: 'webhook/ci/e2e', atMs: 1_000 };
  const asked = (commit: string) => app.handle.query<object[], [{ commit: string }]>('reports', { commit });
  const looks = app.world.count('resolveRef');
  for (const rubbish of [undefined, null, 'passed', { ...said, commit: 'main' }, { ...said, outcome: true }]) {
    await app.handle.signal('report', rubbish);
  }
  await app.handle.signal('report', { ...said, deliveryId: 'run-1', outcome: 'failed' });
  await app.handle.signal('report', { ...said, deliveryId: 'run-2' });
  expect(await asked(c2)).toEqual([said]);
  expect(app.world.count('resolveRef'), 'git is not asked because of a report').toBe(looks);

  await wearOut(app, 2);
  expect(await asked(c2), 'after continue-as-new').toEqual([said]);
  await app.handle.signal('report', { ...said, deliveryId: 'run-1', outcome: 'failed' });
  expect(await asked(c2), 'a repeated delivery of the first run').toEqual([said]);
  expect(await asked(c1)).toEqual([]);
  app.world.push(c2, [daemonSet('reported', 't2')]);
  await app.changed();
  await app.rollout('reported', c2);
  expect(await asked(c2), 'once it rolls out').toEqual([said]);
});

test('a long outage does not stop continue-as-new, and what was asked for is served after it', async () => {
  const app = new TestApplication(harness, 'outage');
  app.world.push(c1, [daemonSet('outage', 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  const { runId } = await app.handle.describe();
  app.world.broken.set('prepareSync', coded('Infrastructure', 'The API server does not answer.'));
  await app.update('sync', { by, requestId: 'through-the-outage' });
  await app.until('holding', ({ phase }) => phase === 'holding');
  // Each push wakes the held call, which fails again: history grows while nothing is answered.
  await waitFor(
    async () => {
      await app.changed();
      return (await app.handle.describe()).runId !== runId;
    },
    { timeoutMs: 20_000, everyMs: 200, what: 'continue-as-new during the outage' },
  );
  app.world.broken.clear();
  await app.changed();
  await app.until('the sync', ({ recent }) => recent.some((one) => one.requestIds.includes('through-the-outage')));
});

test('pruning in batches goes on in the next run, with what was asked for, and ends once', async () => {
  const app = new TestApplication(harness, 'prunes');
  const old = { namespace: 'monitoring', name: 'old', uid: 'u1', pods: 12 };
  const prune = [{ ...old, batches: { inBatches: 1, pauseMs: 0, goOnMs: 5 } }];
  app.world.push(c1, [daemonSet('prunes', 't1', 'unchanged')], 0, prune);
  app.world.pruneSteps = [{ verdict: 'batch', left: 6, total: 12, restMs: 0 }];
  await app.start();
  const first = (await app.handle.describe()).runId;
  await waitFor(async () => (await app.handle.describe()).runId !== first, {
    timeoutMs: 60_000,
    what: 'a new run while it prunes',
  });
  const before = app.world.pruneInputs.length;
  await waitFor(() => app.world.pruneInputs.length > before, { timeoutMs: 10_000, what: 'the next batch' });
  expect(new Set(app.world.pruneInputs.map((input) => JSON.stringify(input.daemonSet))).size).toBe(1);
  expect((await app.status()).sentence).toContain('monitoring/old: 6 of 12 pods left');
  app.world.pruneSteps = [{ verdict: 'done', left: 0, total: 12, sentence: 'DaemonSet old was deleted' }];
  const { log } = await app.outcome(c1, 'configured');
  expect(log.filter(({ what }) => what === 'DaemonSet old was deleted')).toHaveLength(1);
});
