import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { DaemonSet, KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { applyStages, crashLoop } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { adminKube, makeNodes, type TestNodes } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { type Kubectl, makeKubectl } from './kubectl.ts';
import { makeScene, type Scene } from './scene.ts';

const nodeCount = 5;
const rollout = { batches: [{ name: 'canary', nodes: 1, soak: '1s' }, { nodes: '100%' }], readyWithin: '30s' };

let product: Product;
let kubectl: Kubectl;
let nodes: TestNodes;

beforeAll(async () => {
  product = await startProduct();
  kubectl = await makeKubectl();
  nodes = await makeNodes('adopt', nodeCount);
  await applyStages(await adminKube(), crashLoop('adopt:crash'));
}, stackTimeoutMs);

afterAll(async () => {
  await nodes?.remove();
  kubectl?.remove();
  await product?.stop();
});

/** Applies the manifest with kubectl and returns once all pods run: the state in which people meet Nodewave. */
async function runsAlready(scene: Scene, manifest: string): Promise<void> {
  await kubectl.apply(scene.namespace, manifest);
  await waitFor(async () => Object.values(await scene.images())[0] === nodeCount, {
    timeoutMs: 60_000,
    what: 'the pods of the DaemonSet that kubectl applied',
  });
}

/** The manifest with more in its metadata, its spec and its container. */
function extended(manifest: string, change: (daemonSet: DaemonSet & KubeObject) => void): string {
  const daemonSet = parse(manifest) as DaemonSet & KubeObject;
  change(daemonSet);
  return stringify(daemonSet);
}

function containerOf(daemonSet: DaemonSet): Record<string, unknown> {
  const containers = daemonSet.spec.template.spec?.containers as Record<string, unknown>[] | undefined;
  return containers?.[0] ?? {};
}

const managersOf = (object: KubeObject | DaemonSet): string[] =>
  (object.metadata.managedFields ?? [])
    .filter((entry) => entry.subresource === undefined)
    .map((entry) => `${entry.manager} ${entry.operation}`);

test.concurrent('a DaemonSet that kubectl applied is adopted without restarting a pod, and then rolls and goes back like any other', async ({
  onTestFinished,
}) => {
  const scene = await makeScene({ product, prefix: 'adopt', nodes, rollout, onTestFinished });
  const manifest = extended(scene.agent('adopt:1', { env: { KEPT: '1', DROPPED: '1' } }), (daemonSet) => {
    daemonSet.metadata.labels = { team: 'agents', temporary: 'label' };
    daemonSet.spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } };
    containerOf(daemonSet).args = ['--verbose'];
  });
  await runsAlready(scene, manifest);
  const before = await scene.uids();
  expect(managersOf(await scene.live())).toEqual(['kubectl-client-side-apply Update']);

  const same = await scene.commit({ 'agent.yaml': manifest }, 'What runs already');
  await scene.configure();
  expect(await scene.outcome(same)).toMatchObject({ outcome: 'adopted', cause: null });
  expect(await scene.uids()).toEqual(before);
  const adopted = await scene.live();
  expect(adopted.spec.updateStrategy?.type).toBe('OnDelete');
  expect(adopted.metadata.annotations).toMatchObject({ 'nodewave.dev/application': scene.name });
  expect(managersOf(adopted)).toEqual([`nodewave:${scene.name} Apply`]);
  const record = await scene.record();
  expect(record.good).toMatchObject([{ commit: same, hash: expect.any(String) }]);
  expect(record.daemonSetUid).toBe(adopted.metadata.uid);
  expect(await scene.phase('waiting')).toMatchObject({ syncedCommit: same });

  const crash = await scene.push(manifest.replace('adopt:1', 'adopt:crash'));
  expect(await scene.outcome(crash)).toMatchObject({ outcome: 'rolledBack' });
  const back = await scene.uids();
  expect(await scene.images()).toEqual({ 'adopt:1': nodeCount });
  const untouched = Object.keys(before).filter((node) => back[node] === before[node]);
  expect(untouched, 'every node but the canary keeps its pod').toHaveLength(nodeCount - 1);
  expect(await scene.liveImage()).toBe('adopt:1');

  const next = await scene.push(
    extended(manifest.replace('adopt:1', 'adopt:2'), (daemonSet) => {
      daemonSet.metadata.labels = { team: 'agents' };
      const container = containerOf(daemonSet);
      container.env = [{ name: 'KEPT', value: '1' }];
      delete container.args;
    }),
  );
  expect(await scene.outcome(next)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'adopt:2': nodeCount });
  const rolled = await scene.live();
  expect(containerOf(rolled)).toMatchObject({ image: 'adopt:2', env: [{ name: 'KEPT', value: '1' }] });
  expect(containerOf(rolled)).not.toHaveProperty('args');
  expect(rolled.metadata.labels).toEqual({ team: 'agents' });
  const [pod] = await scene.pods();
  expect(pod?.spec?.containers).toMatchObject([{ env: [{ name: 'KEPT' }] }]);
});

