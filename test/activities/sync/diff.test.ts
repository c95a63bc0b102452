import { describe, expect, onTestFinished, test } from 'vitest';
import { createClusterClient } from '../../../activities/cluster/client.ts';
import type { KubeObject } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { waitFor } from '../../../dev/stack/wait.ts';
import type { IgnoreRule } from '../../../domain/application/ignore.ts';
import type { ObjectChange, Preview } from '../../../domain/sync.ts';
import { adminKube, uniqueName } from '../../support/cluster.ts';
import { configMap, daemonSet, failureOf, kubectlApply, makeWorld, type World } from './support.ts';

type Json = Record<string, unknown>;

const preview = (world: World, ...documents: object[]): Promise<Preview> =>
  world.activities.previewSync({ spec: world.spec, commit: world.commit(...documents) });
const sync = async (world: World, ...documents: object[]): Promise<void> => {
  const plan = await world.activities.prepareSync({ spec: world.spec, commit: world.commit(...documents) });
  await world.activities.applySync({ spec: world.spec, plan });
};
const named = (shown: Preview, kind: string): ObjectChange | undefined =>
  shown.objects.find((object) => object.kind === kind);
const lines = (object: ObjectChange | undefined): string[] =>
  (object?.fields ?? []).map(({ path, before, after }) => `${path}: ${before ?? '-'} -> ${after ?? '-'}`);
const notes = (object: ObjectChange | undefined): string[] =>
  (object?.notes ?? []).map(({ path, note, git, cluster }) => `${note} ${path}: ${git ?? '-'} / ${cluster ?? '-'}`);

/** A world whose worker may do everything, for kinds that deploy/rbac.yaml does not grant. */
const openWorld = async (change: Partial<World['spec']> = {}): Promise<World> =>
  await makeWorld(change, { worker: createClusterClient(await adminKube()) });
const withRules = (world: World, ignore: IgnoreRule[]): World => ({ ...world, spec: { ...world.spec, ignore } });

/** Written as people write it: nothing in the form in which the API server keeps it. */
function untidy(image = 'registry.example.com/agent:1') {
  return daemonSet({
    image,
    spec: { minReadySeconds: 0, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '20%' } } },
    metadata: { labels: { storage: '1000m' }, annotations: {} },
    pod: { tolerations: [], hostNetwork: false, priorityClassName: '', volumes: null, serviceAccount: 'default' },
    container: {
      resources: { limits: { cpu: '1000m', memory: '1024Mi' }, requests: { cpu: 0.5 } },
      ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }],
      env: [
        { name: 'B', value: '2' },
        { name: 'A', value: '' },
        { name: 'C', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ],
      args: null,
      livenessProbe: { httpGet: { port: 80 } },
    },
  });
}

const others: object[] = [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cred' },
    data: { a: 'aHVudGVyMg==\n' },
    stringData: { b: 'secretb' },
  },
  configMap('settings', { timeout: '60s', limit: '1Gi', empty: '' }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'agent', creationTimestamp: null },
    spec: {
      selector: { app: 'agent' },
      ports: [
        { port: 53, protocol: 'UDP', name: 'u' },
        { port: 80, name: 't' },
      ],
    },
    status: { loadBalancer: {} },
  },
];

describe('applying and looking again', () => {
  test('shows nothing, however untidily git is written; another image is then the only change', async () => {
    const world = await makeWorld();
    await kubectlApply(world, paths.daemonSets(world.namespace), untidy());
    await sync(world, untidy(), ...others);
    const again = await preview(world, untidy(), ...others);
    expect(again.objects.flatMap((object) => [...lines(object), ...notes(object)])).toEqual([]);
    expect(again.objects.map(({ action }) => action)).toEqual(again.objects.map(() => 'unchanged'));
    const changed = await preview(world, untidy('registry.example.com/agent:2'), ...others);
    expect(changed.objects.flatMap(lines)).toEqual([
      'spec.template.spec.containers[name=agent].image: registry.example.com/agent:1 -> registry.example.com/agent:2',
    ]);
    const [plan] = changed.batchPlans ?? [];
    expect(plan?.cost?.pods).toBe(plan?.census.eligible);
    expect(plan?.cost?.expectedMs).toBeGreaterThan(0);
  });

  test('another order of variables is shown, because it restarts pods', async () => {
    const world = await makeWorld();
    const env = [{ name: 'A', value: '1' }, { name: 'B' }];
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet({ container: { env } }));
    await sync(world, daemonSet({ container: { env } }));
    const shown = await preview(world, daemonSet({ container: { env: [...env].reverse() } }));
    expect(shown.plan.daemonSets).toMatchObject([{ verdict: 'rollout' }]);
    expect(named(shown, 'DaemonSet')?.fields).toMatchObject([
      { path: 'spec.template.spec.containers[name=agent].env', class: 'restartsPods' },
    ]);
  });
});

