import { expect } from 'vitest';
import type { RolloutView } from '../../client/index.ts';
import { neverReady } from '../../dev/stack/stages.ts';
import type { RolloutPolicy, RolloutWindow } from '../../domain/rollout/policy.ts';
import { imageOf } from '../e2e/scene.ts';
import { isWorker } from '../support/audit.ts';
import { uniqueName } from '../support/cluster.ts';
import { type ScenarioRollout, type Scene, scenarios } from './scenario.ts';

/** Its pods are ready when a test says so. */
const held = 'windows:held';
const scenario = scenarios(neverReady(held), { interlock: uniqueName('windows') });

const minuteMs = 60_000;
/** A decision that was made in the last moment of a window reaches the audit log a moment later. */
const lagMs = 1_500;

/** A window at the beginning of every minute that is open now and for some seconds more. */
async function everyMinute(scene: Scene, more: Partial<RolloutWindow> = {}) {
  await scene.until('enough of this minute to be left', async () => Date.now() % minuteMs < 35_000);
  // Long enough for a busy machine to begin a batch in, should this one close too early and the next one be needed.
  const durationMs = Math.max(25_000, (Date.now() % minuteMs) + 8_000);
  const window: RolloutWindow = {
    kind: 'allow',
    schedule: '* * * * *',
    durationMs,
    timeZone: 'Europe/Berlin',
    ...more,
  };
  const isOpen = (ms: number): boolean => ms % minuteMs < durationMs;
  return { windows: [window], isOpen };
}

/** Starts a rollout and waits until its window has closed over two nodes in flight. */
async function closedOver(
  scene: Scene,
  policy: Partial<RolloutPolicy> = {},
  more: Partial<RolloutWindow> = {},
): Promise<{ rollout: ScenarioRollout; isOpen: (ms: number) => boolean }> {
  await scene.install('windows:1');
  const { windows, isOpen } = await everyMinute(scene, more);
  const rollout = await scene.rollout(held, { policy: { windows, ...policy } });
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  await scene.until('the window to close', async () => !isOpen(Date.now()));
  return { rollout, isOpen };
}

/** Lets the nodes in flight finish, and waits until the rollout waits for its window. */
async function finished(scene: Scene, rollout: ScenarioRollout): Promise<RolloutView> {
  return await scene.until('the nodes in flight to finish and the rollout to wait', async () => {
    await scene.makeReady(held);
    const status = await rollout.status();
    return status.phase === 'waiting' && status;
  });
}

async function liveImage(scene: Scene): Promise<string | undefined> {
  const containers = (await scene.live()).spec.template.spec?.containers as { image: string }[] | undefined;
  return containers?.[0]?.image;
}

scenario(
  'S16: a window that closes in mid batch stops refills; what is in flight finishes, last good is live, and it goes on by itself',
  {},
  async (scene) => {
    const { rollout, isOpen } = await closedOver(scene);
    const waiting = await finished(scene, rollout);
    expect(waiting.sentence).toMatch(/^Waits: no allow window is open until .* Europe\/Berlin: "\* \* \* \* \*"/);
    expect(waiting.waitsUntilMs).toBe(Math.ceil(Date.now() / minuteMs) * minuteMs);
    expect(waiting.accepts).toEqual(['pause', 'abort', 'rollback', 'overrideWindow']);
    expect(await liveImage(scene)).toBe('windows:1');
    expect(await scene.taken()).toHaveLength(2);

    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.taken()).toHaveLength(6);
    const ours = (await scene.deletes()).filter(({ user }) => isWorker(user));
    expect(
      ours.filter(({ atMs }) => !isOpen(atMs) && !isOpen(atMs - lagMs)).map(({ atMs }) => new Date(atMs).toISOString()),
    ).toEqual([]);
  },
);

scenario('S16: a closed window holds no rollback', {}, async (scene) => {
  const { rollout, isOpen } = await closedOver(scene);
  await finished(scene, rollout);
  await rollout.send('rollback', { reason: 'paged' });
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
  expect(isOpen(Date.now())).toBe(false);
  expect(await scene.images()).toEqual({ 'windows:1': 6 });
  expect(await scene.taken()).toHaveLength(4);
});

scenario('S16: a red gate in a closed window rolls back at once', {}, async (scene) => {
  const { rollout, isOpen } = await closedOver(scene);
  const [node = ''] = await scene.taken();
  const crashed = { name: 'agent', image: 'x', imageID: '', ready: false, restartCount: 3 };
  await scene.patchStatus(node, { status: { containerStatuses: [crashed] } });
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
  expect(isOpen(Date.now())).toBe(false);
  expect(await scene.images()).toEqual({ 'windows:1': 6 });
});

scenario('S16: a person with a reason overrides the window, and only for this rollout', {}, async (scene) => {
  const { rollout, isOpen } = await closedOver(scene);
  await expect(rollout.send('overrideWindow')).rejects.toThrow();
  // While its last nodes finish, and not only once it waits.
  expect(await rollout.send('overrideWindow', { reason: 'CVE' })).toMatchObject({ accepted: true });
  await scene.until('the next two nodes to be taken', async () => {
    if ((await scene.taken()).length === 2) await scene.makeReady(held);
    return (await scene.taken()).length === 4;
  });
  expect(isOpen(Date.now())).toBe(false);
  const { windowsOverridden, log } = await rollout.status();
  expect(windowsOverridden).toEqual({ by: 'ann@example.com', reason: 'CVE' });
  expect(log.at(-1)).toMatchObject({ what: 'override the window: CVE' });
  expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
});

scenario('S16: a rollout that waits for its window goes on when a person overrides it', {}, async (scene) => {
  await scene.install('windows:1');
  const deny: RolloutWindow = { kind: 'deny', schedule: '* * * * *', durationMs: 2 * minuteMs, timeZone: 'UTC' };
  const rollout = await scene.rollout('windows:2', { policy: { windows: [deny] } });
  const { sentence } = await rollout.reaches('waiting');
  expect(sentence).toContain('a deny window is on');
  expect(await scene.taken()).toEqual([]);
  await rollout.send('overrideWindow', { reason: 'CVE' });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
});

scenario('S16: overrun finish lets the running batch end, and no further one begin', {}, async (scene) => {
  const batches = [
    { name: 'first', nodes: 4, soakMs: 0 },
    { name: 'all', nodes: '100%' as const, soakMs: 0 },
  ];
  const { rollout, isOpen } = await closedOver(scene, { batches }, { overrun: 'finish' });
  await scene.until('the first batch to end in the closed window', async () => {
    await scene.makeReady(held);
    return (await rollout.status()).phase === 'waiting';
  });
  expect(isOpen(Date.now())).toBe(false);
  expect(await scene.taken()).toHaveLength(4);
  expect((await scene.pods()).filter((pod) => imageOf(pod) === held)).toHaveLength(4);
  await rollout.send('abort', { reason: 'seen enough' });
  expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
});
