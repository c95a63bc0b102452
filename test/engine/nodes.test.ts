import { expect } from 'vitest';
import { paths } from '../../activities/cluster/paths.ts';
import { nodeGroupLabel } from '../../dev/stack/nodes.ts';
import { neverReady, type Stage } from '../../dev/stack/stages.ts';
import { readyPatch, type ScenarioRollout, type Scene, scenarios } from './scenario.ts';

/** Pods of `held` are ready when a test says so; pods with the label `lingers` do not end. */
const held = 'nodes:held';
const lingers = 'nodewave.test/lingers';
const lingering: Stage = {
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name: 'nodes-lingers' },
  spec: {
    resourceRef: { apiGroup: 'v1', kind: 'Pod' },
    selector: {
      matchExpressions: [
        { key: '.metadata.deletionTimestamp', operator: 'Exists' },
        { key: `.metadata.labels["${lingers}"]`, operator: 'Exists' },
      ],
    },
    weight: 2_000,
    delay: { durationMilliseconds: 3_600_000 },
    next: { delete: true },
  },
};
const scenario = scenarios([...neverReady(held), lingering]);

const canary = [
  { name: 'canary', nodes: 1, soakMs: 4_000, approval: 'after' as const },
  { name: 'all', nodes: '100%' as const, soakMs: 0 },
];

/** Installs version 1 and starts a rollout that stands with two nodes in flight. */
async function standing(scene: Scene): Promise<{ rollout: ScenarioRollout; taken: string[]; free: string[] }> {
  await scene.install('nodes:1');
  const rollout = await scene.rollout(held);
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  const taken = await scene.until('two nodes to be taken', async () => {
    const names = await scene.taken();
    return names.length === 2 && names;
  });
  return { rollout, taken, free: scene.nodes.names.filter((name) => !taken.includes(name)) };
}

const first = (names: string[]): string => names[0] ?? '';
const succeeded = { outcome: 'succeeded' };

scenario('S8: a node that is removed in mid batch is dropped from the plan', {}, async (scene) => {
  const { rollout, taken, free } = await standing(scene);
  await scene.removeNode(first(taken));
  await scene.removeNode(first(free));
  expect(await scene.letThrough(rollout, held)).toMatchObject(succeeded);
  expect(await scene.taken()).toHaveLength(5);
});

scenario('S2, S8: a node of the same name with a new uid is a new node', {}, async (scene) => {
  const { rollout, taken, free } = await standing(scene);
  const before = await scene.record();
  for (const node of [first(taken), first(free)]) {
    await scene.removeNode(node);
    expect(await scene.addNode()).toBe(node);
  }
  await rollout.reaches('rolling', ({ progress }) => progress?.exposed === 1 && progress.eligible === 6);
  expect(await scene.letThrough(rollout, held)).toMatchObject(succeeded);
  expect(before.touched).toHaveLength(2);
  expect((await scene.taken()).filter((node) => node === first(taken))).toHaveLength(1);
  expect((await scene.taken()).filter((node) => node === first(free))).toHaveLength(1);
});

scenario('S9: a pod on a node that was tainted NoSchedule meanwhile is not deleted', {}, async (scene) => {
  const { rollout, free } = await standing(scene);
  const node = first(free);
  const { [node]: uid } = await scene.uids();
  await scene.patchNode(node, { spec: { taints: [{ key: 'ops', effect: 'NoSchedule' }] } });
  await rollout.reaches('rolling', ({ progress }) => progress?.eligible === 5);
  expect(await scene.letThrough(rollout, held)).toMatchObject(succeeded);
  expect((await scene.uids())[node]).toBe(uid);
});

scenario(
  'S28: a node that is tainted NoExecute or relabelled leaves the set, and comes back into it',
  {},
  async (scene) => {
    const { rollout, taken, free } = await standing(scene);
    const [tainted, relabelled] = [first(taken), first(free)];
    await scene.patchNode(relabelled, { metadata: { labels: { [nodeGroupLabel]: 'elsewhere' } } });
    await rollout.reaches('rolling', ({ progress }) => progress?.eligible === 5);
    await scene.patchNode(tainted, { spec: { taints: [{ key: 'ops', effect: 'NoExecute' }] } });
    await rollout.reaches('rolling', ({ progress }) => progress?.eligible === 4);
    await scene.until('the controller to remove both pods', async () => {
      const uids = await scene.uids();
      return uids[tainted] === undefined && uids[relabelled] === undefined;
    });
    const group = scene.nodes.selector[nodeGroupLabel];
    await scene.patchNode(relabelled, { metadata: { labels: { [nodeGroupLabel]: group } } });
    await rollout.reaches('rolling', ({ progress }) => progress?.eligible === 5 && progress.exposed === 1);
    expect(await scene.letThrough(rollout, held)).toMatchObject(succeeded);
    expect(await scene.images()).toEqual({ [held]: 5 });
  },
);

