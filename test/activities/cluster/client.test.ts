import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ClusterClient, createClusterClient } from '../../../activities/cluster/client.ts';
import { loadKubeConfig } from '../../../activities/cluster/kube-config.ts';
import { KubeError } from '../../../activities/cluster/kube-error.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { serviceAccountKubeconfig } from '../../../dev/stack/kubeconfig.ts';
import { adminKube, testNamespace, uniqueName } from '../../support/cluster.ts';
import { stackTimeoutMs, testStack } from '../../support/stack.ts';

let client: ClusterClient;

beforeAll(async () => {
  client = createClusterClient(await adminKube());
}, stackTimeoutMs);

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
const options = { fieldManager: 'test' };
type ConfigMap = { data: Record<string, string>; metadata: { name: string; uid: string; resourceVersion: string } };

async function failureOf(promise: Promise<unknown>): Promise<KubeError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof KubeError) return error;
  throw error;
}

describe('objects', () => {
  test('are created, read, applied, patched and removed', async () => {
    const namespace = await testNamespace();
    const path = paths.configMap(namespace, 'a');
    expect(await client.get(path)).toBeNull();
    await client.create(paths.configMaps(namespace), configMap('a', { x: '1' }), options);
    await client.apply(path, configMap('a', { y: '2' }), options);
    await client.patch(path, { data: { z: '3' } }, { type: 'merge' });
    await client.patch(path, [{ op: 'remove', path: '/data/x' }], { type: 'json' });
    const found = await client.get<ConfigMap>(path);
    expect(found?.data).toEqual({ y: '2', z: '3' });
    expect(await client.remove(path)).toBe('deleted');
    expect(await client.remove(path)).toBe('gone');
  });

  test('a text is read up to its limit, with the query of its path', async () => {
    const asked: string[] = [];
    const fake = await fakeServer((url) => {
      asked.push(url);
      return url.includes('previous=true') ? [400, { message: 'not found' }] : [200, 'first line\nsecond line\n'];
    });
    const path = paths.podLog('monitoring', 'agent-x');
    const query = { container: 'agent', tailLines: 2 };
    expect(await fake.text(path, { query, maxBytes: 1_000 })).toBe('first line\nsecond line\n');
    expect(await fake.text(path, { query, maxBytes: 5 })).toBe('first');
    expect(asked[0]).toBe('/api/v1/namespaces/monitoring/pods/agent-x/log?container=agent&tailLines=2');
    const refused = await failureOf(fake.text(path, { query: { previous: true }, maxBytes: 5 }));
    expect(refused).toMatchObject({ status: 400, code: 'BadInput' });
  });

  test('writes tell the API server how long somebody waits for them, so that it does nothing behind their back', async () => {
    const asked: string[] = [];
    const fake = await fakeServer((url) => {
      asked.push(url);
      return [200, {}];
    });
    await fake.get('/api/v1/nodes/a', { timeoutMs: 700 });
    await fake.remove('/api/v1/nodes/a', { timeoutMs: 699.5 });
    await fake.create('/api/v1/nodes', {}, { ...options, timeoutMs: 1_500 });
    expect(asked.map((url) => new URL(url, 'http://x').searchParams.get('timeout'))).toEqual([null, '700ms', '1500ms']);
  });

  test('dry runs write nothing', async () => {
    const namespace = await testNamespace();
    const path = paths.configMap(namespace, 'a');
    await client.apply(path, configMap('a', {}), { ...options, dryRun: true });
    await client.create(paths.configMaps(namespace), configMap('a', {}), { ...options, dryRun: true });
    expect(await client.get(path)).toBeNull();
  });

  test('removal holds to uid and resourceVersion', async () => {
    const namespace = await testNamespace();
    const path = paths.configMap(namespace, 'a');
    const { metadata } = await client.apply<ConfigMap>(path, configMap('a', {}), options);
    expect(await client.remove(path, { uid: 'another' })).toBe('conflict');
    expect(await client.remove(path, { uid: metadata.uid, resourceVersion: '1' })).toBe('conflict');
    expect(await client.remove(path, metadata)).toBe('deleted');
  });
});

describe('lists', () => {
  test('are read page by page, projected and selected', async () => {
    const namespace = await testNamespace();
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const object = { ...configMap(name, {}), metadata: { name, labels: { half: name < 'c' ? '1' : '2' } } };
      await client.create(paths.configMaps(namespace), object, options);
    }
    const counts: number[] = [];
    const { items, resourceVersion } = await client.list(paths.configMaps(namespace), {
      labelSelector: 'half',
      limit: 2,
      project: (item: ConfigMap) => item.metadata.name,
      onPage: (count) => counts.push(count),
    });
    expect(items).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(counts).toEqual([2, 4, 5]);
    expect(Number(resourceVersion)).toBeGreaterThan(0);
    const half = await client.list<ConfigMap>(paths.configMaps(namespace), { labelSelector: 'half=1' });
    expect(half.items).toHaveLength(2);
    const one = await client.list<ConfigMap>(paths.configMaps(namespace), { fieldSelector: 'metadata.name=e' });
    expect(one.items).toHaveLength(1);
  });

  test('start over when a page has expired', async () => {
    let asked = 0;
    const fake = await fakeServer((url) => {
      asked += 1;
      if (!url.includes('continue='))
        return [200, { items: [{ asked }], metadata: { continue: 'next', resourceVersion: '1' } }];
      if (asked === 2) return [410, { reason: 'Expired', message: 'too old' }];
      return [200, { items: [{ asked }], metadata: { resourceVersion: '2' } }];
    });
    expect(await fake.list('/api/v1/nodes')).toEqual({ items: [{ asked: 3 }, { asked: 4 }], resourceVersion: '2' });
  });
});

