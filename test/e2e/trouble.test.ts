import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paths } from '../../activities/cluster/paths.ts';
import { setNodeReady } from '../../dev/stack/nodes.ts';
import { applyStages, crashLoop, slowReady } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { adminKube } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { type Kubectl, makeKubectl } from './kubectl.ts';
import { makeScene, type Scene, type SceneOptions } from './scene.ts';

const nodeCount = 4;
const by = 'ann@example.com';
const whole = { name: 'all', nodes: '100%' };

let product: Product;
let kubectl: Kubectl;

beforeAll(async () => {
  product = await startProduct();
  kubectl = await makeKubectl();
  await applyStages(await adminKube(), [...crashLoop('trouble:crash'), ...slowReady('trouble:slow', 3_000)]);
}, stackTimeoutMs);

afterAll(async () => {
  kubectl?.remove();
  await product?.stop();
});

type Cleanup = Pick<SceneOptions, 'onTestFinished'>;

async function made({ onTestFinished }: Cleanup, batches: object[], image: string): Promise<[Scene, string]> {
  const rollout = { batches, maxUnavailable: 1, readyWithin: '60s' };
  const scene = await makeScene({ product, prefix: 'trouble', nodes: nodeCount, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent(image) });
  await scene.configure();
  return [scene, first];
}

async function installed(context: Cleanup, batches: object[], image = 'trouble:1'): Promise<Scene> {
  const [scene, first] = await made(context, batches, image);
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  return scene;
}

const edit = (scene: Scene, ...args: string[]) => kubectl.run(['--namespace', scene.namespace, ...args]);

