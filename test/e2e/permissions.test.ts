import { afterAll, beforeAll, test } from 'vitest';
import type { KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { uniqueName } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { makeScene, versionOf } from './scene.ts';

const nodeCount = 4;
const rollout = { batches: [{ name: 'canary', nodes: 1 }, { nodes: '100%' }], readyWithin: '60s' };
/** A service account of this file's own: a test takes single verbs away from it. */
const account = uniqueName('nodewave');

const rbac = '/apis/rbac.authorization.k8s.io/v1';

let product: Product;

beforeAll(async () => {
  product = await startProduct({ account });
}, stackTimeoutMs);

afterAll(async () => {
  for (const role of ['cluster', 'read', 'write'].map((part) => `${account}-${part}`)) {
    await product?.kube.remove(`${rbac}/clusterrolebindings/${role}`);
    await product?.kube.remove(`${rbac}/clusterroles/${role}`);
  }
  await product?.kube.remove(paths.namespace(account));
  await product?.stop();
});

interface ClusterRole extends KubeObject {
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

/** Takes verbs of the role `write` away from the worker's account, `{}` gives all back. Calls do not add up. */
async function takeAway(verbs: Record<string, string>): Promise<void> {
  const path = `${rbac}/clusterroles/${account}-write`;
  writeRules ??= (await product.kube.get<ClusterRole>(path))?.rules ?? [];
  const rules = writeRules.flatMap((rule) =>
    rule.resources.map((resource) => ({
      ...rule,
      resources: [resource],
      verbs: rule.verbs.filter((verb) => verb !== verbs[resource]),
    })),
  );
  await product.kube.patch(path, { rules: rules.filter((rule) => rule.verbs.length > 0) }, { type: 'merge' });
}

let writeRules: ClusterRole['rules'] | undefined;

test('a right that the worker does not have: it holds with a sentence that names the verb and the cure, and goes on by itself once it is given', async ({
  onTestFinished,
  expect,
}) => {
  const scene = await makeScene({ product, prefix: 'rights', nodes: nodeCount, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('bad:1') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const before = { live: versionOf(await scene.live()), uids: await scene.uids() };

  onTestFinished(() => takeAway({}));
  await takeAway({ daemonsets: 'patch' });
  const second = await scene.push(scene.agent('bad:2'));
  const holding = await scene.phase('holding');
  const user = `system:serviceaccount:${account}:${account}`;
  expect(holding.sentence).toContain(`${user} may not patch daemonsets in namespace ${scene.namespace}`);
  expect(holding.sentence).toContain('verbs ["patch"] to deploy/rbac.yaml');
  expect(holding.recent[0]?.commit, 'it is not held against the commit').toBe(first);
  expect({ live: versionOf(await scene.live()), uids: await scene.uids() }).toEqual(before);

  await takeAway({ pods: 'delete' });
  const held = await scene.rollout(second, 'holding');
  expect(held.sentence).toContain(`${user} may not delete pods in namespace ${scene.namespace}`);
  expect(held.sentence).toContain('verbs ["delete"]');
  expect(await scene.uids()).toEqual(before.uids);
  await takeAway({});
  expect(await scene.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'bad:2': nodeCount });
});