test.concurrent('where git is ahead of the cluster, what runs is adopted first and is what a failure goes back to', async ({
  onTestFinished,
}) => {
  const scene = await makeScene({ product, prefix: 'ahead', nodes, rollout, onTestFinished });
  await runsAlready(scene, scene.agent('adopt:1'));
  const before = await scene.uids();
  const crash = await scene.commit({ 'agent.yaml': scene.agent('adopt:crash') });
  await scene.configure();
  expect(await scene.outcome(crash)).toMatchObject({
    outcome: 'rolledBack',
    cause: expect.stringContaining('CrashLoopBackOff'),
  });
  const back = await scene.uids();
  expect(await scene.images()).toEqual({ 'adopt:1': nodeCount });
  expect(Object.keys(before).filter((node) => back[node] === before[node])).toHaveLength(nodeCount - 1);
  expect((await scene.record()).good).toMatchObject([{ commit: 'adopted' }]);

  const fix = await scene.push(scene.agent('adopt:2'));
  expect(await scene.outcome(fix)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'adopt:2': nodeCount });
  expect((await scene.record()).good).toMatchObject([{ commit: fix }, { commit: 'adopted' }]);
});

describe.concurrent('what somebody else manages is refused by name, and left as it is', () => {
  const cases: [string, (daemonSet: DaemonSet & KubeObject, owner: KubeObject) => void, RegExp][] = [
    [
      'another application of Nodewave',
      ({ metadata }) => {
        metadata.annotations = { 'nodewave.dev/application': 'other-team' };
      },
      /managed by application other-team; .*nodewave delete other-team/,
    ],
    [
      'Argo CD',
      ({ metadata }) => {
        metadata.annotations = { 'argocd.argoproj.io/tracking-id': 'agents:apps/DaemonSet:x/agent' };
      },
      /managed by Argo CD \(agents:apps\/DaemonSet:x\/agent\); .*argocd\.argoproj\.io\/tracking-id/,
    ],
    [
      'Flux',
      ({ metadata }) => {
        metadata.labels = { 'kustomize.toolkit.fluxcd.io/name': 'agents' };
      },
      /managed by Flux \(agents\)/,
    ],
    [
      'Helm',
      ({ metadata }) => {
        metadata.annotations = { 'meta.helm.sh/release-name': 'agents' };
        metadata.labels = { 'app.kubernetes.io/managed-by': 'Helm' };
      },
      /managed by Helm \(agents\)/,
    ],
    [
      'an operator',
      ({ metadata }, { metadata: { name, uid } }) => {
        const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid, controller: true };
        metadata.ownerReferences = [reference];
      },
      /managed by ConfigMap agent-operator \(its owner\); change it through ConfigMap agent-operator/,
    ],
  ];

  test.concurrent('one after the other in one application, then one that nobody manages', async ({
    onTestFinished,
  }) => {
    const scene = await makeScene({ product, prefix: 'foreign', nodes, rollout, onTestFinished });
    const owner = await product.kube.create<KubeObject>(
      paths.configMaps(scene.namespace),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'agent-operator' } },
      { fieldManager: 'test' },
    );
    await scene.configure();
    for (const [index, [who, mark, sentence]] of cases.entries()) {
      const name = `agent-${index}`;
      const foreign = extended(scene.agent('adopt:1', { name }), (daemonSet) => mark(daemonSet, owner));
      await kubectl.apply(scene.namespace, foreign);
      const path = paths.daemonSet({ namespace: scene.namespace, name });
      const settled = await waitFor(
        async () => {
          const live = await product.kube.get<DaemonSet>(path);
          return live?.status?.numberAvailable === nodeCount && live;
        },
        { timeoutMs: 60_000, what: `the pods of ${name}` },
      );
      const commit = await scene.push({ 'agent.yaml': scene.agent('adopt:2', { name }) }, who);
      const outcome = await scene.outcome(commit);
      expect(outcome, who).toMatchObject({ outcome: 'invalid', cause: expect.stringMatching(sentence) });
      expect(outcome.cause, who).toContain('agent.yaml:1');
      expect(await product.kube.get<DaemonSet>(path), who).toEqual(settled);
      await product.kube.remove(path);
    }
    const good = await scene.push(scene.agent('adopt:1'));
    expect(await scene.outcome(good)).toMatchObject({ outcome: 'installed' });
  });
});
