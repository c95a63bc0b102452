import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CoreV1Api } from '@kubernetes/client-node';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import { clusterDaemons } from '../../dev/stack/cluster-pids.ts';
import { identify, isRunning, type ProcessIdentity } from '../../dev/stack/identity.ts';
import { endStack } from '../../dev/stack/ledger.ts';
import { startStack } from '../../dev/stack/stack.ts';

/** One of the test's processes that holds a stack. */
interface Holder {
  child: ChildProcess;
  server: string;
  temporal: string;
  stderr: () => string;
}

let dir: string;
const holders: ChildProcess[] = [];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'nodewave-stack-'));
});

afterAll(async () => {
  for (const child of holders) child.kill('SIGKILL');
  await endStack(dir);
  rmSync(dir, { recursive: true, force: true });
});

const exited = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)));

async function hold(): Promise<Holder> {
  const script = join(import.meta.dirname, 'fixtures', 'hold-stack.ts');
  const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'pipe'] });
  holders.push(child);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  for await (const line of createInterface(child.stdout)) {
    return { child, ...(JSON.parse(line) as { server: string; temporal: string }), stderr: () => stderr };
  }
  throw new Error(`the stack was not started:\n${stderr}`);
}

const core = () => loadKubeConfig(join(dir, 'kubeconfig.yaml')).makeApiClient(CoreV1Api);

async function temporalClient(address: string): Promise<{ client: Client; close: () => Promise<void> }> {
  const connection = await Connection.connect({ address });
  return { client: new Client({ connection }), close: () => connection.close() };
}

function temporalProcess(): ProcessIdentity {
  const { processes } = JSON.parse(readFileSync(join(dir, 'processes.json'), 'utf8')) as {
    processes: { name: string; identity: ProcessIdentity }[];
  };
  const found = processes.find(({ name }) => name === 'temporal');
  if (found === undefined) throw new Error('the ledger has no Temporal');
  return found.identity;
}

describe('one folder, started three times', () => {
  let first: Holder;
  let leftovers: ProcessIdentity[];

  test('the first start gives an empty cluster with nodes and an empty Temporal', async () => {
    first = await hold();
    expect((await core().listNode()).items).toHaveLength(3);
    await core().createNamespacedConfigMap({
      namespace: 'default',
      body: { metadata: { name: 'kept' }, data: { a: '1' } },
    });
    const { client, close } = await temporalClient(first.temporal);
    await client.workflow.start('anything', { taskQueue: 'nobody', workflowId: 'kept' });
    await close();
    expect(
      clusterDaemons(dir)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok-controller']);
  });

  test('a second start beside a living one is refused and names it', async () => {
    await expect(startStack({ dir, keep: true })).rejects.toThrow(
      new RegExp(`process ${first.child.pid} .* already runs the stack in ${dir}; stop it first`),
    );
    await expect(endStack(dir)).rejects.toThrow(/already runs/);
    expect(clusterDaemons(dir)).toHaveLength(5);
  });

  test('SIGKILL of the owner leaves its processes, and the next start ends exactly those and goes on', async () => {
    leftovers = [temporalProcess(), ...clusterDaemons(dir).map(({ identity }) => identity)];
    first.child.kill('SIGKILL');
    await exited(first.child);
    expect(leftovers.filter(isRunning)).toHaveLength(6);
    const second = await hold();
    expect(leftovers.filter(isRunning)).toEqual([]);
    expect(second.stderr()).toContain('ended what an earlier start left running: temporal, ');
    expect(second.server).toBe(first.server);
    const kept = await core().readNamespacedConfigMap({ name: 'kept', namespace: 'default' });
    expect(kept.data).toEqual({ a: '1' });
    const { client, close } = await temporalClient(second.temporal);
    expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    await close();
    leftovers = [temporalProcess(), ...clusterDaemons(dir).map(({ identity }) => identity)];
    expect(leftovers).toHaveLength(6);

    second.child.kill('SIGINT');
    expect(await exited(second.child)).toBe(130);
    expect(leftovers.filter(isRunning)).toEqual([]);
  });

  test('a start after a proper stop keeps the state, and takes other ports when the old ones are used', async () => {
    const port = Number(new URL(first.server).port);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const stack = await startStack({ dir, keep: true });
    try {
      expect(stack.cluster.server).not.toBe(first.server);
      const kube = stack.cluster.kubeConfig.makeApiClient(CoreV1Api);
      expect((await kube.listNode()).items).toHaveLength(3);
      expect((await kube.readNamespacedConfigMap({ name: 'kept', namespace: 'default' })).data).toEqual({ a: '1' });
      expect(identify(stack.temporal.process.identity.pid)).toBeDefined();
    } finally {
      await stack.stop();
      other.close();
    }
    expect(clusterDaemons(dir)).toEqual([]);
    expect(isRunning(stack.temporal.process.identity)).toBe(false);
  });
});
