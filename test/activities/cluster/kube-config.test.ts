import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadInClusterKubeConfig, loadKubeConfig } from '../../../activities/cluster/kube-config.ts';
import { stackTimeoutMs, testStack } from '../../support/stack.ts';

let dir: string;
let file: string;
let proxy: Server;
let connections = 0;

beforeAll(async () => {
  const { kubeconfigFile } = await testStack();
  const text = readFileSync(kubeconfigFile, 'utf8');
  const apiPort = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
  proxy = createServer((client) => {
    connections += 1;
    const server = connect(apiPort, '127.0.0.1');
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  dir = mkdtempSync(join(tmpdir(), 'nodewave-kubeconfig-'));
  file = join(dir, 'config.yaml');
  writeFileSync(file, text.replace(`127.0.0.1:${apiPort}`, `127.0.0.1:${(proxy.address() as AddressInfo).port}`));
}, stackTimeoutMs);

beforeEach(() => {
  connections = 0;
});

afterAll(() => {
  proxy.close();
  rmSync(dir, { recursive: true, force: true });
});

// Two take turns: an answer is read a moment before its connection is free again.
test('one hundred requests in a row use two connections at most', async () => {
  const core = loadKubeConfig(file).makeApiClient(CoreV1Api);
  for (let request = 0; request < 100; request += 1) await core.readNamespace({ name: 'default' });
  expect(connections).toBeLessThanOrEqual(2);
});

test('two clients and a watch of one configuration share its connections', async () => {
  const config = loadKubeConfig(file);
  await config.makeApiClient(CoreV1Api).readNamespace({ name: 'default' });
  await config.makeApiClient(CoreV1Api).readNamespace({ name: 'default' });
  expect(connections).toBeLessThanOrEqual(2);
  const watch = await new Watch(config).watch(
    '/api/v1/namespaces',
    {},
    () => undefined,
    () => undefined,
  );
  expect(connections).toBeLessThanOrEqual(2);
  watch.abort();
});

test('parallel requests open no more than two connections for each that runs at once', async () => {
  const core = loadKubeConfig(file).makeApiClient(CoreV1Api);
  const lane = async () => {
    for (let request = 0; request < 20; request += 1) await core.readNamespace({ name: 'default' });
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  expect(connections).toBeLessThanOrEqual(8);
});

test('the protocol is HTTP/1.1: an API server that dies must not take this process with it', async () => {
  const core = loadKubeConfig(file).makeApiClient(CoreV1Api);
  await Promise.all([1, 2, 3, 4].map(() => core.listNode()));
  // Over HTTP/2 they would share one.
  expect(connections).toBe(4);
});

test('a missing file or context is bad input that says what there is', () => {
  expect(() => loadKubeConfig(join(dir, 'none.yaml'))).toThrow(/kubeconfig .*none\.yaml does not exist/);
  expect(() => loadKubeConfig(file, 'prod')).toThrow(/has no context "prod"; it has kwok-nodewave/);
  expect(loadKubeConfig(file, 'kwok-nodewave').getCurrentContext()).toBe('kwok-nodewave');
});

test('outside a pod there is no in-cluster access', () => {
  expect(() => loadInClusterKubeConfig()).toThrow(/in-cluster access needs .*serviceaccount\/token/);
});
