import { describe, expect, test } from 'vitest';
import type { DaemonSet } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { digest } from '../../../domain/digest.ts';
import { configMap, daemonSet, kubectlApply, makeWorld, nodeCount, type World } from './support.ts';

const uids = async (world: World) => (await world.pods()).map((pod) => pod.metadata.uid).sort();

describe('adoption', () => {
  test('a DaemonSet applied by kubectl is taken over without restarting a pod, and becomes last good', async () => {
    const world = await makeWorld();
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
    await world.settled();
    const before = await uids(world);
    const commit = world.commit(daemonSet());

    const plan = await world.activities.prepareSync({ spec: world.spec, commit });
    expect(plan.daemonSets).toMatchObject([{ verdict: 'unchanged', adopt: true }]);
    expect(plan.warnings.join()).toContain('kubectl-client-side-apply');
    const result = await world.activities.applySync({ spec: world.spec, plan });

    expect(result.adopted).toEqual([`${world.namespace}/agent`]);
    const live = await world.daemonSet();
    expect(live?.spec.updateStrategy).toEqual({ type: 'OnDelete' });
    expect(live?.metadata.annotations?.['nodewave.dev/application']).toBe(world.spec.name);
    const managers = live?.metadata.managedFields?.filter((entry) => entry.subresource === undefined);
    expect(managers?.map(({ manager, operation }) => [manager, operation])).toEqual([
      [`nodewave:${world.spec.name}`, 'Apply'],
    ]);
    const record = await world.record();
    expect(record?.good).toMatchObject([
      { commit, templateDigest: plan.daemonSets[0]?.templateDigest, quarantineKey: plan.daemonSets[0]?.quarantineKey },
    ]);
    expect(record?.templates[record.good[0]?.templateDigest ?? '']).toEqual(live?.spec.template);
    expect(await uids(world)).toEqual(before);

    const again = await world.activities.prepareSync({ spec: world.spec, commit });
    expect(again.daemonSets).toMatchObject([{ verdict: 'unchanged', adopt: false }]);
    expect(again.warnings).toEqual([]);
  });

  test('what git dropped since kubectl applied it is seen before, and is the same template afterwards', async () => {
    const world = await makeWorld();
    const env = [{ name: 'OLD', value: '1' }];
    const old = daemonSet({ container: { env }, metadata: { labels: { team: 'x' } } });
    await kubectlApply(world, paths.daemonSets(world.namespace), old);
    await world.settled();
    const before = await uids(world);
    const commit = world.commit(daemonSet());

    const { plan, objects } = await world.activities.previewSync({ spec: world.spec, commit });
    expect(plan.daemonSets).toMatchObject([{ verdict: 'rollout', adopt: true }]);
    expect(objects[0]?.fields.map(({ path, class: cost }) => [path, cost])).toEqual([
      ['metadata.labels.team', 'noRestart'],
      ['spec.template.spec.containers[name=agent].env[name=OLD].value', 'restartsPods'],
      ['spec.updateStrategy.type', 'strategy'],
    ]);
    await world.activities.applySync({ spec: world.spec, plan });

    const live = await world.daemonSet();
    expect(live?.spec.template.spec?.containers).toMatchObject([{ env }]);
    expect(live?.metadata.labels).toBeUndefined();
    expect((await world.record())?.good).toMatchObject([{ commit: 'adopted' }]);
    const after = await world.activities.prepareSync({ spec: world.spec, commit });
    expect(after.daemonSets).toMatchObject([
      { verdict: 'rollout', adopt: false, templateDigest: plan.daemonSets[0]?.templateDigest },
    ]);
    expect(await uids(world)).toEqual(before);
  });

  test('the mark of kubectl rollout restart is kept: removing it would restart every pod', async () => {
    const world = await makeWorld();
    const path = paths.daemonSet({ namespace: world.namespace, name: 'agent' });
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
    const restartedAt = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
    await world.client.patch(
      path,
      { spec: { template: { metadata: { annotations: restartedAt } } } },
      { type: 'strategic', fieldManager: 'kubectl-rollout' },
    );
    await world.rolledOut();
    const commit = world.commit(daemonSet());
    const plan = await world.activities.prepareSync({ spec: world.spec, commit });
    expect(plan.daemonSets).toMatchObject([{ verdict: 'unchanged', adopt: true }]);
    await world.activities.applySync({ spec: world.spec, plan });
    const after = await world.activities.prepareSync({ spec: world.spec, commit });
    expect(after.daemonSets).toMatchObject([{ verdict: 'unchanged', adopt: false }]);
  });

  test('an object whose managedFields were lost is adopted, and what git drops later goes', async () => {
    const world = await makeWorld();
    const path = paths.daemonSet({ namespace: world.namespace, name: 'agent' });
    const env = [{ name: 'OLD', value: '1' }];
    const old = daemonSet({ container: { env } });
    await kubectlApply(world, paths.daemonSets(world.namespace), old);
    await world.client.patch(
      path,
      [
        { op: 'replace', path: '/metadata/managedFields', value: [{}] },
        { op: 'add', path: '/metadata/labels', value: { byOthers: 'yes' } },
      ],
      { type: 'json' },
    );
    await world.settled();
    const first = world.commit(old);
    const plan = await world.activities.prepareSync({ spec: world.spec, commit: first });
    expect(plan.daemonSets).toMatchObject([{ verdict: 'unchanged', adopt: true }]);
    await world.activities.applySync({ spec: world.spec, plan });
    expect((await world.daemonSet())?.metadata.labels).toEqual({ byOthers: 'yes' });
    const next = await world.activities.prepareSync({ spec: world.spec, commit: world.commit(daemonSet()) });
    expect(next.daemonSets).toMatchObject([{ verdict: 'rollout', adopt: false }]);
  });

  test('a template that does not run everywhere is adopted without becoming last good', async () => {
    const world = await makeWorld();
    // No node carries this label, so that one pod too few is available for ever: it stays Pending on a pinned port.
    await kubectlApply(
      world,
      paths.daemonSets(world.namespace),
      daemonSet({ container: { resources: { requests: { cpu: '100k' } } } }),
    );
    const commit = world.commit(daemonSet());
    const plan = await world.activities.prepareSync({ spec: world.spec, commit });
    await world.activities.applySync({ spec: world.spec, plan });
    const record = await world.record();
    expect(record?.good).toEqual([]);
    expect(Object.keys(record?.templates ?? {})).toEqual([digest((await world.daemonSet())?.spec.template)]);
  });

  test('a lost record is made anew, and adopting twice changes nothing', async () => {
    const world = await makeWorld();
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet());
    await world.settled();
    const commit = world.commit(daemonSet());
    const plan = await world.activities.prepareSync({ spec: world.spec, commit });
    await world.activities.applySync({ spec: world.spec, plan });
    await world.client.remove(paths.record({ namespace: world.namespace, name: 'agent' }));
    const lost = await world.activities.prepareSync({ spec: world.spec, commit });
    expect(lost.daemonSets).toMatchObject([{ verdict: 'unchanged', adopt: true }]);
    await world.activities.applySync({ spec: world.spec, plan: lost });
    const live = await world.client.get<DaemonSet>(paths.daemonSet({ namespace: world.namespace, name: 'agent' }));
    await world.activities.applySync({ spec: world.spec, plan: lost });
    expect((await world.record())?.good).toMatchObject([{ commit }]);
    const again = await world.daemonSet();
    expect(again?.metadata.generation).toBe(live?.metadata.generation);
    expect(again?.metadata.resourceVersion).toBe(live?.metadata.resourceVersion);
  });

  test('a ConfigMap applied by kubectl loses what git dropped', async () => {
    const world = await makeWorld();
    await kubectlApply(world, paths.configMaps(world.namespace), configMap('agent-config', { keep: '1', drop: '2' }));
    const commit = world.commit(configMap('agent-config', { keep: '1' }));
    const { plan, objects } = await world.activities.previewSync({ spec: world.spec, commit });
    expect(plan.others).toEqual({ create: 0, configure: 1, unchanged: 0 });
    expect(objects[0]?.fields).toMatchObject([{ path: 'data.drop', before: '2' }]);
    await world.activities.applySync({ spec: world.spec, plan });
    const live = await world.client.get<{ data: object }>(paths.configMap(world.namespace, 'agent-config'));
    expect(live?.data).toEqual({ keep: '1' });
  });

  test('a Secret that git states as text is the same Secret', async () => {
    const world = await makeWorld();
    const collection = `/api/v1/namespaces/${world.namespace}/secrets`;
    const head = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'agent' } };
    await kubectlApply(world, collection, { ...head, data: { token: 'YWJj' } });
    const commit = world.commit({ ...head, stringData: { token: 'abc' } });
    const { plan, objects } = await world.activities.previewSync({ spec: world.spec, commit });
    expect(objects.map(({ action, fields }) => [action, fields])).toEqual([['unchanged', []]]);
    await world.activities.applySync({ spec: world.spec, plan });
    const live = await world.client.get<{ data: object }>(`${collection}/agent`);
    expect(live?.data).toEqual({ token: 'YWJj' });
  });

  test(`all ${nodeCount} nodes are named in the warning about a ConfigMap that a DaemonSet reads`, async () => {
    const world = await makeWorld();
    const pod = { volumes: [{ name: 'config', configMap: { name: 'agent-config' } }] };
    const first = world.commit(daemonSet({ pod }), configMap('agent-config', { a: '1' }));
    await kubectlApply(world, paths.daemonSets(world.namespace), daemonSet({ pod }));
    await kubectlApply(world, paths.configMaps(world.namespace), configMap('agent-config', { a: '1' }));
    await world.settled();
    const plan = await world.activities.prepareSync({ spec: world.spec, commit: first });
    await world.activities.applySync({ spec: world.spec, plan });
    const second = world.commit(daemonSet({ pod }), configMap('agent-config', { a: '2' }));
    const changed = await world.activities.prepareSync({ spec: world.spec, commit: second });
    expect(changed.daemonSets).toMatchObject([{ verdict: 'unchanged' }]);
    expect(changed.daemonSets[0]?.quarantineKey).not.toBe(plan.daemonSets[0]?.quarantineKey);
    expect(changed.warnings).toEqual([expect.stringContaining(`agent-config reaches ${nodeCount} nodes at once`)]);
  });
});
