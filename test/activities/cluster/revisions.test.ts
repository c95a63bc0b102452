import { beforeAll, expect, test } from 'vitest';
import { type ClusterClient, createClusterClient, type ListOptions } from '../../../activities/cluster/client.ts';
import { createDiscovery, objectPath } from '../../../activities/cluster/discovery.ts';
import type { DaemonSet } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { newestRevision, ownedRevisions, type Revision, waitObserved } from '../../../activities/cluster/revisions.ts';
import { waitFor } from '../../../dev/stack/wait.ts';
import { adminKube, testNamespace, uniqueName } from '../../support/cluster.ts';
import { stackTimeoutMs } from '../../support/stack.ts';

let client: ClusterClient;
const { signal } = new AbortController();

beforeAll(async () => {
  client = createClusterClient(await adminKube());
}, stackTimeoutMs);

async function write(namespace: string, version: string): Promise<DaemonSet> {
  const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['agent', 'other'] }] };
  const template = {
    metadata: { labels: { app: 'agent' } },
    spec: {
      nodeSelector: { nowhere: 'true' },
      containers: [{ name: 'agent', image: `registry.example.com/agent:${version}` }],
    },
  };
  const written = await client.apply<DaemonSet>(
    paths.daemonSet({ namespace, name: 'agent' }),
    { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent' }, spec: { selector, template } },
    { fieldManager: 'test' },
  );
  return await waitObserved(client, { namespace, name: 'agent' }, written.metadata.generation ?? 0, signal, 20_000);
}

test('the newest revision is that of the live template, also when an old template returns', async () => {
  const namespace = await testNamespace();
  const first = await newestRevision(client, await write(namespace, '1'));
  const second = await newestRevision(client, await write(namespace, '2'));
  const back = await newestRevision(client, await write(namespace, '1'));
  expect(first.name).toBe(`agent-${first.hash}`);
  expect(second.hash).not.toBe(first.hash);
  expect(back.hash).toBe(first.hash);
  expect(back.revision).toBeGreaterThan(second.revision);
  const live = await client.get<DaemonSet>(paths.daemonSet({ namespace, name: 'agent' }));
  expect(back.template).toEqual(live?.spec.template);
});

test('the revision of the live template is found although a controller after an outage left its number behind', async () => {
  const namespace = await testNamespace();
  const first = await newestRevision(client, await write(namespace, '1'));
  const live = await write(namespace, '2');
  // The older the revision, the higher its number.
  const reversed: ClusterClient = {
    ...client,
    list: async <T, P = T>(path: string, options?: ListOptions<T, P>) => {
      const page = await client.list<T, P>(path, options);
      const items = page.items.map((item) => ({ ...item, revision: -(item as Revision).revision }));
      return { ...page, items };
    },
  };
  expect((await ownedRevisions(reversed, live))[0]?.hash).toBe(first.hash);
  expect((await newestRevision(reversed, live)).template).toEqual(live.spec.template);
});

test('revisions of a DaemonSet that was deleted and made again are not its own', async () => {
  const namespace = await testNamespace();
  const old = await write(namespace, '1');
  await client.remove(paths.daemonSet({ namespace, name: 'agent' }), { propagationPolicy: 'Orphan' });
  await waitFor(async () => (await client.get(paths.daemonSet({ namespace, name: 'agent' }))) === null, {
    timeoutMs: 20_000,
    what: 'the DaemonSet to be gone',
  });
  expect(await ownedRevisions(client, old)).toEqual([]);
});

test('S33: before the controller has seen the newest generation there is no answer', async () => {
  const namespace = await testNamespace();
  const live = await write(namespace, '1');
  const ahead = { ...live, metadata: { ...live.metadata, generation: 99 } };
  await expect(newestRevision(client, ahead)).rejects.toMatchObject({ code: 'Infrastructure' });
  await expect(waitObserved(client, { namespace, name: 'agent' }, 99, signal, 50)).rejects.toMatchObject({
    code: 'Infrastructure',
    message: expect.stringContaining('kube-controller-manager'),
  });
  await expect(waitObserved(client, { namespace, name: 'gone' }, 1, signal, 50)).rejects.toMatchObject({
    code: 'Conflict',
  });
});

test('a kind is found once it is defined, and unknown ones are null', async () => {
  const discovery = createDiscovery(client);
  expect(await discovery.resourceFor('apps/v1', 'DaemonSet')).toEqual({ plural: 'daemonsets', namespaced: true });
  expect(await discovery.resourceFor('v1', 'Namespace')).toEqual({ plural: 'namespaces', namespaced: false });
  expect(await discovery.resourceFor('apps/v1', 'Daemonset')).toBeNull();
  const group = `${uniqueName('g')}.example.com`;
  expect(await discovery.resourceFor(`${group}/v1`, 'Widget')).toBeNull();
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`;
  const schema = { openAPIV3Schema: { type: 'object' } };
  await client.apply(
    path,
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: 'Cluster',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    },
    { fieldManager: 'test' },
  );
  try {
    const widget = await waitFor(async () => (await discovery.resourceFor(`${group}/v1`, 'Widget')) ?? undefined, {
      timeoutMs: 20_000,
      what: 'the new kind',
    });
    expect(objectPath(widget, { apiVersion: `${group}/v1`, namespace: 'ignored', name: 'a' })).toBe(
      `/apis/${group}/v1/widgets/a`,
    );
  } finally {
    await client.remove(path);
  }
});
