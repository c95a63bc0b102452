import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TransportError } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, returnPort } from '../../dev/stack/ports.ts';
import { startTemporal, type Temporal } from '../../dev/stack/temporal.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { ensureTools } from '../../dev/tools/ensure.ts';
import { loadConfig } from '../../worker/config.ts';
import { createLogger } from '../../worker/log/logger.ts';
import { startWorkerRole, type WorkerRole } from '../../worker/worker-role.ts';
import { installRuntime } from '../support/temporal.ts';

const lines: { level: string; message: string }[] = [];
const logger = createLogger(
  { logLevel: 'info', identity: 'test' },
  { write: (line: string) => void lines.push(JSON.parse(line)) },
);
const overrides = {
  workflowsPath: join(import.meta.dirname, 'workflows.ts'),
  activities: { workflowQueue: { note: async () => undefined }, clusterQueues: {} },
};
const warnings = (): number => lines.filter(({ message }) => message.startsWith('waiting for Temporal')).length;

let dir: string;
let port: number;
let temporal: Temporal | undefined;
let role: WorkerRole | undefined;

beforeAll(async () => {
  installRuntime();
  dir = mkdtempSync(join(tmpdir(), 'nodewave-late-'));
  writeFileSync(join(dir, 'clusters.yaml'), 'clusters: {dev: {kubeconfig: /nowhere}}\n');
  port = await freePort();
});

afterAll(async () => {
  await role?.stop();
  await temporal?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** What a worker is started with that waits for Temporal at a port where nobody listens yet. */
const configOf = (temporalWaitMs: number) => ({
  ...loadConfig({
    NODEWAVE_ROLES: 'worker',
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    NODEWAVE_CLUSTERS_FILE: join(dir, 'clusters.yaml'),
    NODEWAVE_GIT_CACHE: join(dir, 'git'),
  }),
  clusters: {},
  bundleDir: join(dir, 'bundles'),
  temporalWaitMs,
});

test('a worker that Temporal goes away from while it starts waits for as long as it may, and then ends with the reason', async () => {
  await expect(startWorkerRole(configOf(100), logger, overrides)).rejects.toThrow(TransportError);
  expect(warnings()).toBeGreaterThan(0);
});

test('Temporal comes back meanwhile: the worker serves', async () => {
  const before = warnings();
  const starting = startWorkerRole(configOf(60_000), logger, overrides);
  // Whoever awaits it below learns of it.
  starting.catch(() => undefined);
  await waitFor(() => warnings() > before, { timeoutMs: 20_000, what: 'the worker to wait' });
  returnPort(port);
  temporal = await startTemporal({ dir, tools: await ensureTools(['temporal'], () => undefined), port });
  expect(temporal.address).toBe(`127.0.0.1:${port}`);
  role = await starting;
  const { problems } = role;
  await waitFor(() => Object.keys(problems()).length === 0, { timeoutMs: 20_000, what: 'the worker to serve' });
});
