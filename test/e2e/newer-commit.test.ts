import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyStages, crashLoop } from '../../dev/stack/stages.ts';
import { adminKube, uniqueName } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { imageOf, makeScene, nodeOf, type Scene, type SceneOptions } from './scene.ts';

const nodeCount = 4;
const by = 'ann@example.com';
const whole = { name: 'all', nodes: '100%' };
const slowly = [{ name: 'canary', nodes: 1, soak: '10m' }, whole];

let product: Product;

beforeAll(async () => {
  product = await startProduct();
  await applyStages(await adminKube(), crashLoop('newer:crash'));
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

async function installed(
  { onTestFinished }: Pick<SceneOptions, 'onTestFinished'>,
  batches: object[],
  image = 'newer:1',
): Promise<Scene> {
  const rollout = { batches, maxUnavailable: 2, readyWithin: '60s' };
  const scene = await makeScene({ product, prefix: 'newer', nodes: nodeCount, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent(image) });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  return scene;
}

/** Node whose pod carries the image. */
const nodeOn = async (scene: Scene, image: string): Promise<string> =>
  (await scene.pods()).filter((pod) => imageOf(pod) === image).map(nodeOf)[0] ?? '';

describe.concurrent('a newer commit while a rollout runs', () => {
  test('that takes the change back: the nodes that were touched go back, the others never notice', async (context) => {
    const scene = await installed(context, slowly);
    const uids = await scene.uids();
    const commit = await scene.push(scene.agent('newer:2'));
    await scene.rollout(commit, 'soaking');
    const canary = await nodeOn(scene, 'newer:2');
    const reverted = await scene.push(scene.agent('newer:1'), 'Revert');
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'superseded' });
    await scene.rollout(reverted, 'soaking');
    expect(await scene.images()).toEqual({ 'newer:1': nodeCount });
    const { [canary]: touched, ...others } = await scene.uids();
    expect(touched).not.toBe(uids[canary]);
    expect(others).toEqual(Object.fromEntries(Object.entries(uids).filter(([node]) => node !== canary)));
  });

  test('after an abort, that takes the change back: the same', async (context) => {
    const scene = await installed(context, slowly);
    const commit = await scene.push(scene.agent('newer:2'));
    await scene.rollout(commit, 'soaking');
    await scene.send('abort', { by });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'aborted' });
    await scene.configure({ batches: [whole], maxUnavailable: 2 });
    const reverted = await scene.push(scene.agent('newer:1'), 'Revert');
    expect(await scene.outcome(reverted)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'newer:1': nodeCount });
    expect(await scene.phase('waiting')).toMatchObject({ syncedCommit: reverted });
  });

  test('that takes the change back and fails itself: a person decides, and last good is not quarantined', async (context) => {
    const image = `${uniqueName('newer')}:1`;
    const scene = await installed(context, [whole], image);
    await scene.configure({ batches: slowly, maxUnavailable: 2 });
    const commit = await scene.push(scene.agent('newer:2'));
    await scene.rollout(commit, 'soaking');
    await applyStages(await adminKube(), crashLoop(image));
    const reverted = await scene.push(scene.agent(image), 'Revert');
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'superseded' });
    const { sentence } = await scene.rollout(reverted, 'stopped');
    expect(sentence).toContain('CrashLoopBackOff');
    await scene.send('abort', { by });
    expect(await scene.outcome(reverted)).toMatchObject({ outcome: 'aborted' });
    const { good, quarantine } = await scene.record();
    expect(good).toHaveLength(1);
    expect(quarantine).toEqual([]);
  });

  test('takes over, also when it fails: everything goes back to last good', async (context) => {
    const scene = await installed(context, slowly);
    const commit = await scene.push(scene.agent('newer:2'));
    await scene.rollout(commit, 'soaking');
    const crash = await scene.push(scene.agent('newer:crash'));
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'superseded' });
    expect(await scene.outcome(crash)).toMatchObject({ outcome: 'rolledBack' });
    expect(await scene.images()).toEqual({ 'newer:1': nodeCount });
  });

  test('waits while a person has paused the rollout, and takes over on resume', async (context) => {
    const scene = await installed(context, slowly);
    const commit = await scene.push(scene.agent('newer:2'));
    await scene.rollout(commit, 'soaking');
    await scene.send('pause', { by });
    await scene.rollout(commit, 'paused');
    await scene.configure({ batches: [whole], maxUnavailable: 2 });
    const next = await scene.push(scene.agent('newer:3'));
    const { sentence } = await scene.phase('rollingOut');
    expect(sentence).toContain(commit.slice(0, 7));
    await scene.send('resume', { by });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'superseded' });
    expect(await scene.outcome(next)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'newer:3': nodeCount });
  });

  test('of several only the newest is rolled out', async (context) => {
    const scene = await installed(context, [{ ...whole, approval: 'before' }]);
    const commits = [];
    for (const image of ['newer:2', 'newer:3', 'newer:4']) commits.push(await scene.push(scene.agent(image)));
    const newest = commits.at(-1) ?? '';
    const { planDigest: plan } = await scene.rollout(newest, 'awaitingApprovalBefore');
    await scene.send('approve', { by, plan });
    expect(await scene.outcome(newest)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'newer:4': nodeCount });
  });
});
