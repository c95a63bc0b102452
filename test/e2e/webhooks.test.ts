import { createHmac, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { waitFor } from '../../dev/stack/wait.ts';
import { makeNodes, type TestNodes } from '../support/cluster.ts';
import { type Product, type ProductWorker, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { type Relay, startRelay } from './relay.ts';
import { makeScene, type Scene } from './scene.ts';

const nodeCount = 4;
const rollout = { batches: [{ name: 'canary', nodes: 1 }, { nodes: '100%' }], readyWithin: '60s' };

let product: Product;
let worker: ProductWorker;
let relay: Relay;
let nodes: TestNodes;

beforeAll(async () => {
  product = await startProduct({ worker: false });
  relay = await startRelay(product.temporal.config.address);
  worker = await product.startWorker({ temporalAddress: relay.address });
  nodes = await makeNodes('hook', nodeCount);
}, stackTimeoutMs);

afterAll(async () => {
  await nodes?.remove();
  await product?.stop();
  await relay?.stop();
});

interface Delivery {
  path: string;
  body: string;
  headers: Record<string, string>;
}

/** What GitHub sends after a push to the repository. */
function githubDelivery(scene: Scene, options: { ref?: string; id?: string; secret?: string } = {}): Delivery {
  const { ref = 'refs/heads/main', id = randomUUID(), secret = product.secrets.github } = options;
  const body = JSON.stringify({ ref, repository: { clone_url: scene.repo.url } });
  return {
    path: '/webhooks/github/github',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  };
}

/** What a CI job sends by Standard Webhooks. */
function ciDelivery(
  content: Record<string, string>,
  options: { id?: string; atMs?: number; secret?: string } = {},
): Delivery {
  const { id = randomUUID(), atMs = Date.now(), secret = product.secrets.ci } = options;
  const body = JSON.stringify(content);
  return {
    path: '/webhooks/generic/ci',
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(atMs / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, new Date(atMs), body),
    },
  };
}

const without = (delivery: Delivery, header: string): Delivery => ({
  ...delivery,
  headers: Object.fromEntries(Object.entries(delivery.headers).filter(([name]) => name !== header)),
});

async function post({ path, body, headers }: Delivery): Promise<{ status: number; headers: Headers; said: string }> {
  const answer = await fetch(`${worker.webhookUrl}${path}`, { method: 'POST', body, headers });
  return { status: answer.status, headers: answer.headers, said: await answer.text() };
}

async function installed({ onTestFinished }: Pick<TestContext, 'onTestFinished'>, prefix: string): Promise<Scene> {
  const scene = await makeScene({ product, prefix, nodes, rollout, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('hook:1') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  return scene;
}

describe.concurrent('a signed push ends in a rollout', () => {
  test('from GitHub', async (context) => {
    const scene = await installed(context, 'github');
    const commit = await scene.commit({ 'agent.yaml': scene.agent('hook:2') });
    const answer = await post(githubDelivery(scene, { id: 'delivery-2' }));
    expect(answer).toMatchObject({ status: 202 });
    expect(JSON.parse(answer.said)).toEqual({ accepted: true, applications: [scene.name] });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'hook:2': nodeCount });
    const { lastDelivery } = await scene.status();
    expect(lastDelivery).toMatchObject({ deliveryId: 'delivery-2', source: 'webhook/github/github' });
  });

  test.for([
    ['repository and ref', (scene: Scene) => ({ repository: scene.repo.url, ref: 'main' })],
    ['application', (scene: Scene) => ({ application: scene.name })],
  ] as const)('from CI, which names the %s', async ([, content], context) => {
    const scene = await installed(context, 'ci');
    const commit = await scene.commit({ 'agent.yaml': scene.agent('hook:2') });
    expect(await post(ciDelivery(content(scene)))).toMatchObject({ status: 202 });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'hook:2': nodeCount });
  });
});