scenario('S10: NotReady before it was touched: set aside, and caught up when it returns', {}, async (scene) => {
  await scene.install('nodes:1');
  const away = first(scene.nodes.names);
  await scene.setReady(away, false);
  const rollout = await scene.rollout(held);
  await rollout.reaches('rolling', ({ progress }) => progress?.deferred === 1 && progress.inFlight === 2);
  await scene.setReady(away, true);
  expect(await scene.letThrough(rollout, held)).toMatchObject(succeeded);
  expect(await scene.images()).toEqual({ [held]: 6 });
  expect(await scene.taken()).toContain(away);
});

scenario('S10, S43: a rollout ends with the node that is still away named as deferred', {}, async (scene) => {
  await scene.install('nodes:1');
  const away = first(scene.nodes.names);
  const { [away]: uid } = await scene.uids();
  await scene.setReady(away, false);
  const rollout = await scene.rollout('nodes:2');
  expect(await rollout.result()).toMatchObject({ ...succeeded, cause: expect.stringMatching(/^1 deferred/) });
  expect((await rollout.status()).sentence).toBe(`Succeeded, 1 deferred (${away}: NotReady).`);
  expect((await scene.uids())[away]).toBe(uid);
});

scenario('S11: a cordoned node is taken like the others, and stays cordoned', {}, async (scene) => {
  await scene.install('nodes:1');
  const node = first(scene.nodes.names);
  await scene.patchNode(node, { spec: { unschedulable: true } });
  expect(await (await scene.rollout('nodes:2')).result()).toMatchObject(succeeded);
  expect(await scene.images()).toEqual({ 'nodes:2': 6 });
});

scenario('S12: a pod that is on the target already is not deleted', {}, async (scene) => {
  const { rollout, free } = await standing(scene);
  const node = first(free);
  await scene.deletePod(node);
  await rollout.reaches('rolling', ({ progress }) => progress?.exposed === 1);
  expect(await scene.letThrough(rollout, held)).toMatchObject(succeeded);
  expect(await scene.taken()).not.toContain(node);
});

scenario('S13: a pod that is terminating already is not deleted again', { budget: 6 }, async (scene) => {
  await scene.install('nodes:1');
  const node = first(scene.nodes.names);
  const pod = await scene.podOn(node);
  const path = paths.pod(scene.namespace, pod?.metadata.name ?? '');
  await scene.engine.kube.patch(path, { metadata: { labels: { [lingers]: 'true' } } }, { type: 'merge' });
  await scene.deletePod(node);
  const rollout = await scene.rollout('nodes:2');
  await scene.until('all the others', async () => (await scene.images())['nodes:2'] === 5);
  expect(await scene.taken()).not.toContain(node);
  await scene.engine.kube.remove(path, { gracePeriodSeconds: 0 });
  expect(await rollout.result()).toMatchObject(succeeded);
  expect(await scene.taken()).not.toContain(node);
});

scenario('S14: unhealthy old pods use the budget up, and their nodes are taken first', {}, async (scene) => {
  await scene.install('nodes:1');
  const ill = scene.nodes.names.slice(2, 4);
  for (const node of ill) await scene.patchStatus(node, readyPatch('False'));
  const rollout = await scene.rollout(held);
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  expect((await scene.taken()).sort()).toEqual(ill);
  expect(await scene.letThrough(rollout, held)).toMatchObject(succeeded);
});

scenario('S27: a node that joins while the window is open is counted, judged and brought back', {}, async (scene) => {
  const { rollout, taken } = await standing(scene);
  const before = await scene.uids();
  const joined = await scene.addNode();
  await rollout.reaches('rolling', ({ progress }) => progress?.exposed === 1);
  const state = { waiting: { reason: 'CreateContainerError', message: 'no such device' } };
  const statuses = [{ name: 'agent', image: held, imageID: '', ready: false, restartCount: 0, state }];
  await scene.patchStatus(joined, { status: { containerStatuses: statuses } });
  const { outcome, cause } = await rollout.result();
  expect(outcome).toBe('rolledBack');
  expect(cause).toContain(`CreateContainerError on node ${joined}`);
  expect(await scene.images()).toEqual({ 'nodes:1': 7 });
  const after = await scene.uids();
  for (const node of scene.nodes.names.filter((name) => !taken.includes(name))) expect(after[node]).toBe(before[node]);
});

scenario('S27: a node that joins during a soak gets last good', {}, async (scene) => {
  await scene.install('nodes:1');
  const rollout = await scene.rollout('nodes:2', {
    policy: { batches: [{ name: 'some', nodes: 2, soakMs: 600_000 }] },
  });
  await rollout.reaches('soaking');
  const joined = await scene.addNode();
  await scene.until('its pod', async () => (await scene.images())['nodes:1'] === 5);
  expect((await scene.podOn(joined))?.spec?.containers?.[0]?.image).toBe('nodes:1');
  await scene.until('no exposure', async () => (await rollout.status()).progress?.exposed === 0);
  await rollout.send('abort');
  expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
});

