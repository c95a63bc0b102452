import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Environment } from '../../client/index.ts';
import { loadConfig } from '../../worker/config.ts';
import { ConfigError } from '../../worker/config-error.ts';

let folder: string;
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nodewave-config-'));
  file('secret', 'a secret\n');
  file('empty', '\n');
  file('clusters.yaml', 'clusters:\n  prod: {kubeconfig: kubeconfig.yaml, context: prod}\n  here: {inCluster: true}\n');
  file('receivers.yaml', 'receivers:\n  main: {provider: github, secretFile: secret}\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const load = (env: Environment = {}) =>
  loadConfig({
    HOME: folder,
    NODEWAVE_CLUSTERS_FILE: join(folder, 'clusters.yaml'),
    NODEWAVE_RECEIVERS_FILE: join(folder, 'receivers.yaml'),
    ...env,
  });

function refusal(env: Environment): string {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(folder, 'DIR');
    throw error;
  }
  throw new Error('it was expected to be refused');
}

test('two files are enough; everything else has a default', () => {
  expect(load()).toMatchObject({
    roles: ['worker', 'webhook'],
    temporal: { address: 'localhost:7233', namespace: 'default' },
    clusters: { prod: { kubeconfig: join(folder, 'kubeconfig.yaml'), context: 'prod' }, here: { inCluster: true } },
    receivers: { main: { provider: 'github', secretFile: join(folder, 'secret') } },
    gitCacheDir: join(folder, '.cache', 'nodewave', 'git'),
    webhookAddress: { host: '127.0.0.1', port: 8080 },
    operationsAddress: { host: '127.0.0.1', port: 9090 },
    maxCachedWorkflows: 200,
    drainMs: 10_000,
  });
});

test.each([
  ['5', 5],
  ['5%', '5%'],
  ['"100%"', '100%'],
])('maxNodesOut: %s of a cluster', (text, maxNodesOut) => {
  const clusters = file('limited.yaml', `clusters:\n  here: {inCluster: true, maxNodesOut: ${text}}\n`);
  expect(load({ NODEWAVE_CLUSTERS_FILE: clusters }).clusters).toEqual({ here: { inCluster: true, maxNodesOut } });
});

test('a role needs only its own file', () => {
  const env = { HOME: folder, NODEWAVE_RECEIVERS_FILE: join(folder, 'receivers.yaml') };
  expect(loadConfig({ ...env, NODEWAVE_ROLES: 'webhook' })).toMatchObject({ roles: ['webhook'], clusters: {} });
  expect(load({ NODEWAVE_ROLES: 'worker', NODEWAVE_RECEIVERS_FILE: '' })).toMatchObject({ receivers: {} });
});

test('addresses', () => {
  expect(load({ NODEWAVE_WEBHOOK_ADDRESS: ':8443' }).webhookAddress).toEqual({ host: '0.0.0.0', port: 8443 });
  expect(load({ NODEWAVE_WEBHOOK_ADDRESS: '[::1]:0' }).webhookAddress).toEqual({ host: '::1', port: 0 });
});

describe('settings that cannot be used are refused with variable and cure', () => {
  test.each<[Environment, string]>([
    [
      { NODEWAVE_CLUSTERS_FILE: '' },
      'NODEWAVE_CLUSTERS_FILE is not set; it names the file that lists the clusters. Set it, or run this process without that role (NODEWAVE_ROLES=webhook)',
    ],
    [
      { NODEWAVE_CLUSTERS_FILE: '/nope/clusters.yaml' },
      'NODEWAVE_CLUSTERS_FILE names /nope/clusters.yaml, which does not exist; correct the path',
    ],
    [{ NODEWAVE_ROLES: 'workers' }, 'NODEWAVE_ROLES is "workers"; expected worker, webhook'],
    [{ NODEWAVE_LOG_LEVEL: 'loud' }, 'NODEWAVE_LOG_LEVEL is "loud"; expected debug, info, warn, error'],
    [
      { NODEWAVE_WEBHOOK_ADDRESS: '8080' },
      'NODEWAVE_WEBHOOK_ADDRESS is "8080"; expected HOST:PORT, e.g. 0.0.0.0:8080, or :8080 for all addresses',
    ],
    [{ NODEWAVE_DRAIN_SECONDS: '10s' }, 'NODEWAVE_DRAIN_SECONDS is "10s"; expected a whole number from 0 to 3600'],
    [
      { TEMPORAL_TLS: 'TRUE' },
      'TEMPORAL_TLS is "TRUE", which would be read as "off". Write TEMPORAL_TLS=true (or 1) for TLS, TEMPORAL_TLS=false (or 0) for none; small letters matter.',
    ],
  ])('%j', (env, message) => {
    expect(refusal(env)).toBe(message);
  });
});

