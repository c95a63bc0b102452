import { beforeAll, describe, expect, test } from 'vitest';
import type { DaemonSet, KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { daemonSet, failureOf, kubectlApply, makeWorld, nodeCount, type World } from '../activities/sync/support.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';

beforeAll(async () => {
  await testStack();
}, stackTimeoutMs);

interface Metadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: object[];
}

/** A world in which a delivery tool runs the DaemonSet `agent`, every pod available. */
async function deliveredBy(manager: string, metadata: Metadata): Promise<World> {
  const world = await makeWorld();
  const object = daemonSet({ metadata: { namespace: world.namespace, ...metadata } });
  await world.client.create(paths.daemonSets(world.namespace), object, { fieldManager: manager });
  await world.settled();
  return world;
}

const uids = async (world: World) => (await world.pods()).map((pod) => pod.metadata.uid).sort();
const owner = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: 'agent-operator',
  uid: '0b1f1f2e-0000-4000-8000-000000000000',
};

const tools: [string, string, Metadata][] = [
  [
    'Argo CD (prod:apps/DaemonSet:x/agent)',
    'argocd-controller',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'prod:apps/DaemonSet:x/agent' } },
  ],
  ['Argo CD (prod)', 'argocd-controller', { labels: { 'argocd.argoproj.io/instance': 'prod' } }],
  ['Flux (prod)', 'kustomize-controller', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'prod' } }],
  ['Flux (prod)', 'helm-controller', { labels: { 'helm.toolkit.fluxcd.io/name': 'prod' } }],
  [
    'Helm (agents)',
    'helm',
    { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: { 'meta.helm.sh/release-name': 'agents' } },
  ],
];

describe('adoption (S5, S29)', () => {
  test.each(tools)(
    'what %s delivers through %s is refused, and taken over by force without a restart',
    async (who, manager, metadata) => {
      const world = await deliveredBy(manager, metadata);
      const before = await uids(world);
      const commit = world.commit(daemonSet());
      const refused = await failureOf(world.activities.prepareSync({ spec: world.spec, commit }));
      expect(refused.message).toContain(
        `DaemonSet ${world.namespace}/agent is managed by ${who}; release it there first`,
      );
      expect(refused.message).toContain('spec.sync.adopt: force');

      const spec = { ...world.spec, sync: { ...world.spec.sync, adopt: 'force' as const } };
      const plan = await world.activities.prepareSync({ spec, commit });
      expect(plan.daemonSets).toMatchObject([{ verdict: 'configure', adopt: true }]);
      expect(plan.warnings.join('\n')).toContain(`is taken over from ${who} by force`);
      expect(plan.warnings.join('\n')).toContain(`field ownership moves from ${manager} to nodewave:${spec.name}`);
      await world.activities.applySync({ spec, plan });

      const live = await world.daemonSet();
      expect(live?.spec.updateStrategy).toEqual({ type: 'OnDelete' });
      expect(live?.metadata.labels ?? {}).not.toHaveProperty(Object.keys(metadata.labels ?? { none: '' })[0] ?? '');
      expect(live?.metadata.annotations).not.toHaveProperty([
        Object.keys(metadata.annotations ?? { none: '' })[0] ?? '',
      ]);
      expect(await uids(world)).toEqual(before);
      // From here on it is an ordinary DaemonSet of the application, force or not.
      const next = world.commit(daemonSet({ image: 'registry.example.com/agent:2' }));
      const later = await world.activities.prepareSync({ spec: world.spec, commit: next });
      expect(later.daemonSets).toMatchObject([{ verdict: 'rollout', adopt: false }]);
    },
  );

  test.each<[string, Metadata]>([
    ['ConfigMap agent-operator (its owner)', { ownerReferences: [owner] }],
    ['the add-on manager of the control plane', { labels: { 'addonmanager.kubernetes.io/mode': 'Reconcile' } }],
    ['Amazon EKS', { labels: { 'eks.amazonaws.com/component': 'kube-proxy' } }],
    ['Google GKE', { labels: { 'components.gke.io/component-name': 'netd' } }],
  ])('what %s keeps is refused even with force', async (who, metadata) => {
    const world = await makeWorld();
    const object = daemonSet({ metadata });
    const live = { ...object, metadata: { ...object.metadata, namespace: world.namespace } };
    if (metadata.ownerReferences !== undefined) {
      // Without a living owner the collector would remove it.
      const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: owner.name } };
      const made = await world.client.create<KubeObject>(paths.configMaps(world.namespace), map, { fieldManager: 'x' });
      Object.assign(live.metadata, { ownerReferences: [{ ...owner, uid: made.metadata.uid }] });
    }
    await world.client.create(paths.daemonSets(world.namespace), live, { fieldManager: 'operator' });
    const spec = { ...world.spec, sync: { ...world.spec.sync, adopt: 'force' as const } };
    const refused = await failureOf(world.activities.prepareSync({ spec, commit: world.commit(daemonSet()) }));
    expect(refused.message).toContain(`is managed by ${who}; `);
    expect((await world.daemonSet())?.metadata.annotations?.['nodewave.dev/application']).toBeUndefined();
  });

  test('what kubectl applied changes hands as the plan has shown', async () => {
    const world = await makeWorld();
    await kubectlApply<DaemonSet>(world, paths.daemonSets(world.namespace), daemonSet());
    expect(await world.settled()).toHaveLength(nodeCount);
    const plan = await world.activities.prepareSync({ spec: world.spec, commit: world.commit(daemonSet()) });
    expect(plan.warnings.join()).toContain('field ownership moves from kubectl-client-side-apply');
    const before = await uids(world);
    await world.activities.applySync({ spec: world.spec, plan });
    const managers = (await world.daemonSet())?.metadata.managedFields?.map(({ manager }) => manager);
    expect(managers).not.toContain('kubectl-client-side-apply');
    expect(await uids(world)).toEqual(before);
  });

  test('S4: a commit that changes no template restarts no pod', async () => {
    const world = await makeWorld();
    await kubectlApply<DaemonSet>(world, paths.daemonSets(world.namespace), daemonSet());
    await world.settled();
    const first = world.commit(daemonSet());
    await world.activities.applySync({
      spec: world.spec,
      plan: await world.activities.prepareSync({ spec: world.spec, commit: first }),
    });
    const before = await uids(world);
    // Defaults that are written out, labels and another strategy: none of it is a new template (S5).
    const commit = world.commit(
      daemonSet({
        metadata: { labels: { team: 'storage' } },
        spec: { minReadySeconds: 5, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 3 } } },
        pod: { dnsPolicy: 'ClusterFirst', terminationGracePeriodSeconds: 30 },
      }),
    );
    const plan = await world.activities.prepareSync({ spec: world.spec, commit });
    expect(plan.daemonSets).toMatchObject([{ verdict: 'configure' }]);
    await world.activities.applySync({ spec: world.spec, plan });
    const live = await world.daemonSet();
    expect(live?.metadata.labels).toEqual({ team: 'storage' });
    expect(live?.spec.updateStrategy).toEqual({ type: 'OnDelete' });
    expect(await uids(world)).toEqual(before);
  });
});
