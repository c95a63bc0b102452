import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect } from 'vitest';
import type { KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { exits, imagePullBackOff } from '../../dev/stack/stages.ts';
import { httpGate } from '../../domain/gates/kinds/http.ts';
import type { GateSpec } from '../../domain/gates/types.ts';
import type { BatchSpec } from '../../domain/rollout/policy.ts';
import { told } from './around.ts';
import { type Scene, scenarios } from './scenario.ts';

const failing = 'gates:failing-job';
const missing = 'gates:missing-job';
const rights = ['rbac.yaml', 'rbac-gates.yaml'];

/** Requests of the worker that name a namespace, by namespace: each scenario has its own. */
const requests = new Map<string, number>();
const shared = { requests: 0 };
/** What a rollout asks without gates too, more often the longer it takes. */
const ofTheRollout = /\/(daemonsets|configmaps|leases|controllerrevisions)\b/;
const count = (path: string): void => {
  if (ofTheRollout.test(path)) return;
  const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
  if (namespace === undefined) shared.requests += 1;
  else requests.set(namespace, (requests.get(namespace) ?? 0) + 1);
};

const scenario = scenarios([...exits(failing, 3), ...imagePullBackOff(missing)], {
  rights,
  account: 'nodewave-gates',
  around: (client) => told(client, (_method, path) => count(path)),
});

const canary: BatchSpec[] = [
  { name: 'canary', nodes: 1, soakMs: 0 },
  { name: 'all', nodes: '100%', soakMs: 0 },
];

/** Pods of Jobs are templates of their own, and are removed with them. */
const withJobs = { templates: 4, otherHands: ['generic-garbage-collector', 'job-controller'] };

function gate(name: string, kind: GateSpec['kind'], config: Record<string, unknown>, more: Partial<GateSpec> = {}) {
  const schedule = { intervalMs: 300, count: 2, failureLimit: 0, consecutiveErrorLimit: 1, inconclusiveLimit: 2 };
  const spec: GateSpec = {
    name,
    kind,
    config,
    ...schedule,
    initialDelayMs: 0,
    minSamples: 1,
    onInconclusive: 'pause',
    ...more,
  };
  return spec;
}

const job = (image: string, withinMs = 20_000): GateSpec =>
  gate(
    'smoke',
    'job',
    { template: { spec: { containers: [{ name: 'smoke', image }] } }, withinMs, nodes: 5 },
    { count: 1, intervalMs: 1_000, batches: ['canary'] },
  );

const servers: Server[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A health endpoint on this machine that answers what it is told to. */
async function endpoint() {
  const answer = { status: 200 };
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  const config = httpGate.schema.parse({ url: `http://127.0.0.1:${port}/health`, timeout: '2s' });
  return { answer, spec: gate('health', 'http', { ...config }), asked: () => count, server, port };
}

async function leftJobs(scene: Scene): Promise<string[]> {
  const { items } = await scene.engine.kube.list<KubeObject>(paths.jobs(scene.namespace));
  return items.map(({ metadata }) => metadata.name);
}

scenario(
  'a red gate at the canary: no second batch, the canary goes back, nobody else is touched',
  {},
  async (scene) => {
    await scene.install('gates:1');
    const before = await scene.uids();
    const { answer, spec } = await endpoint();
    answer.status = 503;
    const rollout = await scene.rollout('gates:2', { policy: { batches: canary, gates: [spec] } });
    const { outcome, cause } = await rollout.result();
    expect(outcome).toBe('rolledBack');
    expect(cause).toMatch(/GateFailed.*health.*503/);
    const after = await scene.uids();
    const [taken] = await scene.taken();
    const others = Object.keys(before).filter((node) => node !== taken);
    expect(others.map((node) => after[node])).toEqual(others.map((node) => before[node]));
  },
);

scenario(
  'a gate whose server goes away holds the soak, passes nothing, and goes on when it is back',
  {},
  async (scene) => {
    await scene.install('gates:1');
    const { spec, server, port } = await endpoint();
    const rollout = await scene.rollout('gates:2', {
      policy: { batches: canary, gates: [{ ...spec, count: 30, batches: ['canary'] }] },
    });
    const isAsked = (status: { live: { gates?: { sentence: string }[] } | null }): boolean =>
      (status.live?.gates ?? []).some(({ sentence }) => /[1-9]\d* of 30/.test(sentence));
    await rollout.reaches('soaking', isAsked);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const held = await rollout.reaches('soaking', (status) => status.live?.gates?.[0]?.unreachable === true);
    expect(held.live?.gates?.[0]?.sentence).toMatch(/could not be asked .* in a row: .*refused/);
    expect(await scene.taken()).toHaveLength(1);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'gates:2': 6 });
  },
);

