import { afterAll, beforeAll, expect, test } from 'vitest';
import { paths } from '../../activities/cluster/paths.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { makeScene } from './scene.ts';

/** What a template does to nodes that it does not fit any more, which no rollout can do batch by batch. */

let product: Product;

beforeAll(async () => {
  product = await startProduct();
}, stackTimeoutMs);

afterAll(() => product?.stop());

test('S1: a template that takes more nodes away than may be out is refused, and no pod goes; fewer may', async ({
  onTestFinished,
}) => {
  const rollout = { batches: [{ nodes: 1, approval: 'before' }, { nodes: '100%' }], maxUnavailable: 1 };
  const scene = await makeScene({ product, prefix: 'leaving', nodes: 3, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('registry.example.com/agent:1.0') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const before = await scene.uids();

  const ssd = { nodeSelector: { ...scene.nodes.selector, 'example.com/disk': 'ssd' } };
  const nobody = await scene.push(scene.agent('registry.example.com/agent:2.0', ssd));
  const refused = await scene.outcome(nobody);
  expect(refused.outcome).not.toBe('succeeded');
  expect(refused.cause).toMatch(/does not fit 3 of the 3 nodes .*only 1 may be out at once/s);
  expect(await scene.uids()).toEqual(before);

  for (const node of scene.nodes.names.slice(0, 2)) {
    await product.kube.patch(
      paths.node(node),
      { metadata: { labels: { 'example.com/disk': 'ssd' } } },
      { type: 'merge' },
    );
  }
  const most = await scene.push(scene.agent('registry.example.com/agent:3.0', ssd));
  await scene.rollout(most, 'awaitingApprovalBefore');
  expect(await scene.uids()).toEqual(before);
});
