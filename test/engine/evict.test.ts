import { expect } from 'vitest';
import { neverReady } from '../../dev/stack/stages.ts';
import { isWorker } from '../support/audit.ts';
import { uniqueName } from '../support/cluster.ts';
import { type Scene, scenarios } from './scenario.ts';

/** Pods of `held` are ready when a test says so. */
const held = 'evict:held';
const scenario = scenarios([...neverReady(held)], {
  account: uniqueName('nodewave'),
  rights: ['rbac.yaml', 'rbac-hooks.yaml'],
});

/** Lets the disruption controller count first: a budget that it has not seen yet allows nothing. */
async function budget(scene: Scene, minAvailable: number): Promise<void> {
  const path = `/apis/policy/v1/namespaces/${scene.namespace}/poddisruptionbudgets/agents`;
  const object = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'agents', namespace: scene.namespace },
    spec: { minAvailable, selector: { matchLabels: { app: 'agent' } } },
  };
  await scene.engine.kube.apply(path, object, { fieldManager: 'test' });
  await scene.until('the budget to be counted', async () => {
    const now = await scene.engine.kube.get<{
      metadata: { generation: number };
      spec: { minAvailable: number };
      status?: { observedGeneration?: number; currentHealthy?: number };
    }>(path);
    return now?.status?.observedGeneration === now?.metadata.generation && now?.status?.currentHealthy === 6;
  });
}

const evict = { removal: 'evict' as const };

scenario(
  'S15: with removal: evict every pod goes through the Eviction API, within its disruption budget',
  {
    budget: 3,
  },
  async (scene) => {
    await scene.install('evict:1');
    await budget(scene, 5);
    const rollout = await scene.rollout('evict:2', { policy: evict });
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded', cause: null });
    const ours = (await scene.deletes()).filter(({ user }) => isWorker(user));
    expect(ours.map(({ evicted }) => evicted)).toEqual(Array.from({ length: 6 }, () => true));
    expect(await scene.images()).toEqual({ 'evict:2': 6 });
  },
);

scenario(
  'S15: three may be out and the budget lets one go: the others are tried again until it does',
  {
    budget: 3,
  },
  async (scene) => {
    await scene.install('evict:1');
    await budget(scene, 5);
    const rollout = await scene.rollout(held, { policy: evict });
    await scene.until('a pod to be evicted', async () => (await scene.taken()).length === 1);
    // Two more are granted and refused, which is no failure.
    await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 3);
    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
  },
);

scenario(
  'S15: a budget that lets nobody go is a finding that names it, and no pod is deleted instead',
  {},
  async (scene) => {
    await scene.install('evict:1');
    await budget(scene, 6);
    const before = await scene.uids();
    const policy = { ...evict, readyWithinMs: 4_000, onFailure: 'pause' as const };
    const rollout = await scene.rollout('evict:2', { policy });
    const { findings } = await rollout.reaches('stopped');
    expect(findings[0]).toMatchObject({ cause: 'DisruptionBudget' });
    expect(findings[0]?.evidence).toContain('PodDisruptionBudget agents has refused the eviction for 4 s');
    expect(findings[0]?.nextStep).toContain('removal: delete');
    expect(await scene.uids()).toEqual(before);
    await budget(scene, 4);
    await rollout.send('resume');
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  },
);

scenario('S15: without it pods are deleted, whatever a budget says', {}, async (scene) => {
  await scene.install('evict:1');
  await budget(scene, 6);
  const rollout = await scene.rollout('evict:2');
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  expect((await scene.deletes()).filter(({ user }) => isWorker(user)).every(({ evicted }) => !evicted)).toBe(true);
});
