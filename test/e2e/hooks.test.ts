import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { Node } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { applyManifests } from '../../dev/stack/manifests.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { excludeLabel, hooksAnnotation } from '../../domain/rollout/hooks.ts';
import { allDeletes, isWorker } from '../support/audit.ts';
import { adminKube, uniqueName } from '../support/cluster.ts';
import { type Product, type ProductWorker, startProduct } from '../support/product.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { makeScene, type Scene } from './scene.ts';

const nodeCount = 4;
/** A service account of this file's own: no other test's worker may write to nodes. */
const account = uniqueName('nodewave');
const deploy = join(import.meta.dirname, '..', '..', 'deploy');

let product: Product;
let worker: ProductWorker | null = null;

beforeAll(async () => {
  const started = await startProduct({ account });
  product = started;
  worker = started.first;
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

/** Names of the nodes on which anything of hooks shows. */
async function changed(scene: Scene): Promise<string[]> {
  const { items } = await product.kube.list<Node>(paths.nodes());
  return items
    .filter(({ metadata }) => scene.nodes.names.includes(metadata.name))
    .filter(
      ({ metadata, spec }) =>
        metadata.labels?.[excludeLabel] !== undefined ||
        metadata.annotations?.[hooksAnnotation] !== undefined ||
        spec?.unschedulable === true,
    )
    .map(({ metadata }) => metadata.name);
}

const hooks = [{ kind: 'excludeFromLoadBalancers' }, { kind: 'cordon' }];

test('hooks without their rights: it holds with a sentence that names deploy/rbac-hooks.yaml, and goes on once they are there', async ({
  onTestFinished,
  expect,
}) => {
  const rollout = { batches: [{ nodes: '100%' }], maxUnavailable: 2, hooks };
  const scene = await makeScene({ product, prefix: 'hook-rights', nodes: nodeCount, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('hook:1') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const before = await scene.uids();
  const second = await scene.push(scene.agent('hook:2'));
  const held = await scene.rollout(second, 'holding');
  expect(held.sentence).toContain(
    `system:serviceaccount:${account}:${account} may not patch nodes at the cluster scope; apply deploy/rbac-hooks.yaml`,
  );
  expect(await scene.uids()).toEqual(before);
  const rights = readFileSync(join(deploy, 'rbac-hooks.yaml'), 'utf8');
  await applyManifests(await adminKube(), { text: rights.replaceAll('nodewave', account) });
  expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'hook:2': nodeCount });
  expect(await changed(scene)).toEqual([]);
});

test('item 13: a worker killed while its hooks are in force: the next one goes on, and undoes what the first one did', async ({
  onTestFinished,
  expect,
}) => {
  const rights = readFileSync(join(deploy, 'rbac-hooks.yaml'), 'utf8');
  await applyManifests(await adminKube(), { text: rights.replaceAll('nodewave', account) });
  const rollout = {
    batches: [{ nodes: '100%' }],
    maxUnavailable: 2,
    hooks: [...hooks, { kind: 'settle', for: '4s' }],
  };
  const scene = await makeScene({ product, prefix: 'hook-kill', nodes: nodeCount, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('hook:1') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const second = await scene.push(scene.agent('hook:2'));
  const out = await waitFor(
    async () => {
      const names = await changed(scene);
      return names.length === 2 && names;
    },
    { timeoutMs: 60_000, everyMs: 100, what: 'two nodes to be taken out of service' },
  );
  process.kill(worker?.process.identity.pid ?? 0, 'SIGKILL');
  await worker?.process.ended;
  expect(await scene.images(), 'killed before any pod was deleted').toEqual({ 'hook:1': nodeCount });
  expect(await changed(scene)).toEqual(out);
  worker = await product.startWorker();
  expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'hook:2': nodeCount });
  expect(await changed(scene)).toEqual([]);
  const deletes = allDeletes((await testStack()).auditLogFile, scene.namespace).filter(({ user }) => isWorker(user));
  expect(new Set(deletes.map(({ uid }) => uid)).size).toBe(deletes.length);
  expect(deletes).toHaveLength(nodeCount);
});
