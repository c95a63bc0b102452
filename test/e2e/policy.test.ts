import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { invoke } from '../cli/harness.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { by, installed, nodeCount, whole } from './people.ts';
import type { Scene } from './scene.ts';

let product: Product;

beforeAll(async () => {
  product = await startProduct();
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

const policy = (batches: object[]): string =>
  stringify({
    apiVersion: 'nodewave.dev/v1alpha1',
    kind: 'RolloutPolicy',
    metadata: { name: 'careful' },
    spec: { selector: { names: ['agent'] }, rollout: { batches } },
  });

function files(scene: Scene, image: string, batches: object[]): Record<string, string> {
  const plain = scene.agent(image);
  const marked = plain.replace(
    '  name: agent\n',
    '  name: agent\n  annotations: {nodewave.dev/max-unavailable: "1"}\n',
  );
  expect(marked).not.toBe(plain);
  return { 'agent.yaml': marked, 'policy.yaml': policy(batches) };
}

/** `nodewave plan APP` against the product. */
async function plan(scene: Scene, ...options: string[]): Promise<string> {
  const { client } = product;
  const { code, out } = await invoke(['plan', scene.name, ...options], {
    preview: (...args) => client.preview(...args),
    applicationStatus: (name) => client.applicationStatus(name),
    rolloutStatus: (ref) => client.rolloutStatus(ref),
  });
  expect(code, out).toBe(0);
  return out.replace(/ {2,}/g, ' | ');
}

test('a RolloutPolicy and an annotation in git change the batches of the rollout that comes with them; changed alone they wait for the next one', async (test) => {
  const scene = await installed(product, test, 'policy', { batches: [whole] });
  const canary = [{ name: 'canary', nodes: 1, approval: 'after' }, whole];

  const commit = await scene.push(files(scene, 'policy:2', canary));
  const waiting = await scene.rollout(commit, 'awaitingApprovalAfter');
  expect(waiting.batches.map(({ name, goal }) => [name, goal])).toEqual([
    ['canary', 1],
    ['all', nodeCount],
  ]);
  expect(waiting.budget, 'the annotation, over the 2 of the application').toBe(1);
  expect(await scene.images()).toEqual({ 'people:1': nodeCount - 1, 'policy:2': 1 });
  const wide = await plan(scene, '-o', 'wide');
  expect(wide).toContain(' | batches | RolloutPolicy careful | policy.yaml:10 | [{name: canary, nodes: 1,');
  expect(wide).toContain(' | maxUnavailable | annotation nodewave.dev/max-unavailable | agent.yaml:5 | 1');
  expect(wide).toContain(` | readyWithin | NodeApplication ${scene.name} | test.yaml:`);
  expect(wide).toContain(' | onFailure | built-in default | - | rollback');
  await scene.send('approve', { by, plan: waiting.planDigest });
  expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
  const uids = await scene.uids();

  // Only what a rollout would be like changes: nothing happens now.
  const changed = await scene.push(files(scene, 'policy:2', [{ nodes: '50%' }, { nodes: '100%' }]));
  expect(await scene.outcome(changed)).toMatchObject({ outcome: 'unchanged' });
  expect(await scene.uids()).toEqual(uids);

  const next = await scene.commit(files(scene, 'policy:3', [{ nodes: '50%' }, { nodes: '100%' }]));
  const before = await plan(scene, '--commit', next);
  expect(before).toContain(` | 1 | batch 1 | 50% | ${nodeCount / 2} | `);
  expect(before).toContain(` | nodes | ${nodeCount} eligible nodes`);
  await product.client.changed(scene.name, { deliveryId: next, source: 'cli', refs: ['refs/heads/main'] });
  expect(await scene.outcome(next)).toMatchObject({ outcome: 'succeeded' });
  const { batches } = await product.client.rolloutStatus(scene.ref);
  expect(batches.map(({ goal }) => goal)).toEqual([nodeCount / 2, nodeCount]);
}, 180_000);
