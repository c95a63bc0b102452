import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppsV1Api, CoreV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import { serviceAccountKubeconfig } from '../../dev/stack/kubeconfig.ts';
import { applyManifests } from '../../dev/stack/manifests.ts';
import { groupNames, scaleNodes, setNodeReady } from '../../dev/stack/nodes.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { adminKube, makeNodes, sharedNodes, testNamespace } from '../support/cluster.ts';
import { stackTimeoutMs, type TestStack, testStack } from '../support/stack.ts';

let stack: TestStack;
let dir: string;

beforeAll(async () => {
  stack = await testStack();
  dir = mkdtempSync(join(tmpdir(), 'nodewave-cluster-'));
}, stackTimeoutMs);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('nodes of a test carry the usual labels, are spread over zones and go away again', async () => {
  const nodes = await makeNodes('labels', 6, ['north', 'south']);
  const core = (await adminKube()).makeApiClient(CoreV1Api);
  const { items } = await core.listNode();
  const own = items.filter(({ metadata }) => nodes.names.includes(metadata?.name ?? ''));
  expect(own).toHaveLength(6);
  const zones = own.map(({ metadata }) => metadata?.labels?.['topology.kubernetes.io/zone']);
  expect(zones.toSorted()).toEqual(['north', 'north', 'north', 'south', 'south', 'south']);
  for (const { metadata, status } of own) {
    expect(metadata?.labels).toMatchObject({
      ...nodes.selector,
      'kubernetes.io/hostname': metadata?.name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
    });
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
  }
  await nodes.remove();
  expect((await core.listNode()).items.filter(({ metadata }) => nodes.names.includes(metadata?.name ?? ''))).toEqual(
    [],
  );
});

test('a group of nodes grows and shrinks, with pools in blocks', async () => {
  const kube = await adminKube();
  const prefix = 'scale-test';
  try {
    const names = await scaleNodes(kube, 2, { prefix, zones: ['z'], pools: ['edge', 'core'] });
    expect(names).toEqual(['scale-test-0001', 'scale-test-0002']);
    await scaleNodes(kube, 4, { prefix, zones: ['z'], pools: ['edge', 'core'] });
    const { items } = await kube.makeApiClient(CoreV1Api).listNode({ labelSelector: 'nodewave.test/pool=core' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['scale-test-0002', 'scale-test-0004']);
    await scaleNodes(kube, 1, { prefix });
    expect(await groupNames(kube, prefix)).toEqual(['scale-test-0001']);
  } finally {
    await scaleNodes(kube, 0, { prefix });
  }
});

test('one node loses and regains its readiness, the others keep theirs', async () => {
  const kube = await adminKube();
  const nodes = await makeNodes('ready', 2);
  const [first = '', second = ''] = nodes.names;
  const readiness = async (name: string) => {
    const { status } = await kube.makeApiClient(CoreV1Api).readNode({ name });
    return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  };
  try {
    await setNodeReady(kube, first, false);
    expect([await readiness(first), await readiness(second)]).toEqual(['False', 'True']);
    await setNodeReady(kube, first, true);
    expect([await readiness(first), await readiness(second)]).toEqual(['True', 'True']);
  } finally {
    await nodes.remove();
  }
});

const manifests = (image: string) => `
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
# nothing here
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      nodeSelector: ${JSON.stringify(sharedNodes)}
      containers: [{name: main, image: "${image}"}]
`;

test('manifests are created and then updated; the audit log has the writes with their bodies, and pod deletions', async () => {
  const namespace = await testNamespace();
  const kube = await adminKube();
  await applyManifests(kube, { text: manifests('one:1') }, { namespace });
  await applyManifests(kube, { text: manifests('two:1') }, { namespace });
  const daemonset = await kube.makeApiClient(AppsV1Api).readNamespacedDaemonSet({ name: 'agent', namespace });
  expect(daemonset.spec?.template.spec?.containers[0]?.image).toBe('two:1');
  const core = kube.makeApiClient(CoreV1Api);
  const pod = await waitFor(async () => (await core.listNamespacedPod({ namespace })).items[0]?.metadata?.name, {
    timeoutMs: 20_000,
    what: 'a pod',
  });
  await core.deleteNamespacedPod({ namespace, name: pod });
  const events = readFileSync(stack.auditLogFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { verb: string; objectRef: Record<string, string>; requestObject?: unknown })
    .filter(({ objectRef }) => objectRef.namespace === namespace);
  const patches = events.filter(({ verb, objectRef }) => verb === 'patch' && objectRef.resource === 'daemonsets');
  expect(patches.map(({ requestObject }) => JSON.stringify(requestObject).includes('two:1'))).toEqual([false, true]);
  expect(events.some(({ verb, objectRef }) => verb === 'delete' && objectRef.name === pod)).toBe(true);
  expect(events.every(({ verb }) => !['get', 'list', 'watch'].includes(verb))).toBe(true);
});

test('text that is no object is refused before anything is applied', async () => {
  const kube = await adminKube();
  await expect(applyManifests(kube, { text: 'kind: ConfigMap\n' })).rejects.toThrow(/not a Kubernetes object/);
  await expect(applyManifests(kube, { text: 'a: [1' })).rejects.toThrow();
});

test('a service account kubeconfig has the rights of that account and no more', async () => {
  const namespace = await testNamespace();
  const kube = await adminKube();
  await applyManifests(kube, { text: manifests('one:1') }, { namespace });
  const file = join(dir, 'reader.yaml');
  await serviceAccountKubeconfig(stack.kubeconfigFile, namespace, 'reader', file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(Object.keys(parse(readFileSync(file, 'utf8')).users[0].user)).toEqual(['token']);
  const reader = loadKubeConfig(file).makeApiClient(CoreV1Api);
  await expect(reader.listNamespacedPod({ namespace })).rejects.toMatchObject({ code: 403 });
  const rbac = kube.makeApiClient(RbacAuthorizationV1Api);
  await rbac.createNamespacedRole({
    namespace,
    body: { metadata: { name: 'read' }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] },
  });
  await rbac.createNamespacedRoleBinding({
    namespace,
    body: {
      metadata: { name: 'read' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'read' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace }],
    },
  });
  await waitFor(() => reader.listNamespacedPod({ namespace }), { timeoutMs: 10_000, what: 'the right to list pods' });
  await expect(reader.listNode()).rejects.toMatchObject({ code: 403 });
});