scenario('S12, S29: a touched node that lost its pod to last good is taken again', {}, async (scene) => {
  await scene.install('nodes:1');
  const rollout = await scene.rollout('nodes:2', { policy: { batches: canary } });
  await rollout.reaches('soaking');
  const node = first(await scene.taken());
  await scene.deletePod(node);
  await scene.until('a pod of last good', async () => (await scene.images())['nodes:1'] === 6);
  const { planDigest } = await rollout.reaches('awaitingApprovalAfter');
  expect(await scene.taken()).toEqual([node, node]);
  await rollout.send('approve', { plan: planDigest });
  expect(await rollout.result()).toMatchObject(succeeded);
  expect(await scene.images()).toEqual({ 'nodes:2': 6 });
});

/** In the scenario below: all but the first, the fifth and the sixth of eight. */
const fits = ({ metadata }: { metadata: { name: string } }) => !/-000[156]$/.test(metadata.name);

scenario(
  'S1, S46: Nodewave counts the nodes that the DaemonSet controller counts',
  { nodes: 8, fits },
  async (scene) => {
    const [tainted, tolerated, cordoned, pressed, elsewhere, executed] = scene.nodes.names as [string, ...string[]];
    const taint = (node: string | undefined, key: string, effect = 'NoSchedule') =>
      scene.patchNode(node ?? '', { spec: { taints: [{ key, effect }] } });
    await Promise.all([
      taint(tainted, 'ops'),
      taint(tolerated, 'gpu'),
      scene.patchNode(cordoned ?? '', { spec: { unschedulable: true } }),
      taint(pressed, 'node.kubernetes.io/memory-pressure'),
      scene.patchNode(elsewhere ?? '', { metadata: { labels: { role: 'storage' } } }),
      taint(executed, 'ops', 'NoExecute'),
    ]);
    const matchExpressions = [{ key: 'role', operator: 'NotIn', values: ['storage'] }];
    const required = { nodeSelectorTerms: [{ matchExpressions }] };
    const pod = {
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
    };
    await scene.install('nodes:1', { pod });
    expect((await scene.live()).status?.desiredNumberScheduled).toBe(5);
    const rollout = await scene.rollout('nodes:2', { pod });
    expect(await rollout.result()).toMatchObject(succeeded);
    expect((await rollout.status()).progress).toMatchObject({ eligible: 5, done: 5 });
    expect(await scene.taken()).toHaveLength(5);
  },
);

scenario(
  'S10: more nodes set aside than may be: no further one is taken until some are back',
  { budget: 1 },
  async (scene) => {
    await scene.install('nodes:1');
    const away = scene.nodes.names.slice(0, 2);
    for (const node of away) await scene.setReady(node, false);
    const rollout = await scene.rollout('nodes:2', { policy: { maxDeferred: 1 } });
    const { live } = await rollout.reaches('rolling', (view) => (view.live?.blocked ?? null) !== null);
    expect(live?.blocked).toContain('2 nodes are set aside');
    expect(await scene.taken()).toEqual([]);
    for (const node of away) await scene.setReady(node, true);
    expect(await rollout.result()).toMatchObject(succeeded);
    expect(await scene.images()).toEqual({ 'nodes:2': 6 });
  },
);

scenario('S11: a cordoned node is left out where the policy says so', {}, async (scene) => {
  await scene.install('nodes:1');
  const node = first(scene.nodes.names);
  const { [node]: uid } = await scene.uids();
  await scene.patchNode(node, { spec: { unschedulable: true } });
  const rollout = await scene.rollout('nodes:2', { policy: { cordoned: 'skip' } });
  expect(await rollout.result()).toMatchObject(succeeded);
  expect((await scene.uids())[node]).toBe(uid);
  expect(await scene.images()).toEqual({ 'nodes:1': 1, 'nodes:2': 5 });
});

scenario('S35: a node that kured is about to reboot is set aside until it is done', {}, async (scene) => {
  await scene.install('nodes:1');
  const node = first(scene.nodes.names);
  const mark = (value: string | null) =>
    scene.patchNode(node, { metadata: { annotations: { 'weave.works/kured-reboot-in-progress': value } } });
  await mark('2026-01-01T00:00:00Z');
  const rollout = await scene.rollout(held);
  await rollout.reaches('rolling', ({ progress }) => progress?.deferred === 1 && progress.inFlight === 2);
  expect(await scene.taken()).not.toContain(node);
  await mark(null);
  expect(await scene.letThrough(rollout, held)).toMatchObject(succeeded);
  expect(await scene.taken()).toContain(node);
});
