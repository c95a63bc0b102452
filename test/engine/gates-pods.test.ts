import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect } from 'vitest';
import { freePort, returnPort } from '../../dev/stack/ports.ts';
import { readyAt } from '../../dev/stack/stages.ts';
import { httpGate } from '../../domain/gates/kinds/http.ts';
import { logsGate } from '../../domain/gates/kinds/logs.ts';
import type { GateSpec } from '../../domain/gates/types.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import type { BatchSpec } from '../../domain/rollout/policy.ts';
import { scenarios } from './scenario.ts';

/** Each release has an address of its own on this machine; what its pods answer is what the server there answers. */
const releases = {
  good: { image: 'pods-http:good', address: '127.0.61.1', failed: 0 },
  better: { image: 'pods-http:better', address: '127.0.61.2', failed: 0 },
  broken: { image: 'pods-http:broken', address: '127.0.61.3', failed: 3 },
  /** Nobody listens. */
  silent: { image: 'pods-http:silent', address: '127.0.61.4', failed: null },
};

const scenario = scenarios(Object.values(releases).flatMap(({ image, address }) => readyAt(image, address)));

const token = 'nobody-but-the-server-may-see-this';
let port: number;
const servers: Server[] = [];
beforeAll(async () => {
  port = await freePort();
  for (const { address, failed } of Object.values(releases)) {
    if (failed === null) continue;
    const server = createServer((request, response) => {
      const refused = request.url === '/private' && request.headers.authorization !== `Bearer ${token}`;
      response.writeHead(refused ? 401 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ checks: { failed }, sent: request.headers.authorization }));
    });
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    servers.push(server);
  }
});
afterAll(async () => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  returnPort(port);
});

const canary: BatchSpec[] = [
  { name: 'canary', nodes: 1, soakMs: 0 },
  { name: 'all', nodes: '100%', soakMs: 0 },
];

const selfTest = (path = '/selftest', more: object = {}): GateSpec => ({
  name: 'self-test',
  kind: 'http',
  config: {
    ...httpGate.schema.parse({
      port,
      path,
      json: { path: 'checks.failed', condition: 'value == 0' },
      timeout: '2s',
      ...more,
    }),
  },
  intervalMs: 300,
  count: 2,
  failureLimit: 0,
  consecutiveErrorLimit: 2,
  inconclusiveLimit: 2,
  initialDelayMs: 0,
  minSamples: 1,
  onInconclusive: 'pause',
});

scenario('the port of every pod of a batch is asked, and all must answer as expected', {}, async (scene) => {
  await scene.install(releases.good.image);
  const rollout = await scene.rollout(releases.better.image, { policy: { batches: canary, gates: [selfTest()] } });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  expect(await scene.images()).toEqual({ [releases.better.image]: 6 });
});

scenario('a ready pod whose own check fails stops the release at the canary, named by its node', {}, async (scene) => {
  await scene.install(releases.good.image);
  const before = await scene.uids();
  const rollout = await scene.rollout(releases.broken.image, { policy: { batches: canary, gates: [selfTest()] } });
  const { outcome, cause } = await rollout.result();
  const [taken = ''] = await scene.taken();
  expect(outcome).toBe('rolledBack');
  expect(cause).toContain(`1 of 1 pod (${taken}): checks.failed is 3, which does not fulfil value == 0`);
  const after = await scene.uids();
  const untouched = Object.keys(before).filter((node) => node !== taken);
  expect(untouched.map((node) => after[node])).toEqual(untouched.map((node) => before[node]));
});

scenario(
  'a silent pod fails the release when pods on last good answer: then it is not the network',
  {},
  async (scene) => {
    await scene.install(releases.good.image);
    const rollout = await scene.rollout(releases.silent.image, { policy: { batches: canary, gates: [selfTest()] } });
    expect(await rollout.result()).toMatchObject({
      outcome: 'rolledBack',
      cause: expect.stringContaining(`${releases.silent.address}:${port} refused the connection`),
    });
  },
);

scenario('when no pod answers, old or new, it may be the network: the rollout holds', {}, async (scene) => {
  await scene.install(releases.silent.image);
  const rollout = await scene.rollout(releases.silent.image, {
    policy: { batches: canary, gates: [selfTest()] },
    container: { env: [{ name: 'AGAIN', value: 'yes' }] },
  });
  const held = await rollout.reaches('soaking', (status) => status.live?.gates?.[0]?.unreachable === true);
  expect(held.live?.gates?.[0]?.sentence).toContain('no pod could be reached, so this may be the network');
  expect(await scene.taken()).toHaveLength(1);
  await rollout.send('rollback', { reason: 'the network keeps us out' });
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
});

scenario('logs that may not be read are no verdict: the rollout holds and names the role', {}, async (scene) => {
  await scene.install(releases.good.image);
  const logs: GateSpec = { ...selfTest(), name: 'new-errors', kind: 'logs', config: { ...logsGate.schema.parse({}) } };
  const rollout = await scene.rollout(releases.better.image, { policy: { batches: canary, gates: [logs] } });
  const held = await rollout.reaches('soaking', (status) => status.live?.gates?.[0]?.unreachable === true);
  expect(held.live?.gates?.[0]?.sentence).toMatch(
    /may not get pods\/log in namespace .*; apply deploy\/rbac-diagnosis\.yaml/,
  );
  expect(await scene.taken()).toHaveLength(1);
  await rollout.send('rollback', { reason: 'nobody may read logs' });
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
});

scenario(
  'a Secret that is missing is named, and waited for; its value gets nowhere but to the server',
  {},
  async (scene) => {
    await scene.install(releases.good.image);
    const gate = selfTest('/private', {
      auth: { bearer: { secret: 'probe', key: 'token' } },
      // What the server repeats of it would be in the sentence.
      json: { path: 'sent', equals: 'nothing' },
    });
    const rollout = await scene.rollout(releases.better.image, { policy: { batches: canary, gates: [gate] } });
    const held = await rollout.reaches('soaking', (status) => status.live?.gates?.[0]?.unreachable === true);
    expect(held.live?.gates?.[0]?.sentence).toContain(`Secret ${scene.namespace}/probe does not exist`);
    expect(await scene.taken()).toHaveLength(1);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'probe' }, stringData: { token } };
    await scene.engine.kube.create(`/api/v1/namespaces/${scene.namespace}/secrets`, secret, { fieldManager: 'test' });
    const { outcome, cause } = await rollout.result();
    expect(outcome).toBe('rolledBack');
    expect(cause).toContain('sent is ***, not nothing');
    const handle = scene.engine.client.workflow.getHandle(
      rolloutWorkflowId({ cluster: 'local', namespace: scene.namespace, name: 'agent' }),
    );
    const history = textOf(await handle.fetchHistory());
    expect(history).toContain('sent is ***');
    expect(history).not.toContain(token);
  },
);

/** All texts of a history, those inside of payloads included. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? Object.values(value).map(textOf).join('\n') : '';
}
