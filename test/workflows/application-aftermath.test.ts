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

const [c1, c2, c3] = ['1', '2', '3'].map(commit) as [string, string, string];
const by = 'ann';
const soon = { timeoutMs: 15_000, everyMs: 50 };

async function atRest(name: string): Promise<TestApplication> {
  const app = new TestApplication(harness, name);
  app.world.push(c1, [daemonSet(name, 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  await waitFor(() => app.world.count('waitForStragglers') > 0, { ...soon, what: 'the look for stragglers' });
  return app;
}

const straggler = (name: string, node = 'node-3', templateDigest = 't1') => ({
  namespace: 'monitoring',
  name,
  templateDigest,
  nodes: [node],
});

describe('S43: nodes that missed a rollout', () => {
  test('are caught up in one batch without soak or approval, and a failure there waits for a person', async () => {
    const app = await atRest('returns');
    app.world.stragglers = [straggler('returns')];
    const rollout = await app.rollout('returns', c1);
    const { input } = await rollout.seen();
    expect(input).toMatchObject({ mode: 'update', catchUp: ['node-3'], by: 'nodewave' });
    expect(input.sync.policy).toMatchObject({
      batches: [{ name: 'catch-up', nodes: '100%', soakMs: 0 }],
      onFailure: 'pause',
      maxUnavailable: app.spec.rollout.maxUnavailable,
    });
    expect((await app.status()).sentence).toContain('Catching monitoring/returns up on node-3.');
    await rollout.finish('succeeded');
    const done = await app.outcome(c1, 'succeeded');
    expect(done.recent[0]?.cause).toBe('caught up 1 node that had missed it: node-3');
  });

  test('the same node again waits longer: no loop over a node that cannot be helped', async () => {
    const app = await atRest('loops');
    app.world.stragglers = [straggler('loops')];
    await (await app.rollout('loops', c1)).finish('succeeded');
    await app.outcome(c1, 'succeeded');
    app.world.stragglers = [straggler('loops')];
    const looks = app.world.count('waitForStragglers');
    await waitFor(() => app.world.count('waitForStragglers') > looks + 5, { ...soon, what: 'more looks' });
    expect(app.world.stragglers, 'not reported yet').toHaveLength(1);
    expect((await app.status()).rollouts).toEqual([]);
  });

  test('nothing is looked for while a rollout runs, a DaemonSet is held, or the application is paused', async () => {
    const app = await atRest('quiet');
    await app.update('pause', { by, reason: 'incident' });
    app.world.stragglers = [straggler('quiet')];
    const looksAtRest = async (): Promise<number> => {
      const before = app.world.count('waitForStragglers');
      // The looks of the fake come every 100 ms: several of them would have been made.
      await new Promise((resolve) => setTimeout(resolve, 600));
      return app.world.count('waitForStragglers') - before;
    };
    // What was asked just before the pause may still answer; what it answers is not acted on.
    expect((await app.status()).rollouts).toEqual([]);
    app.world.stragglers = [];
    app.world.push(c2, [daemonSet('quiet', 't2')]);
    await app.update('resume', { by });
    const rollout = await app.rollout('quiet', c2);
    await waitFor(async () => (await looksAtRest()) === 0, { ...soon, what: 'no look while it runs' });
    await rollout.finish('rolledBack', 'CrashLoopBackOff');
    await app.outcome(c2, 'rolledBack');
    expect(await looksAtRest()).toBe(0);
  });

  test('a new commit goes ahead of it', async () => {
    const app = await atRest('ahead');
    app.world.stragglers = [straggler('ahead')];
    const rollout = await app.rollout('ahead', c1);
    app.world.push(c2, [daemonSet('ahead', 't2')]);
    await app.changed();
    await waitFor(async () => (await rollout.seen()).superseded.includes(c2), { ...soon, what: 'to make way' });
    await rollout.finish('superseded');
    await (await app.rollout('ahead', c2)).finish('succeeded');
    await app.outcome(c2, 'succeeded');
  });
});

describe('S42: other objects after a rollback', () => {
  test('return to the last good commit, are not applied again while it is held, and are once it is released', async () => {
    const app = await atRest('config');
    app.world.push(c2, [daemonSet('config', 't2')], 1);
    await app.changed();
    await (await app.rollout('config', c2)).finish('rolledBack', 'CrashLoopBackOff');
    await app.outcome(c2, 'rolledBack');
    await waitFor(() => app.world.restored.length > 0, { ...soon, what: 'the objects to return' });
    expect(app.world.restored).toEqual([c1]);
    const back = await app.until('logged', ({ log }) => log.some(({ what }) => what.includes('returned to commit')));
    expect(back.log.at(-1)?.what).toBe(
      'the other objects of commit 2222222 returned to commit 1111111: ConfigMap monitoring/config',
    );

    app.world.push(c3, [daemonSet('config', 't2', 'held')], 1);
    await app.changed();
    await app.outcome(c3, 'held');
    expect(app.world.count('applySync', c3)).toBe(0);
    app.world.released = ['config'];
    app.world.push(c3, [daemonSet('config', 't2')], 1);
    await app.update('releaseQuarantine', { by });
    await (await app.rollout('config', c3)).finish('succeeded');
    await app.outcome(c3, 'succeeded');
    expect(app.world.count('applySync', c3)).toBe(1);
    expect(app.world.withoutOthers).toEqual([]);
  });

  test('git away: the rollback has ended, the sentence says what is still to return, and a commit goes ahead', async () => {
    const app = await atRest('away');
    app.world.broken.set('restoreObjects', coded('Infrastructure', 'git.example.com does not answer.'));
    app.world.push(c2, [daemonSet('away', 't2')], 1);
    await app.changed();
    await (await app.rollout('away', c2)).finish('rolledBack', 'CrashLoopBackOff');
    await app.outcome(c2, 'rolledBack');
    await app.until('holding', ({ phase, sentence }) => phase === 'holding' && sentence.includes('git.example.com'));
    app.world.broken.clear();
    await waitFor(() => app.world.restored.length > 0, { ...soon, what: 'the objects to return' });
    expect(await app.until('at rest', ({ phase }) => phase === 'held')).toMatchObject({ syncedCommit: c1 });
  });

  test('stay when another DaemonSet stays on the new commit, and it is said', async () => {
    const app = new TestApplication(harness, 'mixed');
    const [a, b] = ['mixed-a', 'mixed-b'];
    app.world.push(c1, [daemonSet(a, 't1', 'unchanged'), daemonSet(b, 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    app.world.push(c2, [daemonSet(a, 't2'), daemonSet(b, 't2')], 1);
    await app.changed();
    await (await app.rollout(a, c2)).finish('rolledBack', 'CrashLoopBackOff');
    await (await app.rollout(b, c2)).finish('succeeded');
    const held = await app.outcome(c2, 'rolledBack');
    expect(held.log.at(-1)?.what).toBe('other objects of commit 2222222 stay, because monitoring/mixed-b stays on it');
    expect(app.world.restored).toEqual([]);
  });

  test('after a rollback that a person asked for after success they return past the commit that is left', async () => {
    const app = await atRest('asked');
    app.world.push(c2, [daemonSet('asked', 't2')], 1);
    await app.changed();
    await (await app.rollout('asked', c2)).finish('succeeded');
    await app.outcome(c2, 'succeeded');
    app.world.push(c3, [daemonSet('asked', 't2', 'unchanged')]);
    await app.changed();
    await app.outcome(c3, 'unchanged');
    await app.update('rollback', { by, reason: 'drops logs' });
    await (await app.rollout('asked', c3)).finish('rolledBack');
    await waitFor(() => app.world.restored.length > 0, { ...soon, what: 'the objects to return' });
    expect(app.world.restored).toEqual([c1]);
  });
});

describe('sync.prune', () => {
  const dropped = { namespace: 'monitoring', name: 'old', uid: 'u1', pods: 4 };

  test('what git no longer has is deleted once everything else has succeeded', async () => {
    const app = await atRest('prunes');
    app.world.push(c2, [daemonSet('prunes', 't2')], 0, [dropped]);
    await app.changed();
    const rollout = await app.rollout('prunes', c2);
    expect(app.world.pruned).toEqual([]);
    await rollout.finish('succeeded');
    const done = await app.outcome(c2, 'succeeded');
    expect(app.world.pruned).toEqual(['old']);
    expect(done.log.at(-1)?.what).toBe('DaemonSet old was deleted');
  });

  test('not after a rollback; the next commit that succeeds does it', async () => {
    const app = await atRest('keeps');
    app.world.push(c2, [daemonSet('keeps', 't2')], 0, [dropped]);
    await app.changed();
    await (await app.rollout('keeps', c2)).finish('rolledBack', 'CrashLoopBackOff');
    await app.outcome(c2, 'rolledBack');
    expect(app.world.pruned).toEqual([]);
    app.world.push(c3, [daemonSet('keeps', 't3', 'unchanged')], 0, [dropped]);
    await app.changed();
    await app.outcome(c3, 'configured');
    expect(app.world.pruned).toEqual(['old']);
  });

  test('a missing right is shown until it is there', async () => {
    const app = await atRest('forbidden');
    app.world.broken.set(
      'pruneDaemonSets',
      coded('Forbidden', 'apply the role nodewave-prune of deploy/rbac-extra.yaml'),
    );
    app.world.push(c2, [daemonSet('forbidden', 't1', 'unchanged')], 0, [dropped]);
    await app.changed();
    await app.until('holding', ({ phase, sentence }) => phase === 'holding' && sentence.includes('nodewave-prune'));
    app.world.broken.clear();
    await app.outcome(c2, 'configured');
    expect(app.world.pruned).toEqual(['old']);
  });
});
