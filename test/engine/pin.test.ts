import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { paths } from '../../activities/cluster/paths.ts';
import { applyManifests } from '../../dev/stack/manifests.ts';
import { crashLoop, neverReady } from '../../dev/stack/stages.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import type { BatchSpec } from '../../domain/rollout/policy.ts';
import { imageOf } from '../e2e/scene.ts';
import { adminKube, uniqueName } from '../support/cluster.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { type Scene, scenarios } from './scenario.ts';

/** Its pods are ready when a test says so. */
const held = 'pin:held';
const crash = 'pin:crash';
const account = uniqueName('nodewave-pin');
const pinFile = join(import.meta.dirname, '..', '..', 'deploy', 'pin.yaml');

beforeAll(async () => {
  // The policy under its own name; only who may use it is this file's own worker.
  const text = readFileSync(pinFile, 'utf8').replaceAll(/(name|namespace): nodewave$/gm, `$1: ${account}`);
  await applyManifests(await adminKube(), { text });
}, stackTimeoutMs);

const scenario = scenarios([...neverReady(held), ...crashLoop(crash)], { account, interlock: uniqueName('pin') });

const canaryAndRest: BatchSpec[] = [
  { name: 'canary', nodes: 1, soakMs: 0, approval: 'after' },
  { name: 'rest', nodes: '100%', soakMs: 0 },
];

const isPinned = async (scene: Scene): Promise<boolean> =>
  (await scene.engine.kube.get(paths.pin({ namespace: scene.namespace, name: 'agent' }))) !== null;

async function liveImage(scene: Scene): Promise<string | undefined> {
  const containers = (await scene.live()).spec.template.spec?.containers as { image: string }[] | undefined;
  return containers?.[0]?.image;
}

/** The image of the pod that comes on a node which has none, or another than `before`. */
async function nextImage(scene: Scene, node: string, before?: string): Promise<string> {
  const pod = await scene.until(`a new pod on ${node}`, async () => {
    const found = await scene.podOn(node);
    return found !== undefined && found.metadata.uid !== before && found;
  });
  return imageOf(pod);
}

/** A node that runs `image`. */
async function nodeWith(scene: Scene, image: string): Promise<{ node: string; uid: string }> {
  const pod = (await scene.pods()).find((one) => imageOf(one) === image);
  const node = pod?.spec?.nodeName;
  if (pod === undefined || node === undefined) throw new Error(`no node runs ${image}`);
  return { node, uid: pod.metadata.uid };
}

scenario(
  'S27: pin keeps the new template live throughout, and gives last good to a pod deleted by hand and to a node that joins',
  { nodes: 12, budget: 4 },
  async (scene) => {
    await scene.install('pin:1', { pod: { hostPID: true, terminationGracePeriodSeconds: 3 } });
    const rollout = await scene.rollout(held, { policy: { exposure: 'pin', batches: canaryAndRest } });
    // In the middle of a batch, where a window would be open.
    await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 1);
    await scene.until('a deletion', async () => (await scene.taken()).length === 1);
    expect(await liveImage(scene)).toBe(held);
    const untouched = await nodeWith(scene, 'pin:1');
    await scene.deletePod(untouched.node);
    expect(await nextImage(scene, untouched.node, untouched.uid)).toBe('pin:1');
    const restored = await scene.podOn(untouched.node);
    const [good] = (await scene.record()).good;
    expect(restored?.metadata.labels).toMatchObject({ app: 'agent', 'controller-revision-hash': good?.hash });
    expect(restored?.spec).toMatchObject({ hostPID: true, terminationGracePeriodSeconds: 3 });
    const joined = await scene.addNode();
    expect(await nextImage(scene, joined)).toBe('pin:1');

    await scene.makeReady(held);
    const asked = await rollout.reaches('awaitingApprovalAfter');
    expect(asked.progress).toMatchObject({ eligible: 13, done: 1, exposed: 0 });
    expect(await liveImage(scene), 'no window is closed between batches').toBe(held);
    // A node that was released keeps the new template whatever happens to its pod.
    const canary = await nodeWith(scene, held);
    await scene.deletePod(canary.node);
    expect(await nextImage(scene, canary.node, canary.uid)).toBe(held);
    await scene.makeReady(held);

    await rollout.send('approve', { plan: asked.planDigest });
    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ [held]: 13 });
    expect(await isPinned(scene), 'after promotion nothing is pinned').toBe(false);
    expect(await scene.record()).not.toHaveProperty('pinned');
    expect(await nextImage(scene, await scene.addNode())).toBe(held);
  },
);

scenario('pin ends with a pause, begins again with it, and is over after an abort', {}, async (scene) => {
  await scene.install('pin:1');
  const rollout = await scene.rollout(held, { policy: { exposure: 'pin', batches: canaryAndRest } });
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 1);
  await scene.until('the canary', async () => {
    await scene.makeReady(held);
    return (await rollout.status()).phase === 'awaitingApprovalAfter';
  });
  await rollout.send('pause');
  await rollout.reaches('paused');
  expect([await liveImage(scene), await isPinned(scene)]).toEqual(['pin:1', false]);
  await rollout.send('resume');
  const asked = await rollout.reaches('awaitingApprovalAfter');
  await rollout.send('approve', { plan: asked.planDigest });
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  await scene.until('two more deletions', async () => (await scene.taken()).length === 3);
  expect([await liveImage(scene), await isPinned(scene)]).toEqual([held, true]);
  const untouched = await nodeWith(scene, 'pin:1');
  await scene.deletePod(untouched.node);
  expect(await nextImage(scene, untouched.node, untouched.uid)).toBe('pin:1');
  await rollout.send('abort');
  expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
  expect([await liveImage(scene), await isPinned(scene)]).toEqual(['pin:1', false]);
});

scenario(
  'pin outlives a rollout that was terminated, and the next rollout clears it',
  { templates: 3 },
  async (scene) => {
    await scene.install('pin:1');
    const rollout = await scene.rollout(held, { policy: { exposure: 'pin', batches: canaryAndRest } });
    await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 1);
    await scene.until('a deletion', async () => (await scene.taken()).length === 1);
    const workflowId = rolloutWorkflowId({ cluster: 'local', namespace: scene.namespace, name: 'agent' });
    await scene.engine.client.workflow.getHandle(workflowId).terminate('by hand');
    const untouched = await nodeWith(scene, 'pin:1');
    await scene.deletePod(untouched.node);
    expect(await nextImage(scene, untouched.node, untouched.uid)).toBe('pin:1');
    await scene.makeReady(held);
    const next = await scene.rollout('pin:2', { policy: { exposure: 'window' } });
    expect(await next.result()).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'pin:2': 6 });
    expect(await isPinned(scene)).toBe(false);
  },
);

scenario('a release that fails while it is pinned goes back, and only the node that it reached', {}, async (scene) => {
  await scene.install('pin:1');
  const before = await scene.uids();
  const rollout = await scene.rollout(crash, { policy: { exposure: 'pin', batches: canaryAndRest } });
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
  expect([await liveImage(scene), await isPinned(scene)]).toEqual(['pin:1', false]);
  const after = await scene.until('six pods', async () => {
    const uids = await scene.uids();
    return Object.keys(uids).length === 6 && uids;
  });
  expect(Object.keys(after).filter((node) => after[node] !== before[node])).toHaveLength(1);
});
