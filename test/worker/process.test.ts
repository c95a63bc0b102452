import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { waitFor } from '../../dev/stack/wait.ts';
import { type Product, type ProductWorker, startProduct } from '../support/product.ts';
import { stackTimeoutMs } from '../support/stack.ts';

const main = join(import.meta.dirname, '..', '..', 'worker', 'main.ts');
let product: Product & { first: ProductWorker | null };

beforeAll(async () => {
  product = await startProduct();
}, stackTimeoutMs);
afterAll(() => product?.stop());

/** Runs worker/main.ts to its end. */
function run(env: Record<string, string>): Promise<{ exitCode: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('close', (exitCode) => resolve({ exitCode, stderr }));
  });
}

test.skipIf(process.platform !== 'linux')('an idle worker with webhook server stays below 250 MB', async () => {
  const pid = product.first?.process.identity.pid;
  const rssMb = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  await waitFor(() => rssMb() < 250, { timeoutMs: 15_000, everyMs: 500, what: 'the worker to settle below 250 MB' });
});

test('settings that cannot be used end the process with code 2 and one line that says what to do', async () => {
  const { exitCode, stderr } = await run({ NODEWAVE_ROLES: 'worker' });
  expect(exitCode).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({
    level: 'fatal',
    message: expect.stringContaining('NODEWAVE_CLUSTERS_FILE is not set'),
  });
});

test('two names for one cluster are refused, because it would get two budgets', async () => {
  const kubeconfig = join(product.dir, 'worker-kubeconfig.yaml');
  const clusters = join(product.dir, 'twice.yaml');
  writeFileSync(clusters, stringify({ clusters: { one: { kubeconfig }, two: { kubeconfig } } }));
  const { exitCode, stderr } = await run({
    NODEWAVE_ROLES: 'worker',
    NODEWAVE_CLUSTERS_FILE: clusters,
    NODEWAVE_OPERATIONS_ADDRESS: '127.0.0.1:0',
    NODEWAVE_GIT_CACHE: join(product.dir, 'git-twice'),
    NODEWAVE_GIT_LOCAL: 'true',
    TEMPORAL_ADDRESS: product.temporal.config.address,
  });
  expect(exitCode).toBe(2);
  expect(JSON.parse(stderr).message).toMatch(/clusters\.(one|two) and clusters\.(one|two) are the same cluster/);
});

test('SIGTERM drains and ends with code 0', async () => {
  const worker = await product.startWorker();
  process.kill(worker.process.identity.pid, 'SIGTERM');
  expect(await worker.process.ended).toMatchObject({ code: 0, signal: null });
  const log = readFileSync(worker.process.logFile, 'utf8');
  expect(log).toContain('"ready":true');
  expect(log.trimEnd().split('\n').at(-1)).toContain('"message":"stopped"');
});