describe.concurrent('when things go wrong', () => {
  test('a first install that fails waits for a person, and the fix that is pushed replaces it', async (context) => {
    const [scene, first] = await made(context, [whole], 'trouble:crash');
    const stopped = await scene.rollout(first, 'stopped');
    expect(stopped.sentence).toMatch(/CrashLoopBackOff on node .* \(and 3 more\)/);
    const fix = await scene.push(scene.agent('trouble:2'));
    expect(await scene.outcome(first)).toMatchObject({ outcome: 'superseded' });
    expect(await scene.outcome(fix)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'trouble:2': nodeCount });
    expect((await scene.record()).good).toMatchObject([{ commit: fix }]);
  });

  test('a node that was away while the others were rolled is caught up by the next sync', async (context) => {
    const scene = await installed(context, [whole]);
    const away = scene.nodes.names[1] ?? '';
    await setNodeReady(await adminKube(), away, false);
    const commit = await scene.push(scene.agent('trouble:2'));
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    const before = await scene.uids();
    await setNodeReady(await adminKube(), away, true);
    await waitFor(async () => (await scene.live()).status?.desiredNumberScheduled === nodeCount, {
      timeoutMs: 60_000,
      what: 'the controller to see the node again',
    });
    await scene.sendToApplication('sync', { by, requestId: 'catch-up' });
    await waitFor(async () => (await scene.images())['trouble:2'] === nodeCount, {
      timeoutMs: 60_000,
      what: `node ${away} on the release of the others`,
    });
    const { [away]: _caughtUp, ...others } = await scene.uids();
    const { [away]: _old, ...kept } = before;
    expect(others).toEqual(kept);
    await scene.phase('waiting');
  });

  test('a DaemonSet that is deleted in mid rollout is noticed, and installed again when somebody says so', async (context) => {
    const scene = await installed(context, [{ name: 'canary', nodes: 1, soak: '10m' }, whole]);
    const commit = await scene.push(scene.agent('trouble:2'));
    await scene.rollout(commit, 'soaking');
    await product.kube.remove(paths.daemonSet(scene.ref));
    const stopped = await scene.rollout(commit, 'stopped');
    expect(stopped.sentence).toContain(`DaemonSet ${scene.namespace}/agent was deleted; its pods are left alone`);
    await scene.send('abort', { by });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'aborted' });
    await scene.sendToApplication('retry', { by });
    await scene.rollout(commit, 'installed');
    expect(await scene.images()).toEqual({ 'trouble:2': nodeCount });
  });

  test('an edit with kubectl stops the rollout by name; put back and resumed, it goes on', async (context) => {
    const scene = await installed(context, [whole]);
    const commit = await scene.push(scene.agent('trouble:slow'));
    await scene.rollout(commit, 'rolling', (view) => view.toHash !== null);
    await edit(scene, 'set', 'image', 'daemonset/agent', 'agent=trouble:hand');
    const { sentence } = await scene.rollout(commit, 'stopped');
    expect(sentence).toMatch(/kubectl-set \(Update, .*\) changed the pod template of DaemonSet trouble-.*\/agent/);
    await edit(scene, 'rollout', 'undo', 'daemonset/agent');
    await scene.send('resume', { by });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'trouble:slow': nodeCount });
  });

  test('an edit with kubectl is undone by a rollback, and the next commit rolls out', async (context) => {
    const scene = await installed(context, [whole]);
    const commit = await scene.push(scene.agent('trouble:slow'));
    await scene.rollout(commit, 'rolling', (view) => view.toHash !== null);
    await edit(scene, 'set', 'image', 'daemonset/agent', 'agent=trouble:hand');
    await scene.rollout(commit, 'stopped');
    await scene.send('rollback', { by });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'rolledBack' });
    expect(await scene.images()).toEqual({ 'trouble:1': nodeCount });
    const next = await scene.push(scene.agent('trouble:3'));
    expect(await scene.outcome(next)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'trouble:3': nodeCount });
  });

  test('a rollback can be paused, resumed and ended', async (context) => {
    const scene = await installed(context, [{ name: 'most', nodes: 3, soak: '10m' }, whole], 'trouble:slow');
    const commit = await scene.push(scene.agent('trouble:2'));
    await scene.rollout(commit, 'soaking');
    await scene.send('rollback', { by });
    await scene.rollout(commit, 'rollingBack');
    await scene.send('pause', { by });
    await scene.rollout(commit, 'paused');
    expect(await scene.liveImage()).toBe('trouble:slow');
    await scene.send('resume', { by });
    await scene.rollout(commit, 'rollingBack');
    await scene.send('abort', { by, reason: 'enough' });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'aborted', cause: expect.stringContaining('enough') });
    expect(await scene.liveImage()).toBe('trouble:slow');
    expect((await scene.record()).quarantine).toEqual([]);
  });

  test('of two DaemonSets in one commit each ends for itself', async (context) => {
    const scene = await installed(context, [whole]);
    const files = (agent: string, other: string) => ({
      'agent.yaml': scene.agent(agent),
      'other.yaml': scene.agent(other, { name: 'other' }),
    });
    const both = await scene.push(files('trouble:2', 'trouble:2'));
    expect(await scene.outcome(both)).toMatchObject({ outcome: 'succeeded' });
    const bad = await scene.push(files('trouble:3', 'trouble:crash'));
    expect(await scene.outcome(bad)).toMatchObject({ outcome: 'rolledBack' });
    expect(await scene.images()).toEqual({ 'trouble:3': nodeCount });
    expect((await scene.phase('held')).sentence).toContain(`${scene.namespace}/other stays on its last good template`);
    await expect(scene.sendToApplication('rollback', { by, reason: 'both' })).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/several DaemonSets: name one in "daemonset": .*\/agent, .*\/other/) },
    });
    const good = await scene.push(files('trouble:3', 'trouble:4'));
    expect(await scene.outcome(good)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.phase('waiting')).toMatchObject({ syncedCommit: good });
  });

  test('an application that is removed gives the DaemonSet back, and adopts it again without restarting a pod', async (context) => {
    const scene = await installed(context, [whole]);
    const uids = await scene.uids();
    await product.client.remove(scene.name, { by });
    const released = await waitFor(
      async () => {
        const live = await scene.live();
        return live.metadata.annotations?.['nodewave.dev/application'] === undefined && live;
      },
      { timeoutMs: 60_000, what: 'the DaemonSet given back' },
    );
    expect(released.spec.updateStrategy?.type).toBe('RollingUpdate');
    const commit = await scene.repo.git('rev-parse', 'HEAD');
    await waitFor(
      async () => {
        await scene.configure();
        return true;
      },
      { timeoutMs: 30_000, what: 'the application to be applied again' },
    );
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'adopted' });
    expect(await scene.uids()).toEqual(uids);
    expect((await scene.live()).spec.updateStrategy?.type).toBe('OnDelete');
  });
});