describe('watches', () => {
  test('deliver what happens after the list, until they end', async () => {
    const namespace = await testNamespace();
    const path = paths.configMaps(namespace);
    const { resourceVersion } = await client.list(path, { labelSelector: 'seen' });
    const events: string[] = [];
    let openedBefore: number | null = null;
    const ended = client.watch(
      path,
      { resourceVersion, timeoutSeconds: 3, labelSelector: 'seen' },
      (type, object) => events.push(`${type} ${String((object as ConfigMap).metadata.name)}`),
      new AbortController().signal,
      () => {
        openedBefore = events.length;
      },
    );
    const seen = (name: string) => ({ ...configMap(name, {}), metadata: { name, labels: { seen: '' } } });
    await client.create(path, configMap('unseen', {}), options);
    await client.create(path, seen('a'), options);
    await client.patch(paths.configMap(namespace, 'a'), { data: { text: 'ü'.repeat(50_000) } }, { type: 'merge' });
    await client.remove(paths.configMap(namespace, 'a'));
    expect(await ended).toBe('ended');
    expect(events.filter((event) => !event.startsWith('BOOKMARK'))).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    expect(events.at(-1)).toMatch(/^BOOKMARK/);
    expect(openedBefore).toBe(0);
  });

  test('are stopped by their signal', async () => {
    const namespace = await testNamespace();
    const stop = new AbortController();
    const { resourceVersion } = await client.list(paths.configMaps(namespace));
    const watching = client.watch(
      paths.configMaps(namespace),
      { resourceVersion, timeoutSeconds: 300 },
      () => stop.abort(new Error('enough')),
      stop.signal,
    );
    // Awaited before the event can come: it may end the watch before the create is answered.
    const stopped = expect(watching).rejects.toThrow('enough');
    await client.create(paths.configMaps(namespace), configMap('a', {}), options);
    await stopped;
  });

  test('say when their resourceVersion is too old, in the status or in an event', async () => {
    const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    const byStatus = await fakeServer(() => [410, gone]);
    const byEvent = await fakeServer(() => [200, { type: 'ERROR', object: gone }]);
    for (const fake of [byStatus, byEvent]) {
      const watching = fake.watch(
        '/api/v1/nodes',
        { resourceVersion: '1', timeoutSeconds: 5 },
        () => undefined,
        new AbortController().signal,
      );
      expect(await watching).toBe('gone');
    }
  });

  test('pass on what their callback throws', async () => {
    const fake = await fakeServer(() => [200, { type: 'ADDED', object: {} }]);
    const watching = fake.watch(
      '/api/v1/nodes',
      { resourceVersion: '1', timeoutSeconds: 5 },
      () => {
        throw new TypeError('a mistake');
      },
      new AbortController().signal,
    );
    await expect(watching).rejects.toThrow(TypeError);
  });
});

