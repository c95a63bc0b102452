import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { applyStages, crashLoop, slowReady } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { interlockPlace } from '../../domain/interlock.ts';
import { auditedDeletes } from '../support/audit.ts';
import { adminKube } from '../support/cluster.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { isReady, makeScene, type Scene, type SceneOptions } from './scene.ts';

const nodeCount = 8;
const by = 'ann@example.com';
const reason = 'incident 4711';
const whole = { name: 'all', nodes: '100%' };
/** The longest time between pressing it and the last deletion that docs/operate.md promises, milliseconds. */
const promisedMs = 15_000;

let product: Product;

beforeAll(async () => {
  product = await startProduct();
  const stages = [...slowReady('red:slow', 3_000), ...slowReady('red:1', 1_500), ...crashLoop('red:crash')];
  await applyStages(await adminKube(), stages);
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

async function installed({ onTestFinished }: Pick<SceneOptions, 'onTestFinished'>, rollout: object): Promise<Scene> {
  const policy = { batches: [whole], maxUnavailable: 2, readyWithin: '60s', ...rollout };
  const scene = await makeScene({ product, prefix: 'red', nodes: nodeCount, rollout: policy, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('red:1') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  return scene;
}

async function deletesIn(scene: Scene): Promise<number[]> {
  return auditedDeletes((await testStack()).auditLogFile, scene.namespace).map(({ atMs }) => atMs);
}

const nodewave = async (...args: string[]): Promise<string> => {
  const bin = join(import.meta.dirname, '..', '..', 'bin', 'nodewave.mjs');
  const { address, namespace } = product.temporal.config;
  const env = { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
  const { stdout } = await promisify(execFile)(process.execPath, [bin, ...args], { env });
  return stdout;
};

test('S36: pressed in the middle of a batch of slow pods: no DELETE in the audit log later than 15 s after it', async (context) => {
  const scene = await installed(context, {});
  const commit = await scene.push(scene.agent('red:slow'));
  await waitFor(async () => (await deletesIn(scene)).length >= 2, { timeoutMs: 60_000, what: 'the first deletions' });
  const pressedMs = Date.now();
  await product.client.pauseApplication(scene.name, 'pause', { by, reason });
  await scene.rollout(commit, 'paused');
  const next = await scene.push(scene.agent('red:next'));
  // The bound itself is waited for: nothing may happen in this time, however many nodes become free.
  await sleep(pressedMs + promisedMs + 3_000 - Date.now());
  const deletes = await deletesIn(scene);
  expect(deletes.length).toBeLessThan(nodeCount);
  expect(Math.max(...deletes) - pressedMs).toBeLessThan(promisedMs);
  expect((await scene.pods()).every(isReady), 'what was in flight has finished').toBe(true);
  const status = await scene.status();
  expect(status).toMatchObject({ phase: 'paused', observedCommit: next, paused: { by, reason } });
  expect(await scene.liveImage(), 'whatever starts a pod now gets last good').toBe('red:1');
  await expect(scene.send('resume', { by })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('paused with its application by ann@example.com: incident 4711') },
  });

  await product.client.pauseApplication(scene.name, 'resume', { by });
  expect(await scene.outcome(next)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'red:next': nodeCount });
}, 180_000);

test('S36: a rollback is paused too, and goes on afterwards', async (context) => {
  const scene = await installed(context, { batches: [{ name: 'half', nodes: 4, soak: '10m' }, whole] });
  const commit = await scene.push(scene.agent('red:2'));
  await scene.rollout(commit, 'soaking');
  const before = (await deletesIn(scene)).length;
  await scene.send('rollback', { by, reason: 'drops logs' });
  await waitFor(async () => (await deletesIn(scene)).length > before, { timeoutMs: 60_000, what: 'the way back' });
  await product.client.pauseApplication(scene.name, 'pause', { by, reason });
  const { sentence } = await scene.rollout(commit, 'paused');
  expect(sentence).toContain('paused with its application');
  const stopped = (await deletesIn(scene)).length;
  expect(stopped).toBeLessThan(before + 4);
  await waitFor(async () => (await scene.pods()).length === nodeCount && (await scene.pods()).every(isReady), {
    timeoutMs: 60_000,
    what: 'the pods in flight',
  });
  await product.client.pauseApplication(scene.name, 'resume', { by });
  expect(await scene.outcome(commit)).toMatchObject({ outcome: 'rolledBack' });
  expect(await scene.images()).toEqual({ 'red:1': nodeCount });
}, 180_000);

test('pause --all stops every application and sets the brake of their cluster; resume --all ends both', async (context) => {
  const [one, two] = await Promise.all([installed(context, {}), installed(context, {})]);
  const names = [one.name, two.name];
  const brake = async (): Promise<Record<string, string>> => {
    const { namespace, name } = interlockPlace;
    const found = await product.kube.get<KubeObject>(paths.configMap(namespace, name));
    return found?.metadata.annotations ?? {};
  };
  try {
    const said = await nodewave('pause', '--all', '--reason', reason, '--by', by);
    for (const name of names) expect(said).toContain(`application ${name}: Paused`);
    expect(Object.entries(await brake())).toContainEqual([
      'nodewave.dev/paused',
      expect.stringContaining('ann@example.com'),
    ]);
  } finally {
    // Other tests run on the same cluster.
    await nodewave('resume', '--all', '--by', by);
  }
  expect(await brake()).not.toHaveProperty('nodewave.dev/paused');
  for (const name of names) {
    const page = await nodewave('get', name);
    expect(page).toMatch(/pause: incident 4711/);
    expect(page).toContain(`${name}: `);
    expect((await product.client.applicationStatus(name)).paused).toBeNull();
  }
}, 180_000);