scenario('other pods on a touched node: what they suffer fails the release', { templates: 3 }, async (scene) => {
  await scene.install('gates:1');
  const rollout = await scene.rollout('gates:2', {
    policy: {
      batches: [{ name: 'canary', nodes: 1, soakMs: 60_000 }, ...canary.slice(1)],
      gates: [gate('node-health', 'nodes', { maxFailing: 0, ignoreNamespaces: [] })],
    },
  });
  await rollout.reaches('soaking');
  const [node] = await scene.taken();
  const { kube } = scene.engine;
  await kube.create(
    paths.pods(scene.namespace),
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'neighbour' },
      spec: { nodeName: node, containers: [{ name: 'web', image: 'web:1' }], tolerations: [{ operator: 'Exists' }] },
    },
    { fieldManager: 'test' },
  );
  const conditions = [
    { type: 'Ready', status: 'False', lastTransitionTime: new Date(Date.now() + 2_000).toISOString() },
  ];
  await scene.until('the neighbour to run', async () => {
    const pod = await kube.get<{ status?: { phase?: string } }>(paths.pod(scene.namespace, 'neighbour'));
    return pod?.status?.phase === 'Running';
  });
  await kube.patch(
    `${paths.pod(scene.namespace, 'neighbour')}/status`,
    { status: { conditions } },
    { type: 'strategic' },
  );
  const { outcome, cause } = await rollout.result();
  expect(outcome).toBe('rolledBack');
  expect(cause).toContain(`1 of 1 touched nodes suffer (${node}); ${node}: ${scene.namespace}/neighbour is not ready`);
});

scenario('a Job on the nodes of the batch must succeed, and is never left behind', withJobs, async (scene) => {
  await scene.install('gates:1');
  const good = await scene.rollout('gates:2', { policy: { batches: canary, gates: [job('smoke:1')] } });
  expect(await good.result()).toMatchObject({ outcome: 'succeeded' });
  expect(await leftJobs(scene)).toEqual([]);
  const bad = await scene.rollout('gates:3', { policy: { batches: canary, gates: [job(failing)] } });
  const { outcome, cause } = await bad.result();
  expect(outcome).toBe('rolledBack');
  expect(cause).toMatch(/the Job failed on 1 of 1 nodes .*exited with code 3/);
  expect(await leftJobs(scene)).toEqual([]);
});

scenario('a Job that cannot start is no verdict: the rollout holds and says why', withJobs, async (scene) => {
  await scene.install('gates:1');
  const rollout = await scene.rollout('gates:2', { policy: { batches: canary, gates: [job(missing, 2_000)] } });
  const held = await rollout.reaches('soaking', (status) => status.live?.gates?.[0]?.unreachable === true);
  expect(held.live?.gates?.[0]?.sentence).toMatch(/could not start on node .*ImagePullBackOff/);
  expect(await scene.taken()).toHaveLength(1);
  await rollout.send('rollback', { reason: 'the Job is broken' });
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
  await scene.until('no Job to be left', async () => (await leftJobs(scene)).length === 0);
});

