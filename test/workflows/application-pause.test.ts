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
const reason = 'incident 4711';

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

describe('S36: the red button of an application', () => {
  test('its rollouts are told, a new commit is shown and waits, and the newest is taken in the end', async () => {
    const { app, rollout } = await rollingOut('stopped');
    const answer = await app.update('pause', { by, reason });
    expect(answer).toMatchObject({ phase: 'paused', message: expect.stringContaining('1 rollout stopped') });
    expect((await rollout.seen()).holds).toMatchObject([{ on: true, by, reason }]);

    app.world.push(c3, [daemonSet('stopped', 't3')]);
    await app.changed();
    const waiting = await app.until('the new commit', ({ observedCommit }) => observedCommit === c3);
    expect(waiting).toMatchObject({ phase: 'paused', paused: { by, reason } });
    expect(waiting.sentence).toMatch(
      /paused by ann since .*: incident 4711\. .*Commit 3333333 waits.*nodewave resume stopped/,
    );
    for (const [update, input] of [
      ['sync', { by, requestId: 'r' }],
      ['retry', { by }],
      ['rollback', { by, reason }],
      ['releaseQuarantine', { by }],
    ] as const) {
      await expect(app.update(update, input)).rejects.toThrow('Run "nodewave resume stopped" first.');
    }
    await rollout.finish('succeeded');
    await app.outcome(c2, 'succeeded');
    expect(app.world.count('prepareSync', c3)).toBe(0);

    await app.update('resume', { by: 'bob', reason: 'over' });
    const next = await app.rollout('stopped', c3);
    await next.finish('succeeded');
    const done = await app.outcome(c3, 'succeeded');
    expect(done).toMatchObject({ phase: 'waiting', paused: null });
    expect(done.log.map(({ by: who, what }) => `${who} ${what}`)).toEqual([
      'ann pause: incident 4711',
      'bob resume: over',
    ]);
  });

  test('resume tells the rollouts that still run, and what had been asked for before the pause is not lost', async () => {
    const { app, rollout } = await rollingOut('goes-on');
    let open = (): void => undefined;
    app.world.gate = new Promise((resolve) => {
      open = resolve;
    });
    app.world.push(c3, [daemonSet('goes-on', 't3')]);
    await app.update('sync', { by, requestId: 'before' });
    await waitFor(() => app.world.count('prepareSync', c3) === 1, { timeoutMs: 10_000, what: 'c3 being prepared' });
    await app.update('pause', { by, reason });
    open();
    await app.until('at rest', ({ phase, observedCommit }) => phase === 'paused' && observedCommit === c3);
    await app.update('pause', { by: 'bob', reason: 'again' });
    expect((await app.status()).paused).toMatchObject({ by, reason });
    expect(app.world.count('applySync', c3)).toBe(0);
    await app.update('resume', { by });
    await waitFor(async () => (await rollout.seen()).holds.at(-1)?.on === false, {
      timeoutMs: 10_000,
      what: 'the rollout to be told to go on',
    });
    await waitFor(async () => (await rollout.seen()).superseded.includes(c3), {
      timeoutMs: 10_000,
      what: 'the newer commit to ask for the DaemonSet',
    });
    await rollout.finish('superseded');
    await (await app.rollout('goes-on', c3)).finish('succeeded');
    const done = await app.outcome(c3, 'succeeded');
    expect(done.recent.find((one) => one.commit === c3)?.requestIds).toEqual(['before']);
  });

  test('a rollout that is met only while it is paused is told as well', async () => {
    const { app, rollout } = await rollingOut('met');
    await app.handle.terminate();
    const again = new TestApplication(harness, 'met');
    again.world.push(c2, [daemonSet('met', 't2')]);
    let open = (): void => undefined;
    again.world.gate = new Promise((resolve) => {
      open = resolve;
    });
    await again.start();
    await waitFor(() => again.world.count('prepareSync', c2) === 1, { timeoutMs: 10_000, what: 'c2 being prepared' });
    again.world.gate = undefined;
    open();
    await again.until('the rollout to be known', ({ rollouts }) => rollouts.length === 1);
    await again.update('pause', { by, reason });
    await waitFor(async () => (await rollout.seen()).holds.at(-1)?.on === true, {
      timeoutMs: 10_000,
      what: 'the rollout to be told of the pause',
    });
    await again.update('resume', { by });
    await rollout.finish('succeeded');
    await again.outcome(c2, 'succeeded');
  });

  test('nothing runs: resume is refused, and a pause outlives an application that git cannot be asked for', async () => {
    const app = new TestApplication(harness, 'quiet');
    app.world.push(c1, [daemonSet('quiet', 't1', 'unchanged')]);
    await app.start();
    await app.outcome(c1, 'unchanged');
    await expect(app.update('resume', { by })).rejects.toThrow('Application quiet is not paused');
    await expect(app.update('pause', { by })).rejects.toThrow('pause needs "reason"');
    app.world.broken.set('resolveRef', coded('Infrastructure', 'git does not answer'));
    await app.changed();
    await app.until('holding', ({ phase }) => phase === 'holding');
    await app.update('pause', { by, reason });
    expect((await app.status()).phase).toBe('paused');
    app.world.broken.clear();
    await app.update('resume', { by });
    await app.until('at rest', ({ phase }) => phase === 'waiting');
  });
});

describe('sync --expedite', () => {
  test('its rollouts have neither soaks nor windows, and say who wanted that; the next sync has them again', async () => {
    const app = new TestApplication(harness, 'hurry');
    app.world.push(c1, [daemonSet('hurry', 't1', 'unchanged')]);
    app.spec.rollout.batches = [
      { name: 'canary', nodes: 1, soakMs: 600_000, approval: 'after' },
      { name: 'all', nodes: '100%', soakMs: 60_000 },
    ];
    app.spec.rollout.windows = [{ kind: 'deny', schedule: '* * * * *', durationMs: 60_000, timeZone: 'UTC' }];
    await app.start();
    await app.outcome(c1, 'unchanged');
    app.world.push(c2, [daemonSet('hurry', 't2')]);
    await expect(app.update('sync', { by, requestId: 'r1', expedite: true })).rejects.toThrow(
      '"expedite" needs "reason"',
    );
    await app.update('sync', { by, requestId: 'r2', expedite: true, reason });
    const rollout = await app.rollout('hurry', c2);
    const { input } = await rollout.seen();
    expect(input.expedite).toEqual({ by, reason });
    expect(input.sync.policy?.batches.map(({ soakMs, approval }) => [soakMs, approval])).toEqual([
      [0, 'after'],
      [0, undefined],
    ]);
    expect(input.sync.policy?.windows).toBeUndefined();
    await rollout.finish('succeeded');
    await app.outcome(c2, 'succeeded');
    app.world.push(c3, [daemonSet('hurry', 't3')]);
    await app.changed();
    const calm = await app.rollout('hurry', c3);
    expect((await calm.seen()).input).not.toHaveProperty('expedite');
    expect((await calm.seen()).input.sync.policy).toBeUndefined();
    await calm.finish('succeeded');
    await app.outcome(c3, 'succeeded');
  });
});
