import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyStages, crashLoop } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { adminKube, uniqueName } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { by, expectRefused, installed, nodeCount, nodesOn, whole } from './people.ts';

let product: Product;

beforeAll(async () => {
  product = await startProduct();
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

describe.concurrent('rollback', () => {
  test('in mid rollout: touched nodes go back, the others never notice', async (test) => {
    const scene = await installed(product, test, 'midway', {
      batches: [{ name: 'half', nodes: 2, soak: '10m' }, whole],
    });
    const uids = await scene.uids();
    const commit = await scene.push(scene.agent('people:2'));
    await scene.rollout(commit, 'soaking');
    const touched = await nodesOn(scene, 'people:2');
    expect(touched).toHaveLength(2);
    await scene.send('rollback', { by, reason: 'pages at night' });
    const outcome = await scene.outcome(commit);
    expect(outcome).toMatchObject({ outcome: 'rolledBack', cause: expect.stringContaining('pages at night') });
    expect(await scene.images()).toEqual({ 'people:1': nodeCount });
    const after = await scene.uids();
    for (const [node, uid] of Object.entries(uids)) {
      if (touched.includes(node)) expect(after[node]).not.toBe(uid);
      else expect(after[node]).toBe(uid);
    }
    await scene.phase('held');
  });

  test('after a success, through the application: back to the good one before, held until somebody releases it', async (test) => {
    const scene = await installed(product, test, 'success', { batches: [{ name: 'canary', nodes: 1 }, whole] });
    await expect(scene.sendToApplication('rollback', { by })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('rollback needs "reason"') },
    });
    const commit = await scene.push(scene.agent('people:2'));
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    await scene.sendToApplication('rollback', { by, reason: 'eats memory' });
    const status = await waitFor(
      async () => {
        const seen = await scene.status();
        return seen.recent[0]?.outcome === 'rolledBack' && seen;
      },
      { timeoutMs: 90_000, what: 'the end of the rollback' },
    );
    expect(status.recent[0]).toMatchObject({ commit, cause: expect.stringContaining('eats memory') });
    expect(status.phase).toBe('held');
    expect(status.sentence).toMatch(/quarantined \(eats memory.*release-quarantine/);
    expect(await scene.images()).toEqual({ 'people:1': nodeCount });
    expect(await scene.liveImage()).toBe('people:1');
    expect((await scene.record()).quarantine).toMatchObject([{ commit, reason: 'eats memory', by }]);
    const readme = await scene.push({ 'agent.yaml': scene.agent('people:2'), 'README.md': 'More words.\n' });
    expect(await scene.outcome(readme)).toMatchObject({ outcome: 'held' });
    expect(await scene.images()).toEqual({ 'people:1': nodeCount });

    await scene.sendToApplication('releaseQuarantine', { by, reason: 'memory is cheap' });
    await scene.rollout(readme, 'succeeded');
    expect(await scene.images()).toEqual({ 'people:2': nodeCount });
    expect(await scene.phase('waiting')).toMatchObject({ syncedCommit: readme });
  });
});

describe.concurrent('a failed gate with onFailure: pause', () => {
  test('waits for a person: retry judges again, retry with ignoreGate passes it', async (test) => {
    const image = `${uniqueName('people')}:crash`;
    const stages = crashLoop(image);
    const kube = await adminKube();
    await applyStages(kube, stages);
    const scene = await installed(product, test, 'retry', {
      batches: [{ name: 'canary', nodes: 1 }, whole],
      onFailure: 'pause',
    });
    const commit = await scene.push(scene.agent(image));
    const stopped = await scene.rollout(commit, 'stopped');
    const [canary = ''] = await nodesOn(scene, image);
    expect(stopped.findings).toMatchObject([{ cause: 'CrashLoopBackOff', node: canary }]);
    expect(stopped.sentence).toMatch(/CrashLoopBackOff.*Waits for resume, retry, rollback or abort/);
    expect(stopped.accepts).toEqual(['resume', 'abort', 'rollback', 'retry']);
    expect(await scene.liveImage()).toBe('people:1');
    await expectRefused(scene, 'retry', [{ by, ignoreGate: 'yes' }], /"ignoreGate" must be true or false/);
    await expectRefused(scene, 'approve', [{ by, plan: stopped.planDigest }], /Nothing waits for an approval/);

    await scene.send('retry', { by, reason: 'once more' });
    const again = await scene.rollout(commit, 'stopped', (view) => view.log.length === 1);
    expect(again.findings).toMatchObject([{ cause: 'CrashLoopBackOff', node: canary }]);

    for (const stage of stages) {
      await product.kube.remove(`/apis/kwok.x-k8s.io/v1alpha1/stages/${stage.metadata.name}`);
    }
    await scene.send('retry', { by, ignoreGate: true, reason: 'only that node' });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await nodesOn(scene, image)).toHaveLength(nodeCount);
    expect((await scene.images())[image], 'all but the node that was passed').toBe(nodeCount - 1);
    const { log } = await scene.rollout(commit, 'succeeded');
    expect(log.map((entry) => entry.what)).toEqual(['retry: once more', 'retry, ignoring the gate: only that node']);
  });

  test('a node that was put in order passes on retry', async (test) => {
    const image = `${uniqueName('people')}:crash`;
    const stages = crashLoop(image);
    await applyStages(await adminKube(), stages);
    const scene = await installed(product, test, 'cured', {
      batches: [{ name: 'canary', nodes: 1 }, whole],
      onFailure: 'pause',
    });
    const commit = await scene.push(scene.agent(image));
    await scene.rollout(commit, 'stopped');
    const [canary = ''] = await nodesOn(scene, image);
    for (const stage of stages) {
      await product.kube.remove(`/apis/kwok.x-k8s.io/v1alpha1/stages/${stage.metadata.name}`);
    }
    expect(await scene.deletePod(canary), 'while it waits, last good is live').toBe('people:1');
    await scene.send('retry', { by });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ [image]: nodeCount });
  });
});
