import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readEnv } from '../../cli/env.ts';
import { findSender } from '../../cli/identity.ts';

let folder: string;
const servers: Server[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nodewave-identity-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A kubeconfig file whose cluster answers as `listener` does. */
async function kubeconfig(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const file = join(folder, `kubeconfig-${port}`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'secret' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(file, stringify(config));
  return file;
}

const env = (file: string, user: string | undefined = 'ann') => ({ variables: {}, user, kubeconfigFiles: [file] });

test('--by wins, and is not empty', async () => {
  expect(await findSender(' bob ', env('/nope'))).toBe('bob');
  await expect(findSender('  ', env('/nope'))).rejects.toThrow('--by is empty');
});

test('the cluster says who one is', async () => {
  const asked: string[] = [];
  const file = await kubeconfig((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      status: { userInfo: { username: 'ann@example.com' } },
    };
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  expect(await findSender(undefined, env(file))).toBe('ann@example.com');
  expect(asked).toEqual(['POST /apis/authentication.k8s.io/v1/selfsubjectreviews Bearer secret']);
});

describe('$USER stands in', () => {
  test('when there is no kubeconfig', async () => {
    expect(await findSender(undefined, env(join(folder, 'nope')))).toBe('ann');
  });
  test('when the kubeconfig cannot be read', async () => {
    const file = join(folder, 'broken');
    writeFileSync(file, 'not: [yaml');
    expect(await findSender(undefined, env(file))).toBe('ann');
  });
  test('when the cluster refuses', async () => {
    const file = await kubeconfig((_request, response) => response.writeHead(403).end('{}'));
    expect(await findSender(undefined, env(file))).toBe('ann');
  });
  test('when the cluster does not answer within two seconds', async () => {
    const file = await kubeconfig(() => undefined);
    const startedMs = Date.now();
    expect(await findSender(undefined, env(file))).toBe('ann');
    expect(Date.now() - startedMs).toBeLessThan(5_000);
  });
});

test('nobody at all is a usage error with the cure', async () => {
  const nobody = { variables: {}, user: undefined, kubeconfigFiles: [] };
  await expect(findSender(undefined, nobody)).rejects.toMatchObject({
    kind: 'usage',
    cure: 'Name yourself, for example --by ann@example.com.',
  });
});

test('the environment names the kubeconfig files', () => {
  expect(readEnv({ KUBECONFIG: '/a:/b', USER: 'ann' }, '/home/ann')).toMatchObject({
    kubeconfigFiles: ['/a', '/b'],
    user: 'ann',
  });
  expect(readEnv({}, '/home/ann', 'ann')).toMatchObject({ user: 'ann' });
  expect(readEnv({}, '/home/ann')).toMatchObject({ kubeconfigFiles: ['/home/ann/.kube/config'], user: undefined });
});
