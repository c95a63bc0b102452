import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PruneStep } from '../../activities/contract.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { PrunedDaemonSet } from '../../domain/sync.ts';
import { commit, daemonSet, type Harness, startHarness, TestApplication } from './application/harness.ts';
import { coded } from './application/world.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
}, 180_000);

afterAll(async () => {
  await harness?.stop();
});

const [c1, c2, c3, c4] = ['1', '2', '3', '4'].map(commit) as [string, string, string, string];
const by = 'ann';
const soon = { timeoutMs: 15_000, everyMs: 50 };
const batches = { inBatches: '25%' as const, pauseMs: 60_000 };
const old: PrunedDaemonSet = { namespace: 'monitoring', name: 'old', uid: 'u1', pods: 12, batches };

const batch = (left: number, restMs = 60_000): PruneStep => ({ verdict: 'batch', left, total: 12, restMs });
const done: PruneStep = { verdict: 'done', left: 0, total: 12, sentence: 'DaemonSet monitoring/old was deleted' };

/** An application whose newest commit drops a DaemonSet and changes nothing else. */
async function dropping(name: string, steps: PruneStep[], pruned = old): Promise<TestApplication> {
  const app = new TestApplication(harness, name);
  app.world.push(c1, [daemonSet(name, 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  app.world.pruneSteps = steps;
  app.world.push(c2, [daemonSet(name, 't1', 'unchanged')], 0, [pruned]);
  await app.changed();
  return app;
}

const pruning = (app: TestApplication, left: number) =>
  app.until(`${left} pods left`, ({ sentence }) => sentence.includes(`monitoring/old: ${left} of 12 pods left`));

test('goes batch by batch with a pause between two, says how far it is, and ends the run', async () => {
  const app = await dropping('batches', [batch(9, 1_500), batch(6, 1_500), done]);
  const first = await pruning(app, 9);
  expect(first.phase).toBe('syncing');
  expect(first.sentence).toMatch(/^Pruning DaemonSet monitoring\/old: 9 of 12 pods left; the next batch goes at 20/);
  await pruning(app, 6);
  const ended = await app.outcome(c2, 'configured');
  expect(ended.syncedCommit).toBe(c2);
  expect(ended.log.at(-1)?.what).toBe('DaemonSet monitoring/old was deleted');
  expect(app.world.pruneInputs.map(({ daemonSet: one }) => one)).toEqual([old, old, old]);
  expect(app.world.pruned, 'not at once').toEqual([]);
});

test('starts only once the rollouts of the commit have ended well', async () => {
  const app = new TestApplication(harness, 'after');
  app.world.push(c1, [daemonSet('after', 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  app.world.pruneSteps = [done];
  app.world.push(c2, [daemonSet('after', 't2')], 0, [old]);
  await app.changed();
  const rollout = await app.rollout('after', c2);
  expect(app.world.pruneInputs).toEqual([]);
  await rollout.finish('succeeded');
  await app.outcome(c2, 'succeeded');
  expect(app.world.pruneInputs).toHaveLength(1);
});

test('what holds it is shown, is asked about with what was told, and is over by itself', async () => {
  const held: PruneStep = { verdict: 'held', left: 12, total: 12, sentence: 'all rollouts are paused by bob' };
  const app = await dropping('held', [held]);
  const { phase, sentence } = await app.until('held', (status) => status.sentence.includes('paused by bob'));
  expect([phase, sentence]).toEqual([
    'holding',
    'Pruning DaemonSet monitoring/old waits: all rollouts are paused by bob.',
  ]);
  await waitFor(() => app.world.pruneInputs.length > 3, { ...soon, what: 'more looks' });
  expect(app.world.pruneInputs.slice(1).every(({ told }) => told === held.sentence)).toBe(true);
  await app.update('pause', { by, reason: 'storage' });
  const asked = app.world.pruneInputs.length;
  await app.update('resume', { by });
  await waitFor(() => app.world.pruneInputs.length > asked, { ...soon, what: 'another look after the pause' });
  app.world.pruneSteps = [done];
  await app.outcome(c2, 'configured');
});

test('a missing right is shown until it is there', async () => {
  const app = await dropping('forbidden', [done]);
  app.world.broken.set('pruneBatch', coded('Forbidden', 'apply the role nodewave-prune'));
  app.world.push(c3, [daemonSet('forbidden', 't1', 'unchanged')], 0, [{ ...old, uid: 'u2' }]);
  await app.changed();
  await app.until('holding', ({ phase, sentence }) => phase === 'holding' && sentence.includes('nodewave-prune'));
  app.world.broken.clear();
  await app.outcome(c3, 'configured');
});

test('pause stops it, resume lets it go on', async () => {
  const app = await dropping('paused', [batch(9, 2_000), batch(6)]);
  await pruning(app, 9);
  await app.update('pause', { by, reason: 'storage' });
  const asked = app.world.pruneInputs.length;
  const { phase } = await app.status();
  expect(phase).toBe('paused');
  const { events = [] } = await app.handle.fetchHistory();
  expect(
    events?.some((event) => event.timerCanceledEventAttributes),
    'the rest is over without a batch',
  ).toBe(true);
  expect(app.world.pruneInputs).toHaveLength(asked);
  await app.update('resume', { by });
  await pruning(app, 6);
});

test('deliveries that change nothing do not disturb it', async () => {
  const app = await dropping('undisturbed', [batch(9)]);
  await pruning(app, 9);
  const asked = app.world.pruneInputs.length;
  const looks = app.world.count('resolveRef');
  for (let index = 0; index < 3; index++) {
    await app.changed();
    await waitFor(() => app.world.count('resolveRef') > looks + index, { ...soon, what: 'the delivery to be served' });
  }
  await pruning(app, 9);
  expect(app.world.pruneInputs, 'the same rest is still running').toHaveLength(asked);
});

test('a newer commit goes ahead; what is left follows with that one, and nothing when it is back in git', async () => {
  const app = await dropping('newer', [batch(9)]);
  await pruning(app, 9);
  const half = { ...old, pods: 9, batches: { ...batches, begun: true as const } };
  app.world.pruneSteps = [batch(6)];
  app.world.push(c3, [daemonSet('newer', 't3')], 0, [half]);
  await app.changed();
  const rollout = await app.rollout('newer', c3);
  const status = await app.outcome(c2, 'superseded');
  expect(status.recent[0]?.cause).toBe('commit 3333333 came before it was pruned');
  expect(app.world.pruneInputs, 'nothing while the rollout runs').toHaveLength(1);
  await rollout.finish('succeeded');
  await pruning(app, 6);
  expect(app.world.pruneInputs.at(-1)?.daemonSet).toEqual(half);
  app.world.push(c4, [daemonSet('newer', 't3', 'unchanged'), daemonSet('old', 't1', 'install')]);
  await app.changed();
  await (await app.rollout('old', c4)).finish('installed');
  const back = await app.outcome(c4, 'installed');
  expect(back.phase).toBe('waiting');
  expect(app.world.pruneInputs).toHaveLength(2);
});

test('S21: stopped, it stays so with every commit until a person syncs', async () => {
  const sentence = 'pruning of DaemonSet monitoring/old stopped with 6 pods left: node n1 turned NotReady';
  const app = await dropping('stops', [{ verdict: 'stopped', left: 6, total: 12, sentence }]);
  const failed = await app.outcome(c2, 'failed');
  expect(failed.recent[0]?.cause).toBe(sentence);
  expect([failed.phase, failed.sentence]).toEqual(['held', `${sentence}.`]);
  const half = { ...old, pods: 6, batches: { ...batches, begun: true as const, stopped: sentence } };
  app.world.push(c3, [daemonSet('stops', 't3', 'unchanged')], 0, [half]);
  await app.changed();
  await app.outcome(c3, 'held');
  expect(app.world.pruneInputs).toHaveLength(1);
  app.world.pruneSteps = [done];
  await app.update('sync', { by, requestId: 'r1' });
  await app.outcome(c3, 'configured');
  expect(app.world.pruneInputs.at(-1)?.daemonSet.batches?.goOnMs).toBeGreaterThan(0);
});

test('one after another: the next DaemonSet begins when the first is done', async () => {
  const app = await dropping('two', [batch(9, 1_000), done]);
  const other = { ...old, name: 'other', uid: 'u2' };
  app.world.push(c3, [daemonSet('two', 't1', 'unchanged')], 0, [old, other]);
  await app.changed();
  await app.outcome(c3, 'configured');
  const names = app.world.pruneInputs.map(({ daemonSet: one }) => one.name);
  expect(names.lastIndexOf('old')).toBeLessThan(names.indexOf('other'));
});

test('removing the application ends it at once', async () => {
  const app = await dropping('removed', [batch(9)]);
  await pruning(app, 9);
  await app.update('remove', { by, reason: 'moves' });
  await app.handle.result();
});
