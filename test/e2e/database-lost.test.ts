import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../client/index.ts';
import { applyStages, crashLoop, slowReady } from '../../dev/stack/stages.ts';
import { auditedDeletes } from '../support/audit.ts';
import { adminKube, makeNodes, type TestNodes } from '../support/cluster.ts';
import { violations } from '../support/invariants.ts';
import { recordPods } from '../support/pod-history.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { startTemporal, type TestTemporal } from '../support/temporal.ts';
import { type Relay, startRelay } from './relay.ts';
import { imageOf, makeScene, type Scene } from './scene.ts';

const nodeCount = 5;
const by = 'ann@example.com';

let product: Product;
let relay: Relay;
let nodes: TestNodes;
let empty: TestTemporal | undefined;

beforeAll(async () => {
  product = await startProduct({ worker: false });
  relay = await startRelay(product.temporal.config.address);
  await product.startWorker({ temporalAddress: relay.address });
  nodes = await makeNodes('lost', nodeCount);
  const kube = await adminKube();
  await applyStages(kube, [...crashLoop('lost:crash'), ...slowReady('lost:slow', 1_500)]);
}, stackTimeoutMs);

afterAll(async () => {
  await nodes?.remove();
  if (empty !== undefined) await product.client.close();
  await product?.stop();
  await empty?.stop();
  await relay?.stop();
});

/** Temporal's database is gone: the worker meets an empty server at the same address. */
async function loseDatabase(): Promise<void> {
  relay.cut();
  empty = await startTemporal();
  product.temporal = empty;
  product.client = await connect(empty.config);
  relay.to(empty.config.address);
}

test('without its database Temporal is empty, and everything is found again from record and cluster', async ({
  onTestFinished,
}) => {
  const made = async (prefix: string, rollout: object): Promise<Scene> => {
    const policy = { maxUnavailable: 1, readyWithin: '60s', ...rollout };
    const scene = await makeScene({ product, prefix, nodes, rollout: policy, onTestFinished });
    const first = await scene.commit({ 'agent.yaml': scene.agent('lost:1') });
    await scene.configure();
    expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
    return scene;
  };
  const whole = { name: 'all', nodes: '100%' };
  const [held, waiting, soaking, rolling] = await Promise.all([
    made('held', { batches: [{ name: 'canary', nodes: 1 }, whole], maxUnavailable: 3 }),
    made('waiting', { batches: [{ ...whole, approval: 'before' }] }),
    made('soaking', { batches: [{ name: 'canary', nodes: 2, soak: '10m' }, whole], maxUnavailable: 3 }),
    made('rolling', { batches: [whole] }),
  ]);
  const all = [held, waiting, soaking, rolling];

  const second = await held.push(held.agent('lost:2'));
  expect(await held.outcome(second)).toMatchObject({ outcome: 'succeeded' });
  const crash = await held.push(held.agent('lost:crash'));
  expect(await held.outcome(crash)).toMatchObject({ outcome: 'rolledBack' });
  const approvals = await waiting.push(waiting.agent('lost:2'));
  const { planDigest } = await waiting.rollout(approvals, 'awaitingApprovalBefore');
  const soak = await soaking.push(soaking.agent('lost:2'));
  await soaking.rollout(soak, 'soaking');
  const history = await recordPods(product.kube, rolling.namespace);
  onTestFinished(async () => history.stop());
  const roll = await rolling.push(rolling.agent('lost:slow'));
  await history.until((event) => event.image === 'lost:slow' && event.available);
  await history.until((event) => event.terminating && event.image === 'lost:1');

  const before = await Promise.all(all.map((scene) => scene.uids()));
  const canaries = (await soaking.pods()).filter((pod) => imageOf(pod) === 'lost:2').map((pod) => pod.metadata.uid);
  await loseDatabase();
  for (const scene of [held, waiting, rolling]) await scene.configure();
  await soaking.configure({ batches: [{ name: 'canary', nodes: 2, soak: '1s' }, whole], maxUnavailable: 3 });

  expect(await held.outcome(crash)).toMatchObject({
    outcome: 'held',
    cause: expect.stringContaining('CrashLoopBackOff'),
  });
  expect(await held.phase('held')).toMatchObject({ sentence: expect.stringContaining('release-quarantine') });
  expect(await held.uids()).toEqual(before[0]);
  expect((await held.record()).good).toMatchObject([{ commit: second }, { commit: expect.any(String) }]);

  const asked = await waiting.rollout(approvals, 'awaitingApprovalBefore');
  expect(asked.planDigest, 'the same plan, so that what was looked at still counts').toBe(planDigest);
  expect(await waiting.uids()).toEqual(before[1]);
  await waiting.send('approve', { by, plan: planDigest });
  expect(await waiting.outcome(approvals)).toMatchObject({ outcome: 'succeeded' });

  expect(await soaking.outcome(soak)).toMatchObject({ outcome: 'succeeded' });
  expect(await soaking.images()).toEqual({ 'lost:2': nodeCount });
  const kept = Object.values(await soaking.uids());
  expect(kept, 'what was replaced before is not replaced again').toEqual(expect.arrayContaining(canaries));

  expect(await rolling.outcome(roll)).toMatchObject({ outcome: 'succeeded' });
  expect(await rolling.images()).toEqual({ 'lost:slow': nodeCount });
  const { auditLogFile } = await testStack();
  const deletes = auditedDeletes(auditLogFile, rolling.namespace);
  expect(deletes).toHaveLength(nodeCount);
  expect(violations({ events: history.events, deletes, nodes: nodes.names, budget: 1 })).toEqual([]);

  // Last good is known where it was: a failure goes back to it, and a person can go back behind it.
  const failing = await waiting.push(waiting.agent('lost:crash'));
  const { planDigest: plan } = await waiting.rollout(failing, 'awaitingApprovalBefore');
  await waiting.send('approve', { by, plan });
  expect(await waiting.outcome(failing)).toMatchObject({ outcome: 'rolledBack' });
  expect(await waiting.images()).toEqual({ 'lost:2': nodeCount });
  const fixed = await held.push(held.agent('lost:2', { env: { FIXED: '1' } }));
  expect(await held.outcome(fixed)).toMatchObject({ outcome: 'succeeded' });
});
