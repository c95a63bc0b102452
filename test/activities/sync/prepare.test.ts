import { describe, expect, test } from 'vitest';
import { paths } from '../../../activities/cluster/paths.ts';
import { readRecord, writeRecord } from '../../../activities/cluster/record-store.ts';
import { uniqueName } from '../../support/cluster.ts';
import { configMap, daemonSet, failureOf, kubectlApply, makeWorld, type World } from './support.ts';

const prepare = (world: World, ...documents: object[]) =>
  world.activities.prepareSync({ spec: world.spec, commit: world.commit(...documents) });
const refusal = (world: World, ...documents: object[]) => failureOf(prepare(world, ...documents));

/** Prepares and applies; for DaemonSets that are there already. */
async function sync(world: World, ...documents: object[]) {
  const plan = await prepare(world, ...documents);
  await world.activities.applySync({ spec: world.spec, plan });
  return plan;
}

describe('prepareSync', () => {
  test('a new DaemonSet is an install, and nothing is applied', async () => {
    const world = await makeWorld();
    const strategy = { updateStrategy: { rollingUpdate: { maxUnavailable: '20%' } } };
    const plan = await prepare(world, daemonSet({ spec: strategy }), configMap('agent-config', { a: '1' }));
    expect(plan.daemonSets).toMatchObject([{ name: 'agent', verdict: 'install', adopt: false, maxUnavailable: '20%' }]);
    expect(plan.others).toEqual({ create: 1, configure: 0, unchanged: 0 });
    expect(await world.daemonSet()).toBeNull();
    expect(await world.client.get(paths.configMap(world.namespace, 'agent-config'))).toBeNull();
  });

  test('unknown fields and values of the wrong type are all named, with file and line', async () => {
    const world = await makeWorld();
    const error = await refusal(world, daemonSet({ spec: { minReadySecond: 5 } }), {
      ...configMap('agent-config', {}),
      immutable: 'yes',
    });
    expect(error.code).toBe('BadInput');
    expect(error.message).toMatch(/prod\/0\.yaml:1: DaemonSet .*minReadySecond/);
    expect(error.message).toMatch(/prod\/1\.yaml:1: ConfigMap .*immutable/);
  });

  test('a namespace that does not exist is named with file and line', async () => {
    const world = await makeWorld();
    const error = await refusal(world, daemonSet({ metadata: { namespace: 'no-such-place' } }));
    expect(error.code).toBe('BadInput');
    expect(error.message).toContain(
      'prod/0.yaml:1: metadata.namespace: DaemonSet agent is for namespace no-such-place',
    );
  });

  test('a namespace that comes with the same commit is enough', async () => {
    const world = await makeWorld();
    const name = uniqueName('new');
    const plan = await prepare(
      world,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      daemonSet({ metadata: { namespace: name } }),
    );
    expect(plan.daemonSets).toMatchObject([{ namespace: name, verdict: 'install' }]);
    const error = await refusal(
      world,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      daemonSet({ metadata: { namespace: name }, pod: { hostNetworks: true } }),
    );
    expect(error.message).toContain('hostNetworks');
  });

  test('a kind that the cluster does not serve', async () => {
    const world = await makeWorld();
    const error = await refusal(world, daemonSet(), {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name: 'agent' },
    });
    expect(error.code).toBe('BadInput');
    expect(error.message).toContain('prod/1.yaml:1: kind: cluster test serves no kind PodMonitor');
  });

  test('a changed selector says what to do', async () => {
    const world = await makeWorld();
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
    const error = await refusal(
      world,
      daemonSet({
        spec: { selector: { matchLabels: { app: 'b' } } },
        template: { metadata: { labels: { app: 'b' } } },
      }),
    );
    expect(error.code).toBe('BadInput');
    expect(error.message).toMatch(/prod\/0\.yaml:1: spec\.selector: .*give the DaemonSet another name/);
  });

  test('a cluster that the worker does not know', async () => {
    const world = await makeWorld();
    const spec = { ...world.spec, destination: { ...world.spec.destination, cluster: 'elsewhere' } };
    const error = await failureOf(world.activities.prepareSync({ spec, commit: world.commit(daemonSet()) }));
    expect(error.message).toBe('no cluster elsewhere; known: test');
  });

  test('a DaemonSet that another application manages is refused, naming it', async () => {
    const world = await makeWorld();
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
    await world.settled();
    await sync(world, daemonSet());
    const spec = { ...world.spec, name: uniqueName('rival') };
    const error = await failureOf(world.activities.prepareSync({ spec, commit: world.commit(daemonSet()) }));
    expect(error.code).toBe('Conflict');
    expect(error.message).toContain(`is managed by application ${world.spec.name}`);
  });

  test.each([
    ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'agents:apps/DaemonSet:x/agent' } }],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'agents' } }],
    ['Helm', { annotations: { 'meta.helm.sh/release-name': 'agents' } }],
  ])('a DaemonSet that %s delivers is refused', async (tool, metadata) => {
    const world = await makeWorld();
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet({ metadata }));
    const error = await refusal(world, daemonSet());
    expect(error.code).toBe('Conflict');
    expect(error.message).toContain(`managed by ${tool}`);
  });

  test('a DaemonSet that an operator owns is refused, naming the owner', async () => {
    const world = await makeWorld();
    const owner = await kubectlApply<{ metadata: { uid: string } }>(
      world,
      paths.configMaps(world.namespace),
      configMap('operator', {}),
    );
    const reference = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'operator',
      uid: owner.metadata.uid,
      controller: true,
    };
    await kubectlApply(
      world,
      paths.daemonSets(world.namespace),
      daemonSet({ metadata: { ownerReferences: [reference] } }),
    );
    const error = await refusal(world, daemonSet());
    expect(error.message).toContain('managed by ConfigMap operator (its owner)');
  });

  test('a commit that drops a managed DaemonSet is refused, and the next one works', async () => {
    const world = await makeWorld();
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
    await world.settled();
    await sync(world, daemonSet(), configMap('agent-config', { a: '1' }));
    const error = await refusal(world, configMap('agent-config', { a: '2' }));
    expect(error.code).toBe('BadInput');
    expect(error.message).toContain(`DaemonSet ${world.namespace}/agent is no longer in git`);
    expect((await refusal(world)).message).toContain('has no objects');
    expect(await world.pods()).toHaveLength(12);
    const plan = await prepare(world, daemonSet(), configMap('agent-config', { a: '1' }));
    expect(plan.daemonSets).toMatchObject([{ verdict: 'unchanged' }]);
  });

  test('a changed template is a rollout, a quarantined one is held until git changes it', async () => {
    const world = await makeWorld();
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
    await world.settled();
    await sync(world, daemonSet());
    const bad = daemonSet({ image: 'registry.example.com/agent:bad' });
    const plan = await prepare(world, bad);
    expect(plan.daemonSets).toMatchObject([{ verdict: 'rollout' }]);
    const ref = { namespace: world.namespace, name: 'agent' };
    const stored = await readRecord(world.client, ref);
    if (stored === null) throw new Error('no record');
    const key = plan.daemonSets[0]?.quarantineKey ?? '';
    const entry = { key, commit: plan.commit, reason: 'CrashLoopBackOff on node-1', atMs: 1 };
    await writeRecord(world.client, ref, { ...stored.record, quarantine: [entry] }, stored.resourceVersion);

    const held = await prepare(world, bad, configMap('unrelated', { a: '1' }));
    expect(held.daemonSets).toMatchObject([{ verdict: 'held', heldReason: 'CrashLoopBackOff on node-1' }]);
    const fixed = await prepare(world, daemonSet({ image: 'registry.example.com/agent:2' }));
    expect(fixed.daemonSets).toMatchObject([{ verdict: 'rollout' }]);
    const { released } = await world.activities.releaseQuarantine({ spec: world.spec, by: 'ada', daemonset: 'agent' });
    expect(released).toEqual([`${world.namespace}/agent`]);
    expect((await prepare(world, bad)).daemonSets).toMatchObject([{ verdict: 'rollout' }]);
    expect((await world.activities.releaseQuarantine({ spec: world.spec, by: 'ada' })).released).toEqual([]);
  });

  test('the preview masks secrets and shows what a change costs', async () => {
    const world = await makeWorld();
    const secret = (token: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'agent' },
      stringData: { token },
    });
    const env = (value: string) => ({ env: [{ name: 'API_TOKEN', value }] });
    const first = daemonSet({ container: env('tok-1') });
    await kubectlApply(world, paths.daemonSets(world.namespace), first);
    await world.settled();
    await sync(world, first, secret('tok-1'));
    const commit = world.commit(daemonSet({ container: env('tok-2'), spec: { minReadySeconds: 3 } }), secret('tok-2'));
    const preview = await world.activities.previewSync({ spec: world.spec, commit });
    expect(JSON.stringify(preview)).not.toMatch(/tok-\d|dG9rL/);
    expect(preview.truncated).toBe(false);
    expect(
      preview.objects.flatMap((object) =>
        object.fields.map(({ path, class: cost }) => `${object.kind} ${path} ${cost}`),
      ),
    ).toEqual([
      'Secret data.token noRestart',
      'DaemonSet spec.template.spec.containers[name=agent].env[name=API_TOKEN].value restartsPods',
      'DaemonSet spec.minReadySeconds noRestart',
    ]);
    expect(preview.objects.find(({ kind }) => kind === 'Secret')?.fields[0]).toMatchObject({
      before: '(secret)',
      after: '(secret, changed)',
    });
  });
});
