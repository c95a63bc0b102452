import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { applyManifests, parseManifests } from '../../dev/stack/manifests.ts';
import { setNodeReady } from '../../dev/stack/nodes.ts';
import { makeScene, nodeOf, type Scene } from '../e2e/scene.ts';
import { adminKube, uniqueName } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { placed } from './gallery.ts';

/** What cannot end as the other exhibits do: the node is to blame, or a pod that does not go keeps the way back closed as well. */

const root = join(import.meta.dirname, '..', '..');
const stuck = (file: string): string =>
  readFileSync(join(root, 'examples', 'failures', 'stuck-terminating', file), 'utf8');
const by = 'ann';
const account = uniqueName('nodewave');
const nodesEach = 6;
const touchedFirst = 4;

let product: Product;

beforeAll(async () => {
  product = await startProduct({ account });
  const rights = readFileSync(join(root, 'deploy', 'rbac-diagnosis.yaml'), 'utf8');
  await applyManifests(await adminKube(), { text: rights.replaceAll('nodewave', account) });
  await applyManifests(await adminKube(), { text: stuck('stages.yaml') });
}, stackTimeoutMs);

afterAll(async () => {
  for (const { metadata } of parseManifests(stuck('stages.yaml'))) {
    await product?.kube.remove(`/apis/kwok.x-k8s.io/v1alpha1/stages/${metadata.name}`);
  }
  await product?.stop();
});

type Finished = (cleanUp: () => Promise<void>) => void;

