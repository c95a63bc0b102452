import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { prepareServices } from '../../dev/services.ts';
import { loadConfig } from '../../worker/config.ts';
import { adminKube } from '../support/cluster.ts';
import { stackTimeoutMs, type TestStack, testStack } from '../support/stack.ts';

let stack: TestStack;
let dir: string;

beforeAll(async () => {
  stack = await testStack();
  dir = mkdtempSync(join(tmpdir(), 'nodewave-services-'));
}, stackTimeoutMs);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const prepare = async () =>
  prepareServices(
    {
      dir,
      cluster: { kubeConfig: await adminKube(), kubeconfigFile: stack.kubeconfigFile },
      env: { TEMPORAL_ADDRESS: stack.temporalAddress, TEMPORAL_NAMESPACE: 'default', KUBECONFIG: stack.kubeconfigFile },
    },
    { webhook: 18080, operations: 19090 },
  );

test('what is written is a configuration that the services accept, with the rights of deploy/rbac.yaml only', async () => {
  const setup = await prepare();
  const config = loadConfig(setup.env);
  expect(config.clusters).toEqual({ dev: { kubeconfig: setup.workerKubeconfig } });
  expect(config.temporal).toMatchObject({ address: stack.temporalAddress, namespace: 'default' });
  expect(config.receivers).toMatchObject({
    local: { provider: 'github' },
    ci: { provider: 'generic' },
    reports: { provider: 'ci' },
  });
  expect(setup.receivers.ci?.url).toBe('http://127.0.0.1:18080/webhooks/generic/ci');
  expect(setup.receivers.reports?.url).toBe('http://127.0.0.1:18080/webhooks/ci/reports');
  const { users } = parse(readFileSync(setup.workerKubeconfig, 'utf8')) as { users: { name: string; user: object }[] };
  expect(users.map(({ name, user }) => [name, Object.keys(user)])).toEqual([['nodewave', ['token']]]);
});

test('secrets are private and stay the same over starts', async () => {
  const read = async () =>
    Object.values((await prepare()).receivers).map(({ secretFile }) => {
      expect(statSync(secretFile).mode & 0o777).toBe(0o600);
      return readFileSync(secretFile, 'utf8');
    });
  const [first, second] = [await read(), await read()];
  expect(second).toEqual(first);
  expect(new Set(first).size).toBe(3);
});
