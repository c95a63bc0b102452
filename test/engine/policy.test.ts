import { expect } from 'vitest';
import { paths } from '../../activities/cluster/paths.ts';
import { crashLoop, neverReady, slowTermination } from '../../dev/stack/stages.ts';
import { holdLabel } from '../../domain/rollout/keep.ts';
import { type Scene, scenarios } from './scenario.ts';

/** Pods of `held` are ready when a test says so; those of `bad` crash and take long to go. */
const held = 'policy:held';
const bad = 'policy:bad';
const scenario = scenarios([...neverReady(held), ...crashLoop(bad), ...slowTermination(bad, 8_000)]);

const canaries = [1, 2, '100%' as const].map((nodes) => ({ name: `${nodes}`, nodes, soakMs: 0 }));

async function installed(scene: Scene): Promise<Record<string, string>> {
  await scene.install('policy:1');
  return await scene.uids();
}

scenario('S27: onUnplannedExposure pause stops for a person when a node joins in mid batch', {}, async (scene) => {
  await installed(scene);
  const rollout = await scene.rollout(held, { policy: { onUnplannedExposure: 'pause' } });
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  const joined = await scene.addNode();
  const stopped = await rollout.reaches('stopped');
  expect(stopped.sentence).toContain(`1 node runs the new template without having been taken (${joined})`);
  expect(stopped.exposed).toEqual([joined]);
  await rollout.send('resume');
  expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.taken()).not.toContain(joined);
});

scenario(
  'S10, S35: held nodes and nodes under maintenance keep their pod, and it says which and why',
  {},
  async (scene) => {
    const before = await installed(scene);
    const [kept, drained, ...others] = scene.nodes.names;
    await scene.patchNode(kept ?? '', { metadata: { labels: { [holdLabel]: 'debugging' } } });
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'PreferNoSchedule' }];
    await scene.patchNode(drained ?? '', { spec: { taints } });
    const rollout = await scene.rollout('policy:2');
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
    expect((await scene.taken()).sort()).toEqual(others.sort());
    const after = await scene.uids();
    for (const node of [kept, drained]) expect(after[node ?? '']).toBe(before[node ?? '']);
    expect((await rollout.status()).sentence).toBe(
      `Succeeded, 1 deferred (${drained}: being removed by Cluster Autoscaler), 1 kept as they are (${kept}: label ${holdLabel}).`,
    );
  },
);

// The pod of Temporal is in the same namespace, and of no template.
scenario("nodes that run Nodewave's or Temporal's own pods go last", { templates: 3 }, async (scene) => {
  await installed(scene);
  const own = scene.nodes.names[2] ?? '';
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'history', namespace: scene.namespace, labels: { 'app.kubernetes.io/part-of': 'temporal' } },
    spec: {
      nodeName: own,
      containers: [{ name: 'history', image: 'temporal:1' }],
      tolerations: [{ operator: 'Exists' }],
    },
  };
  await scene.engine.kube.create(paths.pods(scene.namespace), pod, { fieldManager: 'test' });
  const rollout = await scene.rollout('policy:2', { policy: { batches: canaries, maxUnavailable: 1 } });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  expect((await scene.taken()).at(-1)).toBe(own);
});

scenario('S2, S11: selected nodes come first, the cordoned one and `last` ones come last', {}, async (scene) => {
  await installed(scene);
  const names = scene.nodes.names;
  await scene.patchNode(names[1] ?? '', { spec: { unschedulable: true } });
  const batches = [
    { name: 'chosen', nodes: '100%' as const, soakMs: 0, select: { names: [names[4] ?? ''] } },
    { name: 'all', nodes: '100%' as const, soakMs: 0 },
  ];
  const policy = { batches, cordoned: 'last' as const, last: { names: [names[0] ?? ''] }, maxUnavailable: 1 };
  const rollout = await scene.rollout('policy:2', { policy });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  const order = await scene.taken();
  expect(order[0]).toBe(names[4]);
  expect(order.slice(-2).sort()).toEqual(names.slice(0, 2).sort());
});

scenario('S40: a rollback that is not over at its deadline has failed', {}, async (scene) => {
  await installed(scene);
  const rollout = await scene.rollout(bad, { policy: { rollback: { deadlineMs: 2_000, maxUnavailable: 1 } } });
  const { outcome, cause } = await rollout.result();
  expect(outcome).toBe('rollbackFailed');
  expect(cause).toContain('RollbackTooSlow');
});