/** Version 1 on all nodes, and version 2 on four of six, where it soaks. */
async function soaking(
  prefix: string,
  onTestFinished: Finished,
): Promise<{ scene: Scene; commit: string; node: string }> {
  const batches = [{ nodes: touchedFirst, soak: '10m' }, { nodes: '100%' }];
  const rollout = { batches, maxUnavailable: touchedFirst, onFailure: 'pause' };
  const scene = await makeScene({ product, prefix, nodes: nodesEach, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('registry.example.com/agent:1.0') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const commit = await scene.push(scene.agent('registry.example.com/agent:2.0'));
  const { nodesTouched } = await scene.rollout(commit, 'soaking');
  return { scene, commit, node: nodesTouched[0] ?? '' };
}

test('S21: a bad node is told apart from a bad release: one of four turns NotReady', async ({ onTestFinished }) => {
  const { scene, commit, node } = await soaking('not-ready', onTestFinished);
  await setNodeReady(await adminKube(), node, false);
  const { diagnoses = [], nodesTouched } = await scene.rollout(commit, 'stopped');
  expect(diagnoses[0]).toMatchObject({ cause: 'NodeNotReady', node, blame: 'node', confidence: 'high' });
  expect(diagnoses[0]?.spread).toMatch(/^1 of 4 updated nodes/);
  expect(nodesTouched).toHaveLength(touchedFirst);
  await setNodeReady(await adminKube(), node, true);
  await scene.send('rollback', { by, reason: 'not before Monday' });
  expect(await scene.outcome(commit)).toMatchObject({ outcome: 'rolledBack' });
  expect(await scene.images()).toEqual({ 'registry.example.com/agent:1.0': nodesEach });
}, 300_000);

test('S23: a node that is short of memory ends the pod of one of four: the node is to blame', async ({
  onTestFinished,
}) => {
  const { scene, commit, node } = await soaking('pressure', onTestFinished);
  const pressure = { type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory' };
  const conditions = [{ ...pressure, message: 'kubelet has insufficient memory available' }];
  await product.kube.patch(`${paths.node(node)}/status`, { status: { conditions } }, { type: 'strategic' });
  const pod = (await scene.pods()).find((one) => nodeOf(one) === node);
  const message = 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 61476Ki. ';
  await product.kube.patch(
    `${paths.pod(scene.namespace, pod?.metadata.name ?? '')}/status`,
    { status: { phase: 'Failed', reason: 'Evicted', message } },
    { type: 'strategic' },
  );
  const { diagnoses = [] } = await scene.rollout(commit, 'stopped');
  expect(diagnoses[0]).toMatchObject({ cause: 'NodePressure', node, blame: 'node', confidence: 'high' });
}, 300_000);

test('S10: a node that was NotReady before is set aside, and no failure of the release', async ({ onTestFinished }) => {
  const rollout = { batches: [{ nodes: '100%' }], maxUnavailable: nodesEach };
  const scene = await makeScene({ product, prefix: 'away', nodes: nodesEach, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('registry.example.com/agent:1.0') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const [away = ''] = scene.nodes.names;
  await setNodeReady(await adminKube(), away, false);
  const commit = await scene.push(scene.agent('registry.example.com/agent:2.0'));
  const { sentence, diagnoses = [] } = await scene.rollout(commit, 'succeeded');
  expect(sentence).toContain(`1 deferred (${away}: NotReady)`);
  expect(diagnoses).toEqual([]);
}, 300_000);

test('S19: a pod that does not go stops the rollout at the canary, names its finalizer, and is never forced', async ({
  onTestFinished,
}) => {
  const rollout = { batches: [{ nodes: 1 }, { nodes: '100%' }], maxUnavailable: 1, onFailure: 'pause' };
  const scene = await makeScene({ product, prefix: 'stuck', nodes: 3, rollout, onTestFinished });
  const place = { namespace: scene.namespace, nodeSelector: scene.nodes.selector };
  const first = await scene.commit({ 'agent.yaml': placed(stuck('bad.yaml'), 'agent', place) });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const commit = await scene.push(scene.agent('registry.example.com/agent:3.0'));
  const { diagnoses = [], nodesTouched } = await scene.rollout(commit, 'stopped');
  const [node = ''] = nodesTouched;
  expect(nodesTouched).toHaveLength(1);
  expect(diagnoses[0]).toMatchObject({ cause: 'StuckTerminating', node, confidence: 'high' });
  expect(diagnoses[0]?.what).toContain('finalizer agents.example.com/drain');
  const { items } = await product.kube.list<Pod>(paths.pods(scene.namespace));
  const [pod] = items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  expect(items).toHaveLength(3);
  // What the next step asks for.
  const finalizers = { metadata: { finalizers: null } };
  await product.kube.patch(paths.pod(scene.namespace, pod?.metadata.name ?? ''), finalizers, { type: 'merge' });
  await scene.send('rollback', { by, reason: 'the controller of the finalizer is gone' });
  expect(await scene.outcome(commit)).toMatchObject({ outcome: 'rolledBack' });
  expect(await scene.images()).toEqual({ 'registry.example.com/agent:2.0-stuck-terminating': 3 });
  await released(scene);
}, 400_000);

/** Takes the finalizers away, or the namespace would never go. */
async function released(scene: Scene): Promise<void> {
  for (const { metadata } of await scene.pods()) {
    await product.kube.patch(
      paths.pod(scene.namespace, metadata.name),
      { metadata: { finalizers: null } },
      { type: 'merge' },
    );
  }
}

test('S9: a release that does not tolerate the taint of its nodes touches none of them, and takes no pod away', async ({
  onTestFinished,
}) => {
  const rollout = { batches: [{ nodes: 1 }, { nodes: '100%' }], maxUnavailable: 1 };
  const scene = await makeScene({ product, prefix: 'taint', nodes: 3, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('registry.example.com/agent:1.0') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  for (const node of scene.nodes.names) {
    const taints = [{ key: 'example.com/dedicated', value: 'agents', effect: 'NoSchedule' }];
    await product.kube.patch<KubeObject>(paths.node(node), { spec: { taints } }, { type: 'merge' });
  }
  const before = await scene.uids();
  const commit = await scene.push(scene.agent('registry.example.com/agent:2.0'));
  await scene.outcome(commit);
  expect(await product.client.rolloutStatus(scene.ref)).toMatchObject({ nodesTouched: [], census: { eligible: 0 } });
  expect(await scene.uids()).toEqual(before);
}, 300_000);