scenario('a gate goes on being measured in a pause; what it finds is told, and counts on resume', {}, async (scene) => {
  await scene.install('gates:1');
  const { spec, answer, asked } = await endpoint();
  const rollout = await scene.rollout('gates:2', {
    policy: { batches: [{ name: 'canary', nodes: 1, soakMs: 600_000 }, ...canary.slice(1)], gates: [spec] },
  });
  await rollout.reaches('soaking');
  await rollout.send('pause', { reason: 'lunch' });
  await rollout.reaches('paused');
  const before = asked();
  await scene.until('the gate to be asked in the pause', async () => asked() > before + 1);
  answer.status = 500;
  const told = await rollout.reaches('paused', ({ sentence }) => sentence.includes('Meanwhile'));
  expect(told.sentence).toMatch(/lunch\. Meanwhile: GateFailed.*500/);
  expect(await scene.taken()).toHaveLength(1);
  await rollout.send('resume');
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack', cause: expect.stringContaining('500') });
});

scenario('a gate is red while an approval is waited for: the canary goes back without a word', {}, async (scene) => {
  await scene.install('gates:1');
  const { spec, answer } = await endpoint();
  const rollout = await scene.rollout('gates:2', {
    policy: {
      batches: [{ name: 'canary', nodes: 1, soakMs: 0, approval: 'after' }, ...canary.slice(1)],
      gates: [spec],
    },
  });
  await rollout.reaches('awaitingApprovalAfter');
  answer.status = 500;
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack', cause: expect.stringContaining('500') });
});

scenario('nobody can tell: it stops for a person, who may pass the gate for this batch alone', {}, async (scene) => {
  await scene.install('gates:1');
  const { spec } = await endpoint();
  const rollout = await scene.rollout('gates:2', {
    policy: { batches: canary, gates: [{ ...spec, minSamples: 99 }] },
  });
  expect((await rollout.reaches('stopped')).sentence).toMatch(/health is inconclusive/);
  expect(await scene.taken()).toHaveLength(1);
  await rollout.send('retry', { ignoreGate: true, reason: 'looked at it' });
  await rollout.reaches('stopped', ({ batch }) => batch === 1);
  await rollout.send('retry', { ignoreGate: true, reason: 'looked at it again' });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
});

scenario('a first install is judged too; there is nothing to go back to, so it stops', {}, async (scene) => {
  const { spec, answer } = await endpoint();
  answer.status = 503;
  const rollout = await scene.rollout('gates:1', { mode: 'install', policy: { gates: [spec] } });
  expect((await rollout.reaches('stopped')).sentence).toContain('503');
  answer.status = 200;
  await rollout.send('retry');
  expect(await rollout.result()).toMatchObject({ outcome: 'installed' });
});

scenario(
  'gates cost at most two requests to the API server for each node',
  { ...withJobs, nodes: 40 },
  async (scene) => {
    await scene.install('gates:1');
    const costOf = async (image: string, gates: GateSpec[]): Promise<number> => {
      const before = requests.get(scene.namespace) ?? 0;
      const rollout = await scene.rollout(image, {
        policy: { batches: canary.map((batch) => ({ ...batch, soakMs: 1_000 })), maxUnavailable: 40, gates },
      });
      expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
      return (requests.get(scene.namespace) ?? 0) - before;
    };
    const without = await costOf('gates:2', []);
    const { nodes: _nodes, ...template } = job('smoke:1').config;
    const smoke = { ...job('smoke:1'), config: { ...template, nodes: 40 } };
    delete smoke.batches;
    const all = [
      gate('node-health', 'nodes', { maxFailing: 0, ignoreNamespaces: [] }),
      gate('pods', 'pods', { maxRestarts: 0, maxUnavailable: 0 }),
      smoke,
    ];
    const more = (await costOf('gates:3', all)) - without;
    expect(more).toBeGreaterThan(40);
    expect(more, `${without} without gates`).toBeLessThanOrEqual(2 * 40);
  },
);
