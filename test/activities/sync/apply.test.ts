import { describe, expect, test } from 'vitest';
import type { DaemonSet, Pod } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { readRecord, writeRecord } from '../../../activities/cluster/record-store.ts';
import { uniqueName } from '../../support/cluster.ts';
import { configMap, daemonSet, failureOf, kubectlApply, makeWorld, nodeCount, type World } from './support.ts';

async function sync(world: World, ...documents: object[]) {
  const plan = await world.activities.prepareSync({ spec: world.spec, commit: world.commit(...documents) });
  await world.activities.applySync({ spec: world.spec, plan });
  return plan;
}

async function adopted(): Promise<World> {
  const world = await makeWorld();
  await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
  await world.settled();
  await sync(world, daemonSet());
  return world;
}

const agentPath = (world: World) => paths.daemonSet({ namespace: world.namespace, name: 'agent' });

describe('applySync', () => {
  test('S4: a new template is never applied; what restarts no pod is', async () => {
    const world = await adopted();
    const before = (await world.pods()).map((pod) => pod.metadata.uid).sort();
    const live = await world.daemonSet();
    const wanted = daemonSet({
      image: 'registry.example.com/agent:2',
      metadata: { labels: { team: 'edge' } },
      spec: { minReadySeconds: 2, updateStrategy: { type: 'RollingUpdate' } },
    });
    const plan = await sync(world, wanted);
    expect(plan.daemonSets).toMatchObject([{ verdict: 'rollout' }]);
    const after = await world.daemonSet();
    expect(after?.spec.template).toEqual(live?.spec.template);
    expect(after?.spec).toMatchObject({ minReadySeconds: 2, updateStrategy: { type: 'OnDelete' } });
    expect(after?.metadata.labels).toEqual({ team: 'edge' });
    expect((await world.record())?.base).toMatchObject({ metadata: { labels: { team: 'edge' } } });
    expect((await world.pods()).map((pod) => pod.metadata.uid).sort()).toEqual(before);
    const plain = await sync(world, daemonSet());
    expect(plain.daemonSets).toMatchObject([{ verdict: 'configure' }]);
    expect((await world.daemonSet())?.metadata.labels).toBeUndefined();
  });

  test('the annotations of rollouts survive an apply', async () => {
    const world = await adopted();
    const values = { 'nodewave.dev/phase': 'succeeded', 'nodewave.dev/last-good-commit': 'abc' };
    const live = await world.daemonSet();
    const base = (await world.record())?.base as { metadata: object; spec: object };
    await world.client.apply(
      agentPath(world),
      {
        ...base,
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { ...base.metadata, annotations: { 'nodewave.dev/application': world.spec.name, ...values } },
        spec: { ...base.spec, template: live?.spec.template, updateStrategy: { type: 'OnDelete' } },
      },
      { fieldManager: `nodewave:${world.spec.name}` },
    );
    await sync(world, daemonSet({ metadata: { labels: { team: 'edge' } } }));
    expect((await world.daemonSet())?.metadata.annotations).toMatchObject(values);
  });

  test('other objects are created, changed and pruned of fields that git drops', async () => {
    const world = await makeWorld();
    const service = (port: number) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'agent' },
      spec: { selector: { app: 'agent' }, ports: [{ port }] },
    });
    const first = await sync(world, configMap('agent-config', { a: '1', b: '2' }), service(80));
    expect(first.others).toEqual({ create: 2, configure: 0, unchanged: 0 });
    const second = await sync(world, configMap('agent-config', { a: '1' }), service(81));
    expect(second.others).toEqual({ create: 0, configure: 2, unchanged: 0 });
    const live = await world.client.get<{ data: object }>(paths.configMap(world.namespace, 'agent-config'));
    expect(live?.data).toEqual({ a: '1' });
    const third = await sync(world, configMap('agent-config', { a: '1' }), service(81));
    expect(third.others).toEqual({ create: 0, configure: 0, unchanged: 2 });
  });

  test('a namespace and what is in it arrive in one commit', async () => {
    const world = await makeWorld();
    const name = uniqueName('new');
    const config = { ...configMap('agent-config', { a: '1' }), metadata: { name: 'agent-config', namespace: name } };
    try {
      await sync(world, config, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      expect(await world.client.get(paths.configMap(name, 'agent-config'))).not.toBeNull();
    } finally {
      await world.client.remove(paths.namespace(name));
    }
  });

  test('a field that another manager holds is a conflict that names both', async () => {
    const world = await makeWorld();
    await sync(world, configMap('agent-config', { a: '1' }));
    await world.client.apply(
      paths.configMap(world.namespace, 'agent-config'),
      { ...configMap('agent-config', { a: '2' }) },
      { fieldManager: 'some-controller', force: true },
    );
    const commit = world.commit(configMap('agent-config', { a: '3' }));
    const error = await failureOf(world.activities.prepareSync({ spec: world.spec, commit }));
    expect(error.code).toBe('Conflict');
    expect(error.message).toContain('.data.a by some-controller');
    expect(error.message).toContain('prod/0.yaml:1');
  });

  test('what a person changed with kubectl is corrected, or refused where drift is only detected', async () => {
    const world = await makeWorld();
    await sync(world, configMap('agent-config', { a: '1', b: '1' }));
    const edit = () =>
      world.client.patch(
        paths.configMap(world.namespace, 'agent-config'),
        { data: { a: 'edited' } },
        { type: 'merge', fieldManager: 'kubectl-edit' },
      );
    await edit();
    const commit = world.commit(configMap('agent-config', { a: '1', b: '1' }));
    const detect = { ...world.spec, sync: { ...world.spec.sync, drift: 'detect' as const } };
    const error = await failureOf(world.activities.prepareSync({ spec: detect, commit }));
    expect(error.code).toBe('Conflict');
    expect(error.message).toContain('kubectl-edit');
    const plan = await sync(world, configMap('agent-config', { a: '1', b: '1' }));
    expect(plan.others.configure).toBe(1);
    const live = await world.client.get<{ data: object }>(paths.configMap(world.namespace, 'agent-config'));
    expect(live?.data).toEqual({ a: '1', b: '1' });
  });

  test('objects that render differently than planned are refused', async () => {
    const world = await makeWorld();
    const commit = world.commit(configMap('agent-config', { a: '1' }));
    const plan = await world.activities.prepareSync({ spec: world.spec, commit });
    const error = await failureOf(
      world.activities.applySync({ spec: world.spec, plan: { ...plan, renderedDigest: 'another' } }),
    );
    expect(error.code).toBe('Conflict');
    expect(await world.client.get(paths.configMap(world.namespace, 'agent-config'))).toBeNull();
  });

  test('a write gets through while pods come and go', async () => {
    const world = await adopted();
    const pods = await world.pods();
    const remove = async (pod: Pod) => world.client.remove(paths.pod(world.namespace, pod.metadata.name));
    const changes = (async () => {
      for (const pod of pods) await remove(pod);
    })();
    await sync(world, daemonSet({ metadata: { labels: { team: 'edge' } } }));
    await changes;
    expect((await world.daemonSet())?.metadata.labels).toEqual({ team: 'edge' });
  });
});