describe('files are refused with file, line and field', () => {
  const clusters = (text: string) => refusal({ NODEWAVE_CLUSTERS_FILE: file('bad-clusters.yaml', text) });
  const receivers = (text: string) => refusal({ NODEWAVE_RECEIVERS_FILE: file('bad-receivers.yaml', text) });

  test.each([
    [
      'clusters:\n  prod:\n    kubeconfg: k.yaml\n',
      'DIR/bad-clusters.yaml:3: clusters.prod.kubeconfg: there is no such key; did you mean kubeconfig?; expected clusters, kubeconfig, context, inCluster, maxNodesOut',
    ],
    [
      'clusters:\n  prod: {}\n',
      'DIR/bad-clusters.yaml:2: clusters.prod: says neither kubeconfig nor inCluster; add one of the two',
    ],
    [
      'clusters:\n  prod: {inCluster: true, kubeconfig: k}\n',
      'DIR/bad-clusters.yaml:2: clusters.prod: has inCluster and a kubeconfig; keep one of the two',
    ],
    [
      'clusters:\n  a: {inCluster: true}\n  "b:c": {inCluster: true}\n',
      'DIR/bad-clusters.yaml:3: clusters.b:c: expected small letters, digits and "-", at most 63 of them',
    ],
    ...['0', '-1', '1.5', '0%', '101%', '5 %', '[]', 'true'].map((limit) => [
      `clusters:\n  a: {inCluster: true, maxNodesOut: ${limit}}\n`,
      'DIR/bad-clusters.yaml:2: clusters.a.maxNodesOut: expected a number of nodes such as 5, or a percentage such as "5%"',
    ]),
    ['clusters: {}\n', 'DIR/bad-clusters.yaml names no cluster; add one under "clusters:"'],
    ['clusters:\n  a: [\n', 'DIR/bad-clusters.yaml:'],
    ['', 'DIR/bad-clusters.yaml must hold exactly one YAML document and holds 0'],
    [
      'clusters:\n  a: {inCluster: true}\n  a: {inCluster: true}\n',
      'DIR/bad-clusters.yaml:3: clusters.a: the key is there twice, first on line 2; remove one of them',
    ],
  ])('clusters %j', (text, message) => {
    expect(clusters(text)).toContain(message);
    expect(clusters(text)).toMatch(/^NODEWAVE_CLUSTERS_FILE: /);
  });

  test.each([
    [
      'receivers:\n  main:\n    provider: github\n',
      'DIR/bad-receivers.yaml:2: receivers.main.secretFile: expected the path of a file that holds the secret; a receiver without one would accept anybody',
    ],
    [
      'receivers:\n  main:\n    provider: github\n    secretFile: nope\n',
      'DIR/bad-receivers.yaml:4: receivers.main.secretFile: DIR/nope does not exist',
    ],
    [
      'receivers:\n  main:\n    provider: github\n    secretFile: empty\n',
      'DIR/bad-receivers.yaml:4: receivers.main.secretFile: DIR/empty is empty; write the secret into it',
    ],
    [
      'receivers:\n  main: {provider: gitlab, secretFile: secret}\n',
      'DIR/bad-receivers.yaml:2: receivers.main.provider: expected github, generic or ci',
    ],
  ])('receivers %j', (text, message) => {
    expect(receivers(text)).toContain(message);
  });

  test('a previous secret that is gone does not stop a start', () => {
    const text = 'receivers:\n  main: {provider: github, secretFile: secret, previousSecretFile: gone}\n';
    const config = load({ NODEWAVE_RECEIVERS_FILE: file('rotated.yaml', text) });
    expect(config.receivers.main?.previousSecretFile).toBe(join(folder, 'gone'));
  });

  test('a secret with whsec_ must be base64 behind it', () => {
    file('half', 'whsec_not base64');
    expect(receivers('receivers:\n  ci: {provider: generic, secretFile: half}\n')).toContain(
      'DIR/half starts with whsec_, so base64 must follow, and does not',
    );
  });
});