describe('owners', () => {
  test('a field that another manager has set is shown with its owner and a rule, and as what a sync refuses', async () => {
    const world = await makeWorld();
    await sync(world, configMap('settings', { level: 'info', a: '1' }));
    const path = paths.configMap(world.namespace, 'settings');
    const tuner = { fieldManager: 'tuner', force: true };
    const written = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { level: 'debug' } };
    await world.client.apply(path, written, tuner);
    const documents = [configMap('settings', { level: 'info', a: '2' })];
    const shown = await preview(world, ...documents);
    expect(lines(named(shown, 'ConfigMap'))).toEqual(['data.a: 1 -> 2', 'data.level: debug -> info']);
    expect(named(shown, 'ConfigMap')?.fields[1]).toMatchObject({
      owners: [{ manager: 'tuner', operation: 'Apply', time: expect.stringMatching(/^\d{4}-.*Z$/) }],
      ignoreRule: '{kind: ConfigMap, name: settings, jsonPointer: /data/level}',
    });
    expect(shown.plan.warnings[0]).toMatch(/^a sync would be refused: .*level by tuner/);
    expect((await failureOf(sync(world, ...documents))).code).toBe('Conflict');

    const ruled = withRules(world, [{ kind: 'ConfigMap', name: 'settings', jsonPointer: '/data/level' }]);
    await sync(ruled, ...documents);
    const left = await world.client.get<{ data: Json }>(path);
    expect(left?.data).toEqual({ level: 'debug', a: '2' });
    const again = await preview(ruled, ...documents);
    expect(lines(named(again, 'ConfigMap'))).toEqual([]);
    expect(notes(named(again, 'ConfigMap'))).toEqual(['ignored data.level: info / debug']);
  });

  test('an ignored field that nobody else keeps stays as it is, and is not removed', async () => {
    const world = await makeWorld();
    await sync(world, configMap('settings', { level: 'info', a: '1' }));
    const path = paths.configMap(world.namespace, 'settings');
    await world.client.patch(path, { data: { level: 'debug' } }, { type: 'merge', fieldManager: 'kubectl-edit' });
    const ruled = withRules(world, [{ cel: 'kind == "ConfigMap" && path.endsWith("level") && live == "debug"' }]);
    await sync(ruled, configMap('settings', { level: 'info', a: '2' }));
    expect((await world.client.get<{ data: Json }>(path))?.data).toEqual({ level: 'debug', a: '2' });
  });

  test('what git drops and another manager owns as well stays, and is noted once', async () => {
    const world = await makeWorld();
    await sync(world, configMap('settings', { level: 'info', a: '1' }));
    const path = paths.configMap(world.namespace, 'settings');
    const written = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { level: 'info' } };
    await world.client.apply(path, written, { fieldManager: 'tuner' });
    const shown = await preview(world, configMap('settings', { a: '1' }));
    expect(notes(named(shown, 'ConfigMap'))).toEqual(['kept data.level: - / info']);
    await sync(world, configMap('settings', { a: '1' }));
    const again = await preview(world, configMap('settings', { a: '1' }));
    expect([...lines(named(again, 'ConfigMap')), ...notes(named(again, 'ConfigMap'))]).toEqual([]);
  });
});

test('an immutable field is shown with its class beside all other changes; a sync refuses it', async () => {
  const world = await makeWorld();
  const frozen = (level: string) => ({ ...configMap('frozen', { level }), immutable: true });
  await sync(world, frozen('info'), configMap('settings', { a: '1' }));
  const documents = [frozen('debug'), configMap('settings', { a: '2' })];
  const shown = await preview(world, ...documents);
  expect(shown.objects.map(({ fields }) => fields)).toMatchObject([
    [{ path: 'data.level', class: 'immutable', before: 'info', after: 'debug' }],
    [{ path: 'data.a', class: 'noRestart' }],
  ]);
  expect(shown.plan.warnings.join()).toMatch(/a sync would be refused: ConfigMap .*frozen.*immutable/);
  expect((await failureOf(sync(world, ...documents))).code).toBe('BadInput');
});

test('a unified diff masks every secret, also those that do not change, in annotations and under other names', async () => {
  const world = await makeWorld();
  const secret = (value: string, label: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'cred',
      labels: { label },
      annotations: { 'example.com/copy': JSON.stringify({ kind: 'Secret', data: { word: value } }) },
    },
    stringData: { word: value, other: 'never-changes' },
  });
  await kubectlApply(world, `/api/v1/namespaces/${world.namespace}/secrets`, secret('hunter2-old', 'a'));
  const commit = world.commit(secret('hunter2-new', 'b'), configMap('copy', { note: 'it is hunter2-new' }));
  const shown = await world.activities.previewSync({ spec: world.spec, commit, patches: true });
  const text = JSON.stringify(shown);
  for (const word of ['hunter2', 'never-changes', 'aHVudGVyMi1']) expect(text).not.toContain(word);
  const patch = shown.patches?.find(({ kind }) => kind === 'Secret')?.patch ?? '';
  expect(patch).toContain('-    label: a\n+    label: b\n');
  expect(patch).toContain('-  word: (secret)\n+  word: (secret, changed)\n');
});

