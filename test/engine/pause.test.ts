import { expect } from 'vitest';
import { neverReady } from '../../dev/stack/stages.ts';
import { type ScenarioRollout, type Scene, scenarios } from './scenario.ts';

const held = 'pause:held';
const scenario = scenarios(neverReady(held));

const broken = [
  {
    name: 'agent',
    image: held,
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { waiting: { reason: 'CreateContainerError', message: 'no such device' } },
  },
];

async function standing(scene: Scene): Promise<{ rollout: ScenarioRollout; taken: string[] }> {
  await scene.install('pause:1');
  const rollout = await scene.rollout(held);
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  return {
    rollout,
    taken: await scene.until('two deletions', async () => {
      const taken = await scene.taken();
      return taken.length === 2 && taken;
    }),
  };
}

scenario(
  'S36: paused, nothing more is deleted, nodes in flight finish, and new nodes get last good',
  {},
  async (scene) => {
    const { rollout, taken } = await standing(scene);
    await rollout.send('pause', { reason: 'lunch' });
    expect((await rollout.reaches('paused')).sentence).toContain('paused by ann@example.com: lunch');
    await scene.makeReady(held);
    expect(await scene.images()).toEqual({ 'pause:1': 4, [held]: 2 });
    const joined = await scene.addNode();
    await scene.until('a pod of last good on the new node', async () => (await scene.images())['pause:1'] === 5);
    expect((await scene.podOn(joined))?.spec?.containers?.[0]?.image).toBe('pause:1');
    expect(await scene.taken()).toEqual(taken);
    await rollout.send('resume');
    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ [held]: 7 });
  },
);

scenario('S37: resumed, it judges again what happened meanwhile', {}, async (scene) => {
  const { rollout, taken } = await standing(scene);
  await rollout.send('pause');
  await rollout.reaches('paused');
  await scene.patchStatus(taken[0] ?? '', { status: { containerStatuses: broken } });
  await rollout.send('resume');
  const { outcome, cause } = await rollout.result();
  expect(outcome).toBe('rolledBack');
  expect(cause).toContain(`CreateContainerError on node ${taken[0]}`);
  expect(await scene.images()).toEqual({ 'pause:1': 6 });
});

scenario('S34: while many nodes are down nothing is deleted, judged or rolled back', { nodes: 7 }, async (scene) => {
  const { rollout, taken } = await standing(scene);
  const away = scene.nodes.names.filter((name) => !taken.includes(name)).slice(0, 3);
  for (const node of away) await scene.setReady(node, false);
  const { live } = await rollout.reaches('rolling', (view) => (view.live?.outage ?? null) !== null);
  expect(live?.outage).toContain('3 of 7 nodes are NotReady');
  await scene.patchStatus(taken[0] ?? '', { status: { containerStatuses: broken } });
  await scene.makeReady(held);
  // Two further reports of the batch, so that it has decided on what it sees now.
  for (let report = 0; report < 2; report++) {
    const seenAt = (await rollout.status()).live?.atMs ?? 0;
    await rollout.reaches('rolling', (view) => (view.live?.atMs ?? 0) > seenAt);
  }
  expect(await scene.taken()).toEqual(taken);
  for (const node of away) await scene.setReady(node, true);
  expect(await rollout.result()).toMatchObject({
    outcome: 'rolledBack',
    cause: expect.stringContaining('CreateContainerError'),
  });
  expect(await scene.images()).toEqual({ 'pause:1': 7 });
});

scenario('S45: without an eligible node there is nothing to wait for', { nodes: 1 }, async (scene) => {
  const nowhere = { nodeSelector: { 'nodewave.test/group': 'nowhere' } };
  await scene.install('pause:1', { pod: nowhere });
  const rollout = await scene.rollout('pause:2', { pod: nowhere });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded', cause: null });
  expect(await scene.pods()).toEqual([]);
});

scenario('S3: sizes follow the nodes that are there, and what is done stays done', {}, async (scene) => {
  await scene.install('pause:1');
  const before = { soakMs: 0, approval: 'before' as const };
  const rollout = await scene.rollout('pause:2', {
    policy: {
      batches: [
        { name: 'some', nodes: '30%', soakMs: 0 },
        { name: 'half', nodes: '50%', ...before },
        { name: 'all', nodes: '100%', ...before },
      ],
    },
  });
  // An approval is void once the number of nodes has moved; the second one is for what is there now.
  const approveUntil = async (batch: number, phase: string): Promise<void> => {
    await scene.until(`phase ${phase}`, async () => {
      const now = await rollout.status();
      if (now.phase === 'awaitingApprovalBefore' && now.batch < batch) {
        await rollout.send('approve', { plan: now.planDigest }).catch(() => undefined);
      }
      return now.phase === phase && now.batch >= batch;
    });
  };
  await rollout.reaches('awaitingApprovalBefore');
  expect(await scene.images()).toEqual({ 'pause:1': 4, 'pause:2': 2 });
  await scene.addNode();
  await scene.addNode();
  await approveUntil(2, 'awaitingApprovalBefore');
  expect(await scene.images()).toEqual({ 'pause:1': 4, 'pause:2': 4 });
  await rollout.send('approve', { plan: (await rollout.status()).planDigest });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'pause:2': 8 });
});
