import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DaemonSet, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { applyStages, crashLoop } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { ApplicationStatus } from '../../domain/wire.ts';
import { adminKube, makeNamespace, makeNodes, type TestNodes } from '../support/cluster.ts';
import { agentYaml, application } from '../support/manifests.ts';
import { clusterName, type Product, startProduct } from '../support/product.ts';
import { makeRepo, type TestRepo } from '../support/repo.ts';
import { stackTimeoutMs } from '../support/stack.ts';

let product: Product;
let namespace: string;
let nodes: TestNodes;
let repo: TestRepo;

beforeAll(async () => {
  product = await startProduct();
  namespace = await makeNamespace('flow');
  nodes = await makeNodes('flow', 6);
  repo = await makeRepo();
  await applyStages(await adminKube(), crashLoop('flow:crash'));
}, stackTimeoutMs);

afterAll(async () => {
  repo?.remove();
  await nodes?.remove();
  await product?.stop();
});

async function pods(): Promise<Pod[]> {
  const { items } = await product.kube.list<Pod>(paths.pods(namespace), { labelSelector: 'app=agent' });
  return items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
}

const imagesOf = (all: Pod[]): string[] => [...new Set(all.map((pod) => pod.spec?.containers?.[0]?.image ?? ''))];

async function outcomeOf(name: string, commit: string): Promise<ApplicationStatus> {
  return await waitFor(
    async () => {
      const status = await product.client.applicationStatus(name);
      return status.recent.some((outcome) => outcome.commit === commit) ? status : undefined;
    },
    { timeoutMs: 60_000, what: `an outcome of commit ${commit}` },
  );
}

test('a push installs, the next rolls in batches, a crashing one is rolled back and held, a good one goes out', async () => {
  const name = namespace;
  const rollout = { batches: [{ name: 'canary', nodes: 1, soak: '1s' }, { nodes: '100%' }], readyWithin: '30s' };
  await product.client.configure(application({ name, repo: repo.url, namespace, rollout }), 'ann');
  const push = async (image: string): Promise<string> => {
    const commit = await repo.push({ 'agent.yaml': agentYaml({ image, nodeSelector: nodes.selector }) }, image);
    await product.client.changed(name, { deliveryId: commit, source: 'cli', refs: ['refs/heads/main'] });
    return commit;
  };

  const first = await push('flow:1');
  expect((await outcomeOf(name, first)).recent[0]).toMatchObject({ commit: first, outcome: 'installed', cause: null });
  expect(imagesOf(await pods())).toEqual(['flow:1']);

  const second = await push('flow:2');
  expect((await outcomeOf(name, second)).recent[0]).toMatchObject({ outcome: 'succeeded' });
  const good = await pods();
  expect(imagesOf(good)).toEqual(['flow:2']);

  const third = await push('flow:crash');
  const held = await outcomeOf(name, third);
  expect(held.recent[0]).toMatchObject({ outcome: 'rolledBack' });
  expect(held.recent[0]?.cause).toContain('CrashLoopBackOff');
  expect(held.phase).toBe('held');
  const after = await pods();
  expect(imagesOf(after)).toEqual(['flow:2']);
  const kept = new Set(good.map((pod) => pod.metadata.uid));
  expect(after.filter((pod) => kept.has(pod.metadata.uid))).toHaveLength(5);

  const fourth = await push('flow:4');
  expect((await outcomeOf(name, fourth)).recent[0]).toMatchObject({ outcome: 'succeeded' });
  expect(imagesOf(await pods())).toEqual(['flow:4']);
  const live = await product.kube.get<DaemonSet>(paths.daemonSet({ namespace, name: 'agent' }));
  expect(live?.metadata.annotations?.['nodewave.dev/commit']).toBe(fourth);
  const status = await product.client.rolloutStatus({ cluster: clusterName, namespace, name: 'agent' });
  expect(status.phase).toBe('succeeded');
}, 180_000);