test('a policy of the cluster: what it adds is named as its own, what it undoes is noted, and neither is drift', async () => {
  const world = await openWorld();
  const admin = createClusterClient(await adminKube());
  const name = uniqueName('policy');
  const base = '/apis/admissionregistration.k8s.io/v1';
  const meta = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name } };
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] };
  const expression = 'Object{metadata: Object.metadata{labels: {"team": "policy", "added": "yes"}}}';
  const policy = {
    ...meta,
    kind: 'MutatingAdmissionPolicy',
    spec: {
      matchConstraints: {
        resourceRules: [rule],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': world.namespace } },
      },
      reinvocationPolicy: 'Never',
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
    },
  };
  const options = { fieldManager: 'test' };
  await admin.create(`${base}/mutatingadmissionpolicies`, policy, options);
  const binding = { ...meta, kind: 'MutatingAdmissionPolicyBinding', spec: { policyName: name } };
  await admin.create(`${base}/mutatingadmissionpolicybindings`, binding, options);
  onTestFinished(async () => {
    await admin.remove(`${base}/mutatingadmissionpolicybindings/${name}`);
    await admin.remove(`${base}/mutatingadmissionpolicies/${name}`);
  });
  const git = (data: Record<string, string>) => ({
    ...configMap('settings', data),
    metadata: { name: 'settings', labels: { team: 'agents' } },
  });
  const collection = `/api/v1/namespaces/${world.namespace}/configmaps`;
  await kubectlApply(world, collection, {
    ...git({ a: '1' }),
    metadata: { name: 'settings', labels: { team: 'agents' } },
  });
  await waitFor(
    async () => {
      const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'probe-' } };
      const made = await admin.create<KubeObject>(collection, probe, { ...options, dryRun: true });
      return made.metadata.labels?.team === 'policy';
    },
    { timeoutMs: 30_000, what: 'the policy to be in force' },
  );
  const shown = await preview(world, git({ a: '2' }));
  expect(named(shown, 'ConfigMap')?.fields).toContainEqual(
    expect.objectContaining({ path: 'metadata.labels.added', after: 'yes', setBy: 'admission' }),
  );
  await sync(world, git({ a: '2' }));
  const again = await preview(world, git({ a: '2' }));
  expect(lines(named(again, 'ConfigMap'))).toEqual([]);
  expect(notes(named(again, 'ConfigMap'))).toEqual(['overridden metadata.labels.team: agents / policy']);
});

test('a custom kind says by its schema which writings are one value, and which keys its lists have', async () => {
  const world = await openWorld();
  const admin = createClusterClient(await adminKube());
  const plural = uniqueName('widgets').replaceAll('-', '');
  const group = `${plural}.example.com`;
  const quantity = {
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    pattern:
      '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
    'x-kubernetes-int-or-string': true,
  };
  const port = { 'x-kubernetes-int-or-string': true };
  const text = { type: 'string' };
  const list = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['host'],
    items: { type: 'object', required: ['host'], properties: { host: text, weight: { type: 'integer' } } },
  };
  const properties = { cpu: quantity, port, wait: { type: 'string', format: 'duration' }, size: text, hosts: list };
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: plural, kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
          },
        },
      ],
    },
  };
  await admin.create(crds, definition, { fieldManager: 'test' });
  onTestFinished(async () => {
    await admin.remove(`${crds}/${plural}.${group}`);
  });
  await waitFor(async () => (await admin.get(`/openapi/v3/apis/${group}/v1`)) !== null, {
    timeoutMs: 30_000,
    what: 'the schema to be published',
  });
  const widget = (spec: object) => ({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'one' }, spec });
  const hosts = [{ host: 'a', weight: 1 }, { host: 'b' }];
  await sync(world, widget({ cpu: '1000m', port: 8080, wait: '60s', size: '1000m', hosts }));
  const same = await preview(world, widget({ cpu: 1, port: '8080', wait: '1m0s', size: '1000m', hosts }));
  expect(lines(named(same, 'Widget'))).toEqual([]);
  const other = [{ host: 'a', weight: 2 }, { host: 'b' }];
  const changed = await preview(world, widget({ cpu: '2', port: 8080, wait: '60s', size: '1', hosts: other }));
  expect(lines(named(changed, 'Widget'))).toEqual([
    'spec.cpu: 1000m -> 2',
    'spec.hosts[host=a].weight: 1 -> 2',
    'spec.size: 1000m -> 1',
  ]);
});
