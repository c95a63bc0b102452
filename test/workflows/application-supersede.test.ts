import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commit, daemonSet, type Harness, startHarness, TestApplication } from './application/harness.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
}, 180_000);

afterAll(async () => {
  await harness?.stop();
});

const [c1, c2, c3, c4, c5] = ['1', '2', '3', '4', '5'].map(commit) as [string, string, string, string, string];
const by = 'ann';

/** An application whose first commit is good and whose second one is rolling out, under a mode. */
async function rollingOut(name: string, supersede: 'finish' | 'queue') {
  const app = new TestApplication(harness, name);
  app.spec.rollout.supersede = supersede;
  app.world.push(c1, [daemonSet(name, 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  app.world.push(c2, [daemonSet(name, 't2')]);
  await app.changed();
  return { app, rollout: await app.rollout(name, c2) };
}

/** Pushes a commit and waits until it was noticed. */
async function pushed(
  app: TestApplication,
  to: string,
  ...rest: Parameters<TestApplication['world']['push']> extends [string, ...infer R] ? R : never
) {
  app.world.push(to, ...rest);
  await app.changed();
  return await app.until(`${to.slice(0, 4)} noticed`, ({ observedCommit }) => observedCommit === to);
}

describe('supersede: finish', () => {
  test('the running rollout ends, then the newest commit starts; the one between is told', async () => {
    const { app, rollout } = await rollingOut('finish', 'finish');
    await pushed(app, c3, [daemonSet('finish', 't3')]);
    await pushed(app, c4, [daemonSet('finish', 't4')]);
    await app.outcome(c3, 'superseded');
    expect((await rollout.seen()).superseded).toEqual([]);
    await rollout.finish('succeeded');
    await app.outcome(c2, 'succeeded');
    await (await app.rollout('finish', c4)).finish('succeeded');
    expect(await app.outcome(c4, 'succeeded')).toMatchObject({ phase: 'waiting', syncedCommit: c4 });
  });

  test('the policy of the DaemonSet counts, not that of the application', async () => {
    const { app, rollout } = await rollingOut('own-policy', 'finish');
    const policy = { ...app.spec.rollout, supersede: 'replace' as const };
    await pushed(app, c3, [daemonSet('own-policy', 't3', 'rollout', { policy })]);
    await app.until('asked to make way', ({ sentence }) => sentence.includes('commit 3333333 waits'));
    expect((await rollout.seen()).superseded).toEqual([c3]);
    await rollout.finish('superseded');
    await (await app.rollout('own-policy', c3)).finish('succeeded');
    await app.outcome(c3, 'succeeded');
  });
});

describe('supersede: queue', () => {
  test('every commit that was seen is rolled out in order, also after one that failed', async () => {
    const { app, rollout } = await rollingOut('queue', 'queue');
    await pushed(app, c3, [daemonSet('queue', 't3')]);
    await pushed(app, c4, [daemonSet('queue', 't4')]);
    const inLine = await app.until('both in line', ({ queue }) => queue?.length === 2);
    expect(inLine.queue).toEqual([c3, c4]);
    expect(inLine.sentence).toContain('In line after it, in this order: 3333333, 4444444.');
    expect((await rollout.seen()).superseded).toEqual([]);
    expect(app.world.count('prepareSync', c3), 'nothing of a commit in line is applied').toBe(0);
    await rollout.finish('succeeded');
    await (await app.rollout('queue', c3)).finish('rolledBack', 'CrashLoopBackOff');
    await app.outcome(c3, 'rolledBack');
    await (await app.rollout('queue', c4)).finish('succeeded');
    const done = await app.outcome(c4, 'succeeded');
    expect(done.recent.map(({ commit: of, outcome }) => [of, outcome])).toEqual([
      [c4, 'succeeded'],
      [c3, 'rolledBack'],
      [c2, 'succeeded'],
      [c1, 'unchanged'],
    ]);
    expect(done.queue).toBeUndefined();
  });

  test('a sync that is asked for meanwhile gets the outcome of the newest commit, expedited when it said so', async () => {
    const { app, rollout } = await rollingOut('asks', 'queue');
    await pushed(app, c3, [daemonSet('asks', 't3')]);
    app.world.push(c4, [daemonSet('asks', 't4')]);
    await app.update('sync', { by, requestId: 'mine', expedite: true, reason: 'incident' });
    await app.until('both in line', ({ queue }) => queue?.length === 2);
    expect((await app.update('sync', { by, requestId: 'mine' })).message).toContain('was accepted before');
    await rollout.finish('succeeded');
    const middle = await app.rollout('asks', c3);
    expect((await middle.seen()).input.expedite).toBeUndefined();
    await middle.finish('succeeded');
    const last = await app.rollout('asks', c4);
    expect((await last.seen()).input.expedite).toEqual({ by, reason: 'incident' });
    await last.finish('succeeded');
    const done = await app.outcome(c4, 'succeeded');
    expect(done.recent.map(({ requestIds }) => requestIds)).toEqual([['mine'], [], [], []]);
  });

  test('a commit in line that nothing can be made of does not stop the line', async () => {
    const { app, rollout } = await rollingOut('broken', 'queue');
    await pushed(app, c3, [daemonSet('broken', 't2', 'unchanged')]);
    await pushed(app, c4, [daemonSet('broken', 't2', 'unchanged')]);
    app.world.plans.delete(c3);
    await pushed(app, c5, [daemonSet('broken', 't5')]);
    await rollout.finish('succeeded');
    await app.outcome(c3, 'invalid');
    await app.outcome(c4, 'unchanged');
    await (await app.rollout('broken', c5)).finish('succeeded');
    await app.outcome(c5, 'succeeded');
  });
});

test('S40: a commit during a rollback waits for its end, whatever the mode', async () => {
  const app = new TestApplication(harness, 'waits');
  app.world.push(c1, [daemonSet('waits', 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  await app.update('rollback', { by, reason: 'drops logs' });
  const back = await app.rollout('waits', c1);
  await pushed(app, c2, [daemonSet('waits', 't2')]);
  await app.until('prepared', () => app.world.count('applySync', c2) === 1);
  expect((await back.seen()).superseded).toEqual([]);
  await back.finish('rolledBack');
  await (await app.rollout('waits', c2)).finish('succeeded');
  await app.outcome(c2, 'succeeded');
});
