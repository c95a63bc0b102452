import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { invoke } from '../cli/harness.ts';
import { type Product, type ProductWorker, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { by, installed, nodeCount } from './people.ts';
import { nodeOf, type Scene } from './scene.ts';

let product: Product;
let worker: ProductWorker;

beforeAll(async () => {
  const started = await startProduct();
  product = started;
  if (started.first === null) throw new Error('no worker was started');
  worker = started.first;
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

const check = 'e2e-tests';

/** Version 1 runs, and the canary of every later one waits for a report. */
const waiting = (context: TestContext, prefix: string, within: string): Promise<Scene> =>
  installed(product, context, prefix, {
    batches: [
      { name: 'canary', nodes: 1 },
      { name: 'all', nodes: '100%' },
    ],
    gates: [{ name: 'e2e', report: { check, within }, batches: ['canary'], interval: '1s' }],
  });

/** What a CI job sends: a signed report. */
async function reported(scene: Scene, commit: string, outcome: string, more: object = {}): Promise<Response> {
  const body = JSON.stringify({ type: 'report', commit, check, outcome, repository: scene.repo.url, ...more });
  const id = randomUUID();
  const now = new Date();
  return await fetch(`${worker.webhookUrl}/webhooks/ci/reports`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(product.secrets.ci).sign(id, now, body),
    },
  });
}

/** The canary is done and its gate has been asked, to no avail, at least once. */
const gateWaits = (scene: Scene, commit: string) =>
  scene.rollout(commit, 'soaking', ({ live }) => /nobody has reported/.test(live?.gates?.[0]?.sentence ?? ''));

/** Nodes with a pod of the image. */
const nodesOn = async (scene: Scene, image: string): Promise<string[]> =>
  (await scene.pods()).filter((pod) => pod.spec?.containers?.[0]?.image === image).map(nodeOf);

describe.concurrent('a canary that waits for a word on its commit', () => {
  test('passed: it rolls on, and no word on another commit or check lets it', async (context) => {
    const scene = await waiting(context, 'reppass', '1h');
    const commit = await scene.push(scene.agent('people:2'));
    const view = await gateWaits(scene, commit);
    expect(view.live?.gates?.[0]).toMatchObject({ name: 'e2e', state: 'waiting' });
    expect(await nodesOn(scene, 'people:2')).toHaveLength(1);

    expect((await reported(scene, 'b'.repeat(40), 'passed')).status).toBe(202);
    expect((await reported(scene, commit, 'passed', { check: 'load-tests' })).status).toBe(202);
    expect((await reported(scene, commit.slice(0, 12), 'passed')).status).toBe(400);
    const tally = async () => (await product.client.rolloutStatus(scene.ref)).live?.gates?.[0]?.sentence;
    const before = await tally();
    // The sentence counts down: another one is another measurement.
    await waitFor(async () => (await tally()) !== before, { timeoutMs: 30_000, what: 'one more look' });
    expect(await nodesOn(scene, 'people:2')).toHaveLength(1);

    const answer = await reported(scene, commit, 'passed', { url: 'https://ci.example.com/runs/7' });
    expect(await answer.json()).toEqual({ accepted: true, applications: [scene.name] });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'people:2': nodeCount });
  });

  test('failed: it goes back, no second batch, and the others are not touched', async (context) => {
    const scene = await waiting(context, 'repfail', '1h');
    const before = await scene.uids();
    const commit = await scene.push(scene.agent('people:2'));
    await gateWaits(scene, commit);
    const [canary] = await nodesOn(scene, 'people:2');
    expect((await reported(scene, commit, 'failed', { url: 'https://ci.example.com/runs/8' })).status).toBe(202);
    const { outcome, cause } = await scene.outcome(commit);
    expect(outcome).toBe('rolledBack');
    expect(cause).toMatch(/GateFailed.*webhook\/ci\/reports reported e2e-tests as failed.*runs\/8/);
    expect(await scene.images()).toEqual({ 'people:1': nodeCount });
    const after = await scene.uids();
    const touched = Object.keys(before).filter((node) => before[node] !== after[node]);
    expect(touched).toEqual([canary]);
  });

  test('no word within its time: it stops and says so; a person who has looked lets it go on', async (context) => {
    const scene = await waiting(context, 'replate', '3s');
    const commit = await scene.push(scene.agent('people:2'));
    const stopped = await scene.rollout(commit, 'stopped');
    const sentence = `nobody has reported ${check} on commit ${commit.slice(0, 7)} within 3s`;
    expect(stopped.sentence).toContain(sentence);
    expect(await nodesOn(scene, 'people:2')).toHaveLength(1);

    const word = ['report', scene.name, '--commit', commit, '--check', check, '--passed', '--by', by];
    const said = await invoke([...word, '--reason', 'looked at the canary'], { report: product.client.report });
    expect(said.code, said.err).toBe(0);
    await scene.send('retry', { by });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect((await scene.status()).log.map(({ what }) => what)).toContain(
      `reported ${check} as passed on ${commit.slice(0, 7)}: looked at the canary`,
    );
  });

  test('a word that comes before its rollout is there when the gate asks', async (context) => {
    const scene = await waiting(context, 'repearly', '1h');
    const commit = await scene.commit({ 'agent.yaml': scene.agent('people:2') });
    expect((await reported(scene, commit, 'passed')).status).toBe(202);
    await product.client.changed(scene.name, { deliveryId: commit, source: 'cli', refs: [] });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'people:2': nodeCount });
  });
});
