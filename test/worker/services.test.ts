import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { log } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type NodewaveClient } from '../../client/index.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { ServicesConfig } from '../../worker/config.ts';
import { createLogger, temporalLogger } from '../../worker/log/logger.ts';
import { type Services, startServices } from '../../worker/services.ts';
import { startTemporal, type TestTemporal } from '../support/temporal.ts';
import { genericHeaders, githubHeaders, githubPush } from '../webhook/receiver.ts';

const secret = 'a secret of some length';
const lines: Record<string, unknown>[] = [];
const logger = createLogger(
  { logLevel: 'info', identity: 'test' },
  { write: (line: string) => void lines.push(JSON.parse(line)) },
);
let folder: string;
let temporal: TestTemporal;
let services: Services;
let client: NodewaveClient;

function configOf(overrides: Partial<ServicesConfig> = {}): ServicesConfig {
  return {
    roles: ['worker', 'webhook'],
    temporal: temporal.config,
    identity: 'test',
    logLevel: 'info',
    clusters: {},
    receivers: {
      main: { provider: 'github', secretFile: join(folder, 'secret') },
      ci: { provider: 'generic', secretFile: join(folder, 'secret') },
    },
    gitCacheDir: join(folder, 'git'),
    gitSurroundings: {},
    git: {
      access: { protocols: ['https'] },
      credentials: [],
      trustedKeys: {},
      maxFetchBytes: 2 ** 20,
      fetchTimeoutMs: 1_000,
      lookUpTimeoutMs: 1_000,
    },
    renderTools: {},
    bundleDir: join(folder, 'bundles'),
    webhookAddress: { host: '127.0.0.1', port: 0 },
    operationsAddress: { host: '127.0.0.1', port: 0 },
    registerSearchAttributes: true,
    gatesMayAskLocal: false,
    maxCachedWorkflows: 200,
    drainMs: 500,
    temporalWaitMs: 5_000,
    ...overrides,
  };
}

const overrides = {
  logger,
  workflowsPath: join(import.meta.dirname, 'workflows.ts'),
  activities: { workflowQueue: { note: async () => log.info('from the activity') }, clusterQueues: {} },
};

const push = (body: string, receiver = 'main') =>
  fetch(`${services.addresses.webhook}/webhooks/github/${receiver}`, {
    method: 'POST',
    body,
    headers: githubHeaders(body, secret),
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nodewave-services-'));
  writeFileSync(join(folder, 'secret'), secret);
  temporal = await startTemporal({ searchAttributes: false, logger: temporalLogger(logger) });
  services = await startServices(configOf(), overrides);
  client = await connect(temporal.config);
  await client.changed('agents', { deliveryId: 'first', source: 'cli', refs: [] });
}, 120_000);

afterAll(async () => {
  await client?.close();
  await services?.shutdown();
  await temporal?.stop();
  rmSync(folder, { recursive: true });
});

test('a start registers what is missing, and is ready afterwards', async () => {
  expect(lines).toContainEqual(
    expect.objectContaining({ message: 'search attributes registered', registered: expect.any(Array) }),
  );
  for (const address of [services.addresses.webhook, services.addresses.operations]) {
    const answer = await fetch(`${address}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([200, { ready: true, problems: {} }]);
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
  }
});

test('a push that was answered 202 is in the workflow', async () => {
  const body = githubPush('https://git.example.com/platform/agents');
  const answer = await push(body);
  expect(answer.status).toBe(202);
  expect(await answer.json()).toEqual({ accepted: true, applications: ['agents'] });
  expect(await client.applicationStatus('agents')).toMatchObject({
    seen: expect.arrayContaining(['72d3162e-cc78-11e3-81ab-4c9367dc0958']),
  });
});

test('a push never creates an application', async () => {
  const body = JSON.stringify({ application: 'nope' });
  const answer = await fetch(`${services.addresses.webhook}/webhooks/generic/ci`, {
    method: 'POST',
    body,
    headers: genericHeaders(body, secret),
  });
  expect(answer.status).toBe(404);
  expect((await client.listApplicationNames()).map((entry) => entry.name)).toEqual(['agents']);
});

test('lines of workflow and activity say application and commit', async () => {
  const line = (message: string) => lines.find((candidate) => candidate.message === message);
  await waitFor(() => line('from the activity') !== undefined, { timeoutMs: 10_000, what: 'the line of the activity' });
  expect(line('from the workflow')).toMatchObject({ level: 'info', application: 'agents' });
  expect(line('from the activity')).toMatchObject({ application: 'agents', commit: 'c0ffee' });
});

test('metrics are on the second listener only', async () => {
  const metrics = await fetch(`${services.addresses.operations}/metrics`);
  expect(await metrics.text()).toContain(
    'nodewave_webhooks_total{provider="github",receiver="main",result="accepted"}',
  );
  expect((await fetch(`${services.addresses.webhook}/metrics`)).status).toBe(404);
});

test('the workflow code is bundled once and found again', async () => {
  expect(readdirSync(join(folder, 'bundles'))).toEqual([expect.stringMatching(/^workflows-[0-9a-f]{16}\.js$/)]);
});

test('a webhook server starts without Temporal, says so, and refuses pushes until it is there', async () => {
  const away = { address: '127.0.0.1:9', namespace: 'default', connectionOptions: { address: '127.0.0.1:9' } };
  const alone = await startServices(configOf({ roles: ['webhook'], temporal: away }), { logger });
  try {
    const ready = await fetch(`${alone.addresses.webhook}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ problems: { temporal: expect.stringContaining('cannot be reached') } });
    const body = githubPush('https://git.example.com/platform/agents');
    const answer = await fetch(`${alone.addresses.webhook}/webhooks/github/main`, {
      method: 'POST',
      body,
      headers: githubHeaders(body, secret),
    });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
  } finally {
    await alone.shutdown();
  }
});

test('a worker whose Temporal stays away ends with the sentence', async () => {
  const away = { address: '127.0.0.1:9', namespace: 'default', connectionOptions: { address: '127.0.0.1:9' } };
  await expect(startServices(configOf({ temporal: away, temporalWaitMs: 0 }), overrides)).rejects.toThrow(
    'Temporal at 127.0.0.1:9 cannot be reached',
  );
});

test('a stop ends the listeners and drains the workers', async () => {
  const second = await startServices(configOf(), overrides);
  await second.shutdown();
  await expect(fetch(`${second.addresses.operations}/healthz`)).rejects.toThrow();
});
