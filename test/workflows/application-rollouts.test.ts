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
const by = 'ann';

/** An application whose first commit is good and whose second one is rolling out. */
async function rollingOut(name: string) {
  const app = new TestApplication(harness, name);
  app.world.push(c1, [daemonSet(name, 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  app.world.push(c2, [daemonSet(name, 't2')]);
  await app.changed();
  return { app, rollout: await app.rollout(name, c2) };
}

describe('how a rollout ends', () => {
  test('rolled back: held, and released by a person', async () => {
    const { app, rollout } = await rollingOut('held');
    await rollout.finish('rolledBack', 'CrashLoopBackOff on node-1');
    const held = await app.outcome(c2, 'rolledBack');
    expect(held).toMatchObject({ phase: 'held', syncedCommit: c1 });
    expect(held.sentence).toContain('commit 2222222 is quarantined (CrashLoopBackOff on node-1)');
    expect(held.sentence).toContain('nodewave release-quarantine held');

    app.world.push(c2, [daemonSet('held', 't2', 'held', { heldReason: 'CrashLoopBackOff on node-1' })]);
    await app.update('sync', { by, requestId: 'look' });
    expect((await app.outcome(c2, 'held')).phase).toBe('held');
    await expect(app.update('retry', { by })).rejects.toThrow('Release it first: "nodewave release-quarantine held"');
    await expect(app.update('rollback', { by, reason: 'x' })).rejects.toThrow('last good template already');

    app.world.released = ['held'];
    app.world.push(c2, [daemonSet('held', 't2')]);
    await app.update('releaseQuarantine', { by, reason: 'the registry was down' });
    const again = await app.rollout('held', c2);
    expect((await again.seen()).input.by).toBe(by);
    expect(app.world.count('releaseQuarantine')).toBe(1);
    await again.finish('succeeded');
    expect(await app.outcome(c2, 'succeeded')).toMatchObject({ phase: 'waiting', syncedCommit: c2 });
  });

  test('aborted: not started again by git, until the template changes', async () => {
    const { app, rollout } = await rollingOut('aborted');
    await rollout.finish('aborted', 'aborted by bob: wrong day');
    const held = await app.outcome(c2, 'aborted');
    expect(held.phase).toBe('held');
    expect(held.sentence).toContain('aborted by bob: wrong day');
    // A README commit: the same template.
    app.world.push(c3, [daemonSet('aborted', 't2')]);
    await app.changed();
    expect(await app.outcome(c3, 'aborted')).toMatchObject({ phase: 'held', rollouts: [] });
    const c4 = commit('4');
    app.world.push(c4, [daemonSet('aborted', 't4')]);
    await app.changed();
    await (await app.rollout('aborted', c4)).finish('succeeded');
    expect((await app.outcome(c4, 'succeeded')).phase).toBe('waiting');
  });

  test('aborted: started again by retry', async () => {
    const { app, rollout } = await rollingOut('retried');
    await rollout.finish('aborted', 'aborted by bob: lunch');
    await app.outcome(c2, 'aborted');
    await expect(app.update('retry', { by, ignoreGate: true })).rejects.toThrow('belongs to a running rollout');
    await app.update('retry', { by, reason: 'lunch is over' });
    const again = await app.rollout('retried', c2);
    expect((await again.seen()).input.by).toBe(by);
    await again.finish('succeeded');
    await app.outcome(c2, 'succeeded');
  });

  test.each(['failed', 'rollbackFailed'] as const)('%s: held with the sentence', async (outcome) => {
    const { app, rollout } = await rollingOut(`ends-${outcome.toLowerCase()}`);
    await rollout.finish(outcome, 'node-7 never came back');
    const held = await app.outcome(c2, outcome);
    expect(held.phase).toBe('held');
    expect(held.sentence).toContain('node-7 never came back');
    expect(held.sentence).toContain('nodewave retry');
  });

  test('terminated: noticed without a signal', async () => {
    const { app, rollout } = await rollingOut('terminated');
    await rollout.handle.terminate('by hand');
    const held = await app.outcome(c2, 'failed');
    expect(held).toMatchObject({ phase: 'held', rollouts: [] });
    expect(held.sentence).toContain('ended without an answer');
  });

  test('its answer counts when the signal was lost', async () => {
    const { app, rollout } = await rollingOut('silent');
    await rollout.finish('succeeded', null, true);
    expect((await app.outcome(c2, 'succeeded')).phase).toBe('waiting');
  });

  test('several DaemonSets: the commit is good when all are', async () => {
    const app = new TestApplication(harness, 'several');
    app.world.push(c1, [
      daemonSet('several-a', 't1'),
      daemonSet('several-b', 't1'),
      daemonSet('several-c', 't1', 'configure'),
    ]);
    await app.start();
    const a = await app.rollout('several-a', c1);
    const b = await app.rollout('several-b', c1);
    expect((await app.status()).rollouts.map((one) => one.name)).toEqual(['several-a', 'several-b']);
    await a.finish('succeeded');
    const half = await app.until('a to end', ({ rollouts }) => rollouts.length === 1);
    expect(half).toMatchObject({ phase: 'rollingOut', recent: [], syncedCommit: null });
    await b.finish('rolledBack', 'ImagePullBackOff');
    const status = await app.outcome(c1, 'rolledBack');
    expect(status).toMatchObject({ phase: 'held', syncedCommit: null });
    expect(status.recent[0]?.cause).toBe('ImagePullBackOff');
  });
});

describe('a newer commit while a rollout runs', () => {
  test('another template: the rollout is asked to make way, then the newest starts', async () => {
    const { app, rollout } = await rollingOut('superseded');
    app.world.push(c3, [daemonSet('superseded', 't3')]);
    await app.changed();
    await waitFor(async () => (await rollout.seen()).superseded.length === 1, { timeoutMs: 10_000, what: 'supersede' });
    const c4 = commit('4');
    app.world.push(c4, [daemonSet('superseded', 't4')]);
    await app.changed();
    await waitFor(async () => (await rollout.seen()).superseded.length === 2, { timeoutMs: 10_000, what: 'supersede' });
    expect((await rollout.seen()).superseded).toEqual([c3, c4]);
    const waiting = await app.outcome(c3, 'superseded');
    expect(waiting.sentence).toContain('commit 4444444 waits for its end');
    await rollout.finish('superseded');
    const next = await app.rollout('superseded', c4);
    expect((await app.status()).recent.map((one) => [one.commit, one.outcome])).toEqual([
      [c2, 'superseded'],
      [c3, 'superseded'],
      [c1, 'unchanged'],
    ]);
    await next.finish('succeeded');
    expect((await app.outcome(c4, 'succeeded')).syncedCommit).toBe(c4);
  });

  test('the same template: nothing is interrupted, and both commits get the outcome', async () => {
    const { app, rollout } = await rollingOut('readme');
    app.world.push(c3, [daemonSet('readme', 't2')]);
    await app.changed();
    await app.until('c3 seen', ({ observedCommit }) => observedCommit === c3);
    await waitFor(() => app.world.count('applySync', c3) === 1, { timeoutMs: 10_000, what: 'c3 to be applied' });
    expect((await rollout.seen()).superseded).toEqual([]);
    await rollout.finish('succeeded');
    const status = await app.outcome(c3, 'succeeded');
    expect(status.recent.slice(0, 2).map((one) => one.commit)).toEqual([c3, c2]);
    expect(status.syncedCommit).toBe(c3);
  });

  test('a DaemonSet without a running rollout goes ahead', async () => {
    const app = new TestApplication(harness, 'ahead');
    app.world.push(c1, [daemonSet('ahead-a', 't1')]);
    await app.start();
    const a = await app.rollout('ahead-a', c1);
    app.world.push(c2, [daemonSet('ahead-a', 't2'), daemonSet('ahead-b', 't2')]);
    await app.changed();
    const b = await app.rollout('ahead-b', c2);
    await b.finish('succeeded');
    await app.until('b to end', ({ rollouts }) => rollouts.length === 1);
    app.world.push(c2, [daemonSet('ahead-a', 't2'), daemonSet('ahead-b', 't2', 'unchanged')]);
    await a.finish('superseded');
    const next = await app.rollout('ahead-a', c2);
    await next.finish('succeeded');
    expect((await app.outcome(c2, 'succeeded')).syncedCommit).toBe(c2);
  });

  test('an invalid one leaves the rollout alone, and ends what was queued', async () => {
    const { app, rollout } = await rollingOut('then-invalid');
    app.world.push(c3, [daemonSet('then-invalid', 't3')]);
    await app.changed();
    await waitFor(async () => (await rollout.seen()).superseded.length === 1, { timeoutMs: 10_000, what: 'supersede' });
    const c4 = commit('4');
    app.world.push(c4, coded('BadInput', 'agent.yaml:1: not YAML'));
    await app.changed();
    const both = await app.outcome(c4, 'invalid');
    expect(both.phase).toBe('rollingOut');
    expect(both.sentence).toContain('not YAML');
    await rollout.finish('succeeded');
    expect((await app.outcome(c2, 'succeeded')).phase).toBe('invalid');
    expect((await app.status()).recent.find((one) => one.commit === c3)?.outcome).toBe('superseded');
  });
});

describe('rollback by a person', () => {
  test('starts a revert without asking git, then holds', async () => {
    const { app, rollout } = await rollingOut('reverted');
    const refused = app.update('rollback', { by, reason: 'errors' });
    await expect(refused).rejects.toThrow('nodewave rollback ds/reverted -n monitoring');
    await rollout.finish('succeeded');
    await app.outcome(c2, 'succeeded');
    app.world.broken.set('resolveRef', coded('Infrastructure', 'git is down'));
    await app.update('rollback', { by, reason: 'errors', daemonset: 'monitoring/reverted' });
    const revert = await waitFor(
      async () => {
        const one = await app.rollout('reverted', c2);
        return (await one.seen()).input.mode === 'revert' && one;
      },
      { timeoutMs: 20_000, what: 'the revert' },
    );
    expect((await revert.seen()).input).toMatchObject({ mode: 'revert', by, reason: 'errors', commit: c2 });
    expect((await app.status()).sentence).toContain('Rolling monitoring/reverted back');
    await revert.finish('rolledBack');
    const held = await app.outcome(c2, 'rolledBack');
    expect(held.phase).toBe('held');
    expect(held.sentence).toContain('rolled back by ann');
  });
});

describe('one DaemonSet, two applications', () => {
  test('the second one is refused cleanly and the first one goes on', async () => {
    const first = new TestApplication(harness, 'owner');
    first.world.push(c1, [daemonSet('shared', 't1')]);
    await first.start();
    const rollout = await first.rollout('shared', c1);
    const second = new TestApplication(harness, 'intruder');
    second.world.push(c2, [daemonSet('shared', 't2'), daemonSet('intruder', 't2')]);
    await second.start();
    const own = await second.rollout('intruder', c2);
    expect((await second.status()).sentence).toContain('being rolled out by another application (owner)');
    await own.finish('succeeded');
    const status = await second.outcome(c2, 'invalid');
    expect(status).toMatchObject({ phase: 'invalid', syncedCommit: null });
    expect((await rollout.seen()).superseded).toEqual([]);
    await rollout.finish('succeeded');
    expect((await first.outcome(c1, 'succeeded')).phase).toBe('waiting');
  });

  test('a rollout that outlived its own application is known again', async () => {
    const { app, rollout } = await rollingOut('reborn');
    await app.handle.terminate('lost');
    await app.start();
    await app.until('the rollout to be known', ({ phase }) => phase === 'rollingOut');
    expect((await rollout.seen()).superseded).toEqual([]);
    await rollout.finish('succeeded');
    expect((await app.outcome(c2, 'succeeded')).phase).toBe('waiting');
  });
});
