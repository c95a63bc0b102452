import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendUiUpdate, updatePath } from '../../dev/demo/temporal-ui.ts';
import { startTemporal, type Temporal } from '../../dev/stack/temporal.ts';
import { ensureTools } from '../../dev/tools/ensure.ts';
import { rolloutWorkflowId, workflowTaskQueue } from '../../domain/ids.ts';

const workflowId = rolloutWorkflowId({ cluster: 'demo', namespace: 'monitoring', name: 'node-agent' });
let dir: string;
let temporal: Temporal;
let connection: Connection;
let native: NativeConnection;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  dir = mkdtempSync(join(tmpdir(), 'nodewave-ui-'));
  temporal = await startTemporal({ dir, tools: await ensureTools(['temporal'], () => undefined), uiPort: 8233 });
  connection = await Connection.connect({ address: temporal.address });
  native = await NativeConnection.connect({ address: temporal.address });
  const workflowsPath = join(import.meta.dirname, '..', 'client', 'workflows.ts');
  worker = await Worker.create({ connection: native, taskQueue: workflowTaskQueue, workflowsPath });
  running = worker.run();
}, 120_000);

afterAll(async () => {
  worker?.shutdown();
  await running;
  await native?.close();
  await connection?.close();
  await temporal?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('the request of the Temporal UI reaches a rollout: refused with its sentence, then accepted with its answer', async () => {
  const client = new Client({ connection });
  const handle = await client.workflow.start('rollout', { taskQueue: workflowTaskQueue, workflowId });
  const uiUrl = temporal.uiUrl ?? '';
  const send = (input: unknown, name = 'approve') =>
    sendUiUpdate({ uiUrl, namespace: 'default', workflowId, name, input });
  await expect(send({ by: 'bob', plan: 'stale' })).rejects.toThrow('the plan is ab12cd34, not stale: look again');
  await expect(send({ by: 'bob', plan: 'fail' })).rejects.toThrow('the census could not be taken');
  const { request, result } = await send({ by: 'bob – night shift', plan: 'ab12cd34' });
  expect(request).toBe(
    'POST /api/v1/namespaces/default/workflows/rollout%3Ademo%3Amonitoring%2Fnode-agent/update/approve',
  );
  expect(result).toEqual({ accepted: true, message: 'approved', phase: 'waiting' });
  await handle.result();
  await expect(send({ by: 'bob', plan: 'ab12cd34' })).rejects.toThrow(/completed/);
});

test('every part of the path is escaped', () => {
  expect(updatePath({ namespace: 'a b', workflowId: 'x/y?z', name: 'approve' })).toBe(
    '/api/v1/namespaces/a%20b/workflows/x%2Fy%3Fz/update/approve',
  );
});
