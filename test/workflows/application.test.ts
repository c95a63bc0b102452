import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { commit, daemonSet, type Harness, startHarness, TestApplication } from './application/harness.ts';
import { coded } from './application/world.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
}, 180_000);

afterAll(async () => {
  await harness?.stop();
});

const c1 = commit('1');
const c2 = commit('2');
const c3 = commit('3');

describe('following git', () => {
  test('a first commit is installed, then waits for the next one', async () => {
    const app = new TestApplication(harness, 'first');
    app.world.push(c1, [daemonSet('first', 't1', 'install')]);
    await app.start();
    const rollout = await app.rollout('first', c1);
    const { input } = await rollout.seen();
    expect(input).toMatchObject({ v: 1, application: 'first', mode: 'install', commit: c1, by: 'git' });
    expect(input.ref).toEqual({ cluster: 'test', namespace: 'monitoring', name: 'first' });
    expect((await app.status()).phase).toBe('rollingOut');
    await rollout.finish('installed');
    const status = await app.outcome(c1, 'installed');
    expect(status).toMatchObject({ phase: 'waiting', syncedCommit: c1, observedCommit: c1, rollouts: [] });
    expect(status.sentence).toContain('Waiting for the next commit of branch main');
    expect(app.world.count('applySync')).toBe(1);
  });

  test('an unchanged cluster is recorded and nothing is applied', async () => {
    const app = new TestApplication(harness, 'same');
    app.world.push(c1, [daemonSet('same', 't1', 'unchanged')]);
    await app.start();
    expect((await app.outcome(c1, 'unchanged')).syncedCommit).toBe(c1);
    expect(app.world.count('applySync')).toBe(0);
  });

  test('a running DaemonSet with the same template is adopted without a rollout', async () => {
    const app = new TestApplication(harness, 'adopts');
    app.world.push(c1, [daemonSet('adopts', 't1', 'unchanged', { adopt: true })]);
    await app.start();
    const status = await app.outcome(c1, 'adopted');
    expect(status).toMatchObject({ phase: 'waiting', rollouts: [], syncedCommit: c1 });
    expect(app.world.count('applySync')).toBe(1);
  });

  test('the poll finds a commit that no webhook announced', async () => {
    const app = new TestApplication(harness, 'polled', { intervalMs: 100 });
    app.world.push(c1, [daemonSet('polled', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    const before = (await app.handle.describe()).historyLength;
    const looks = app.world.count('waitForNewCommit');
    await waitFor(() => app.world.count('waitForNewCommit') > looks + 5, { timeoutMs: 20_000, what: 'more polls' });
    expect((await app.handle.describe()).historyLength).toBeLessThanOrEqual(before + 1);
    app.world.push(c2, [daemonSet('polled', 't1', 'unchanged')]);
    expect((await app.outcome(c2, 'unchanged')).observedCommit).toBe(c2);
  });

  test('a repeated delivery, a foreign ref and a seen commit cost nothing', async () => {
    const app = new TestApplication(harness, 'dedupe');
    app.world.push(c1, [daemonSet('dedupe', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    await app.changed({ deliveryId: 'd1', refs: ['refs/heads/main'] });
    await waitFor(() => app.world.count('resolveRef') === 2, {
      timeoutMs: 10_000,
      what: 'the delivery to be looked at',
    });
    await app.changed({ deliveryId: 'd1', refs: ['refs/heads/main'] });
    await app.changed({ deliveryId: 'd2', refs: ['refs/heads/other', 'refs/tags/main'] });
    await app.changed({ deliveryId: 'd3', refs: [] });
    await app.until('d3 seen', ({ lastDelivery }) => lastDelivery?.deliveryId === 'd3');
    await waitFor(() => app.world.count('resolveRef') === 3, { timeoutMs: 10_000, what: 'the hint to be looked at' });
    expect(app.world.count('prepareSync')).toBe(1);
    expect((await app.status()).recent).toHaveLength(1);
  });

  test('pushes that arrive while one is prepared are one sync, and the newest wins', async () => {
    const app = new TestApplication(harness, 'newest');
    const gate = Promise.withResolvers<void>();
    app.world.gate = gate.promise;
    app.world.push(c1, [daemonSet('newest', 't1')]);
    await app.start();
    await waitFor(() => app.world.count('prepareSync', c1) === 1, { timeoutMs: 20_000, what: 'c1 to be prepared' });
    app.world.push(c2, [daemonSet('newest', 't2')]);
    await app.changed();
    app.world.push(c3, [daemonSet('newest', 't3')]);
    await app.changed();
    await app.changed();
    app.world.gate = undefined;
    gate.resolve();
    const rollout = await app.rollout('newest', c3);
    expect(app.world.count('prepareSync', c2)).toBe(0);
    expect(app.world.count('applySync', c1)).toBe(0);
    expect(app.world.count('prepareSync', c3)).toBe(1);
    await rollout.finish('succeeded');
    expect((await app.outcome(c3, 'succeeded')).syncedCommit).toBe(c3);
  });

  test('with sync.auto false a commit waits for a person', async () => {
    const app = new TestApplication(harness, 'manual', { auto: false });
    app.world.push(c1, [daemonSet('manual', 't1', 'install')]);
    await app.start();
    const noted = await app.until('noted', ({ observedCommit }) => observedCommit === c1);
    expect(noted.sentence).toContain('nodewave sync manual');
    expect(app.world.count('prepareSync')).toBe(0);
    await app.update('sync', { by: 'ann', requestId: 'r1' });
    await (await app.rollout('manual', c1)).finish('installed');
    const status = await app.outcome(c1, 'installed');
    expect(status.recent[0]?.requestIds).toEqual(['r1']);
    expect(status.log.at(-1)).toMatchObject({ by: 'ann', what: 'sync' });
  });

  test('sync prepares a seen commit again, and is found by its id', async () => {
    const app = new TestApplication(harness, 'forced');
    app.world.push(c1, [daemonSet('forced', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    app.world.push(c1, [daemonSet('forced', 't1', 'configure')]);
    const answer = await app.update('sync', { by: 'ann', requestId: 'r1', reason: 'drift' });
    expect(answer.accepted).toBe(true);
    await app.update('sync', { by: 'ann', requestId: 'r1' });
    const status = await app.outcome(c1, 'configured');
    expect(status.recent[0]?.requestIds).toEqual(['r1']);
    expect(app.world.count('prepareSync')).toBe(2);
  });
});

describe('bad input', () => {
  test('an invalid commit changes nothing, and the next good one works', async () => {
    const app = new TestApplication(harness, 'invalid');
    app.world.push(c1, coded('BadInput', 'agent.yaml:7: spec.selector does not match the template'));
    await app.start();
    const invalid = await app.outcome(c1, 'invalid');
    expect(invalid.phase).toBe('invalid');
    expect(invalid.sentence).toContain('agent.yaml:7');
    expect(app.world.count('applySync')).toBe(0);
    app.world.push(c2, [daemonSet('invalid', 't2', 'install')]);
    await app.changed();
    await (await app.rollout('invalid', c2)).finish('installed');
    expect((await app.outcome(c2, 'installed')).phase).toBe('waiting');
  });

  test('a missing ref is polled for and heals by itself', async () => {
    const app = new TestApplication(harness, 'no-ref', { intervalMs: 100 });
    await app.start();
    const invalid = await app.until('invalid', ({ phase }) => phase === 'invalid');
    expect(invalid.sentence).toContain('branch main does not exist');
    app.world.push(c1, [daemonSet('no-ref', 't1', 'unchanged')]);
    expect((await app.outcome(c1, 'unchanged')).phase).toBe('waiting');
  });

  test('a commit that another application owns is refused', async () => {
    const app = new TestApplication(harness, 'conflict');
    app.world.push(c1, coded('Conflict', 'DaemonSet monitoring/x belongs to application other'));
    await app.start();
    expect((await app.outcome(c1, 'invalid')).sentence).toContain('belongs to application other');
  });

  test('a digest that moved before applying is prepared again', async () => {
    const app = new TestApplication(harness, 'moved');
    app.world.push(c1, [daemonSet('moved', 't1', 'configure')]);
    app.world.brokenOnce.set('applySync', coded('Conflict', 'the rendered digest differs'));
    await app.start();
    await app.outcome(c1, 'configured');
    expect(app.world.count('prepareSync')).toBe(2);
  });

  test('a conflict that stays is refused with its sentence', async () => {
    const app = new TestApplication(harness, 'contested');
    app.world.push(c1, [daemonSet('contested', 't1', 'configure')]);
    app.world.broken.set('applySync', coded('Conflict', 'DaemonSet monitoring/contested is edited by kubectl'));
    await app.start();
    expect((await app.outcome(c1, 'invalid')).sentence).toContain('edited by kubectl');
    app.world.broken.clear();
    await app.update('retry', { by: 'ann' });
    await app.outcome(c1, 'configured');
  });

  test('a signal that makes no sense is survived', async () => {
    const app = new TestApplication(harness, 'nonsense');
    app.world.push(c1, [daemonSet('nonsense', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    await app.handle.signal('changed');
    await app.handle.signal('changed', 'text');
    await app.handle.signal('changed', null);
    await app.handle.signal('rolloutFinished');
    await app.handle.signal('rolloutFinished', { outcome: 'great' });
    app.world.push(c2, [daemonSet('nonsense', 't1', 'unchanged')]);
    await app.changed({ refs: ['refs/heads/main'] });
    await app.outcome(c2, 'unchanged');
  });
});

describe('holding', () => {
  test('an unreachable cluster is held with its sentence, and recovers', async () => {
    const app = new TestApplication(harness, 'holds');
    app.world.push(c1, [daemonSet('holds', 't1', 'unchanged')]);
    app.world.broken.set('prepareSync', coded('Infrastructure', 'The API server of cluster test does not answer.'));
    await app.start();
    const holding = await app.until('holding', ({ phase }) => phase === 'holding');
    expect(holding.sentence).toContain('The API server of cluster test does not answer.');
    expect(holding.recent).toEqual([]);
    app.world.broken.clear();
    await app.outcome(c1, 'unchanged');
  });

  test('a newer trigger ends the wait at once', async () => {
    const app = new TestApplication(harness, 'wakes');
    app.world.push(c1, [daemonSet('wakes', 't1', 'unchanged')]);
    app.world.broken.set('prepareSync', coded('Forbidden', 'patch on daemonsets is forbidden'));
    await app.start();
    // From the fourth attempt on the wait is longer than the test's patience.
    await waitFor(() => app.world.count('prepareSync') === 3, { timeoutMs: 20_000, what: 'a third attempt' });
    await app.until('holding', ({ phase }) => phase === 'holding');
    app.world.broken.clear();
    app.world.push(c2, [daemonSet('wakes', 't1', 'unchanged')]);
    await app.changed();
    await app.until('c2', ({ recent }) => recent[0]?.commit === c2, 4_000);
    expect(app.world.count('prepareSync', c1)).toBe(3);
  });
});