describe('releaseApplication', () => {
  test('git gets its strategy back when every pod carries the live template, and nothing restarts', async () => {
    const world = await adopted();
    const before = (await world.pods()).map((pod) => pod.metadata.uid).sort();
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%' } };
    const commit = world.commit(
      daemonSet({ spec: { updateStrategy: strategy } }),
      configMap('agent-config', { a: '1' }),
    );
    const plan = await world.activities.prepareSync({ spec: world.spec, commit });
    await world.activities.applySync({ spec: world.spec, plan });
    const { notes } = await world.activities.releaseApplication({ spec: world.spec, commit });
    expect(notes).toEqual([
      `DaemonSet ${world.namespace}/agent keeps running with update strategy RollingUpdate`,
      `ConfigMap ${world.namespace}/agent-config stays as it is`,
    ]);
    const live = await world.daemonSet();
    expect(live?.spec.updateStrategy).toMatchObject(strategy);
    expect(Object.keys(live?.metadata.annotations ?? {}).filter((key) => key.startsWith('nodewave.dev/'))).toEqual([]);
    expect(await world.record()).toMatchObject({ phase: 'released', good: [], templates: {} });
    expect(JSON.stringify(live?.metadata.managedFields)).not.toContain('nodewave:');
    expect((await world.activities.releaseApplication({ spec: world.spec, commit })).notes).toEqual([]);
    expect((await world.pods()).map((pod) => pod.metadata.uid).sort()).toEqual(before);
    // And another application may have it now.
    const spec = { ...world.spec, name: uniqueName('heir') };
    const next = await world.activities.prepareSync({ spec, commit: world.commit(daemonSet()) });
    expect(next.daemonSets).toMatchObject([{ adopt: true, verdict: 'unchanged' }]);
  });

  test('mixed pods stay under OnDelete, and the nodes in the way are named', async () => {
    const world = await adopted();
    const record = await readRecord(world.client, { namespace: world.namespace, name: 'agent' });
    if (record === null) throw new Error('no record');
    const template = { spec: { template: { metadata: { annotations: { version: '2' } } } } };
    await world.client.patch<DaemonSet>(agentPath(world), template, {
      type: 'merge',
      fieldManager: `nodewave:${world.spec.name}`,
    });
    const { notes } = await world.activities.releaseApplication({
      spec: world.spec,
      commit: world.commit(daemonSet()),
    });
    expect(notes[0]).toContain(`stays OnDelete: ${nodeCount} of ${nodeCount} nodes do not run its live template`);
    expect(notes[0]).toContain((await world.pods())[0]?.spec?.nodeName);
    const live = await world.daemonSet();
    expect(live?.spec.updateStrategy).toEqual({ type: 'OnDelete' });
    expect(live?.metadata.annotations?.['nodewave.dev/application']).toBeUndefined();
  });

  test('a repository that cannot be read does not keep the application alive', async () => {
    const world = await adopted();
    const { notes } = await world.activities.releaseApplication({ spec: world.spec, commit: null });
    expect(notes).toEqual([expect.stringContaining('git could not be asked')]);
    expect((await world.daemonSet())?.spec.updateStrategy).toEqual({ type: 'OnDelete' });
  });
});

describe('the record', () => {
  test('an unfinished rollout is taken up again, though its template is live already', async () => {
    const world = await adopted();
    const ref = { namespace: world.namespace, name: 'agent' };
    const stored = await readRecord(world.client, ref);
    if (stored === null) throw new Error('no record');
    const target = { commit: 'c', templateDigest: stored.record.good[0]?.templateDigest ?? '', quarantineKey: 'k' };
    await writeRecord(world.client, ref, { ...stored.record, phase: 'rolling', target }, stored.resourceVersion);
    const commit = world.commit(daemonSet());
    const plan = await world.activities.prepareSync({ spec: world.spec, commit });
    expect(plan.daemonSets).toMatchObject([{ verdict: 'rollout', adopt: false }]);
  });
});