describe('errors', () => {
  test('a verb that no role grants names verb, resource, namespace and cure', async () => {
    const namespace = await testNamespace();
    const { kubeconfigFile, dir } = await testStack();
    const file = await serviceAccountKubeconfig(kubeconfigFile, namespace, 'default', join(dir, uniqueName('nobody')));
    const nobody = createClusterClient(loadKubeConfig(file));
    const error = await failureOf(nobody.list(paths.daemonSets(namespace)));
    expect(error.code).toBe('Forbidden');
    expect(error.message).toBe(
      `system:serviceaccount:${namespace}:default may not list daemonsets in namespace ${namespace}; ` +
        'add a rule with apiGroups ["apps"], resources ["daemonsets"], verbs ["list"] to deploy/rbac.yaml and apply it',
    );
    const cluster = await failureOf(nobody.list(paths.nodes()));
    expect(cluster.message).toContain('may not list nodes at the cluster scope; add a rule with apiGroups [""]');
  });

  test('bad input carries what the API server holds against it', async () => {
    const namespace = await testNamespace();
    const invalid = await failureOf(client.create(paths.configMaps(namespace), configMap('A_B', {}), options));
    expect(invalid.code).toBe('BadInput');
    expect(invalid.message).toContain('metadata.name');
    expect(invalid.causes[0]?.field).toBe('metadata.name');
    const nowhere = await failureOf(client.create(paths.configMaps('no-such'), configMap('a', {}), options));
    expect([nowhere.code, nowhere.status]).toEqual(['BadInput', 404]);
    const unknown = await failureOf(
      client.apply(
        paths.configMap(namespace, 'a'),
        { ...configMap('a', {}), dta: {} },
        { ...options, fieldValidation: 'Strict' },
      ),
    );
    expect([unknown.code, unknown.status]).toEqual(['BadInput', 500]);
    expect(unknown.message).toContain('.dta: field not declared in schema');
  });

  test('an object that has moved on and one that exists already are conflicts', async () => {
    const namespace = await testNamespace();
    const path = paths.configMap(namespace, 'a');
    await client.create(paths.configMaps(namespace), configMap('a', {}), options);
    const twice = await failureOf(client.create(paths.configMaps(namespace), configMap('a', {}), options));
    expect([twice.code, twice.reason]).toEqual(['Conflict', 'AlreadyExists']);
    const stale = { ...configMap('a', { x: '1' }), metadata: { name: 'a', resourceVersion: '1' } };
    expect((await failureOf(client.apply(path, stale, options))).code).toBe('Conflict');
  });

  test.each([
    [401, 'Infrastructure', 'credentials'],
    [429, 'Infrastructure', 'HTTP 429'],
    [500, 'Infrastructure', 'HTTP 500'],
    [503, 'Infrastructure', 'HTTP 503'],
  ])('HTTP %s', async (status, code, text) => {
    const fake = await fakeServer(() => [status, { message: 'no' }]);
    const error = await failureOf(fake.get('/api/v1/nodes/a'));
    expect([error.code, error.status]).toEqual([code, status]);
    expect(error.message).toContain(text);
  });

  test('admission that refuses a write is bad input, one that refuses a removal is not', async () => {
    const denied = { reason: 'Forbidden', message: 'admission webhook "w" denied the request: no latest tag' };
    const fake = await fakeServer(() => [403, denied]);
    expect((await failureOf(fake.apply('/api/v1/nodes/a', {}, options))).code).toBe('BadInput');
    expect((await failureOf(fake.remove('/api/v1/nodes/a'))).code).toBe('Forbidden');
  });

  test('an answer that is not JSON is told as it is', async () => {
    const fake = await fakeServer(() => [502, '<html>bad gateway</html>']);
    expect((await failureOf(fake.get('/api/v1/nodes/a'))).message).toContain('bad gateway');
  });

  test('silence and a closed port are infrastructure, and name the server', async () => {
    const silent = await fakeServer(() => null);
    const late = await failureOf(silent.get('/api/v1/nodes/a', { timeoutMs: 50 }));
    expect([late.code, late.status]).toEqual(['Infrastructure', 0]);
    expect(late.message).toMatch(/API server http:\/\/127\.0\.0\.1:\d+ did not answer get .*no answer within 0\.05 s/);
    const closed = createClusterClient(configFor(1));
    const refused = await failureOf(closed.get('/api/v1/nodes/a'));
    expect(refused.code).toBe('Infrastructure');
    expect(refused.message).toContain('ECONNREFUSED');
  });

  test('a caller that gives up gets its own reason', async () => {
    const stop = new AbortController();
    const silent = await fakeServer(() => null);
    const asking = silent.get('/api/v1/nodes/a', { signal: stop.signal });
    stop.abort(new Error('not needed any more'));
    await expect(asking).rejects.toThrow('not needed any more');
  });
});

test('requests reuse connections, those that delete included', async () => {
  const sockets = new Set<unknown>();
  const fake = await fakeServer((_url, socket) => {
    sockets.add(socket);
    return [200, {}];
  });
  for (let count = 0; count < 20; count++) {
    await fake.get('/api/v1/nodes/a');
    await fake.remove('/api/v1/nodes/a', { uid: 'u' });
    await fake.apply('/api/v1/nodes/a', {}, options);
  }
  // Two take turns: an answer is read a moment before its connection is free again.
  expect(sockets.size).toBeLessThanOrEqual(2);
});

const folder = mkdtempSync(join(tmpdir(), 'nodewave-client-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Read from a file as every configuration is, so that connections are kept. */
function configFor(port: number): KubeConfig {
  const file = join(folder, `${port}.yaml`);
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const config = {
    clusters: [{ name: 'fake', cluster }],
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'nobody' } }],
    'current-context': 'fake',
  };
  writeFileSync(file, JSON.stringify(config));
  return loadKubeConfig(file);
}

/** A server that answers with a status and a body, or never. */
async function fakeServer(
  answer: (url: string, socket: unknown) => [status: number, body: unknown] | null,
): Promise<ClusterClient> {
  const server: Server = createServer((request, response) => {
    request.resume();
    const result = answer(request.url ?? '', request.socket);
    if (result === null) return;
    const [status, body] = result;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return createClusterClient(configFor((server.address() as AddressInfo).port));
}