describe.concurrent('what is not a new, signed push', () => {
  test('is refused or has no effect, and the next right one works', async (context) => {
    const scene = await installed(context, 'forged');
    const seen = { status: await scene.status(), events: await scene.historyLength('application') };
    const commit = await scene.commit({ 'agent.yaml': scene.agent('hook:2') });
    const tampered = githubDelivery(scene);
    const old = Date.now() - 6 * 60_000;
    const otherSecret = `whsec_${Buffer.from('not the secret of this receiver!').toString('base64')}`;
    const refused: [string, Delivery, number, RegExp][] = [
      ['signed with another secret', githubDelivery(scene, { secret: 'another one' }), 401, /signature is wrong/],
      ['unsigned', without(githubDelivery(scene), 'x-hub-signature-256'), 401, /X-Hub-Signature-256 is missing/],
      ['changed on its way', { ...tampered, body: `${tampered.body} ` }, 401, /signature is wrong/],
      ['to no receiver', { ...githubDelivery(scene), path: '/webhooks/github/nobody' }, 404, /no github receiver/],
      ['to a receiver of another kind', { ...githubDelivery(scene), path: '/webhooks/generic/github' }, 404, /generic/],
      ['from CI with another secret', ciDelivery({ application: scene.name }, { secret: otherSecret }), 401, /wrong/],
      ['from CI, unsigned', without(ciDelivery({ application: scene.name }), 'webhook-signature'), 401, /missing/],
      ['from CI, six minutes old', ciDelivery({ application: scene.name }, { atMs: old }), 401, /5 minutes off/],
      ['from CI, about nothing', ciDelivery({ branch: 'main' }), 400, /repository/],
      ['too large', { ...githubDelivery(scene), body: `{"pad":"${'x'.repeat(1_100_000)}"}` }, 413, /larger than/],
    ];
    for (const [what, delivery, status, said] of refused) {
      const answer = await post(delivery);
      context.expect.soft(answer, what).toMatchObject({ status });
      context.expect.soft(answer.said, what).toMatch(said);
    }
    const ping = githubDelivery(scene);
    expect(await post({ ...ping, headers: { ...ping.headers, 'x-github-event': 'ping' } })).toMatchObject({
      status: 202,
    });
    expect(await scene.historyLength('application'), 'none of them reached the application').toBe(seen.events);

    const elsewhere = await post(githubDelivery(scene, { ref: 'refs/heads/other' }));
    expect(elsewhere.status).toBe(202);
    const aside = await scene.status();
    expect(aside.observedCommit, 'a push to another branch').toBe(seen.status.observedCommit);
    expect(aside.phase).toBe('waiting');

    const right = githubDelivery(scene, { id: 'delivery-right' });
    expect(await post(right)).toMatchObject({ status: 202 });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });

    const next = await scene.commit({ 'agent.yaml': scene.agent('hook:3') });
    const before = await scene.status();
    expect(await post(right), 'replayed').toMatchObject({ status: 202 });
    // Temporal has stored the signal, so this answer already knows of it.
    const after = await scene.status();
    expect(after).toMatchObject({ phase: 'waiting', observedCommit: commit, lastDelivery: before.lastDelivery });
    expect(await scene.liveImage()).toBe('hook:2');

    expect(await post(ciDelivery({ application: scene.name }))).toMatchObject({ status: 202 });
    expect(await scene.outcome(next)).toMatchObject({ outcome: 'succeeded' });
  });
});

test('while Temporal is away nothing is accepted; the repeated delivery is, once it is back', async (context) => {
  const scene = await installed(context, 'away');
  const commit = await scene.commit({ 'agent.yaml': scene.agent('hook:2') });
  const delivery = githubDelivery(scene);
  relay.cut();
  const refused = await post(delivery);
  expect(refused.status).toBe(503);
  expect(refused.said).toContain('not accepted, send it again');
  expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await fetch(`${worker.webhookUrl}/healthz`), 'it lives').toMatchObject({ status: 200 });

  relay.to(product.temporal.config.address);
  await waitFor(async () => (await post(delivery)).status === 202, {
    timeoutMs: 60_000,
    what: 'the delivery accepted',
  });
  expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ 'hook:2': nodeCount });
});
