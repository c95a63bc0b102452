import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { DaemonSet, KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { applyManifests } from '../../dev/stack/manifests.ts';
import { setNodeReady } from '../../dev/stack/nodes.ts';
import { applyStages, crashLoop, slowReady } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { auditedDeletes } from '../support/audit.ts';
import { adminKube } from '../support/cluster.ts';
import { violations } from '../support/invariants.ts';
import { application } from '../support/manifests.ts';
import { recordPods } from '../support/pod-history.ts';
import { type Product, startProduct } from '../support/product.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { by, installed, nodeCount, nodesOn, whole } from './people.ts';
import { isReady, type Scene } from './scene.ts';

const patient = { timeoutMs: 120_000, everyMs: 500 };

let product: Product;

beforeAll(async () => {
  product = await startProduct();
  await applyStages(await adminKube(), [...crashLoop('after:crash'), ...slowReady('after:slow', 2_000)]);
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

const config = (level: string): string =>
  stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'side' }, data: { level } });

async function levelOf(scene: Scene): Promise<unknown> {
  const found = await product.kube.get<KubeObject & { data?: object }>(paths.configMap(scene.namespace, 'side'));
  return found?.data;
}

describe.concurrent('what follows a rollout', () => {
  test('three commits in a row, the middle one crashes: in order, the budget holds, last good is never the failed one', async (context) => {
    const scene = await installed(product, context, 'inline', { batches: [whole], supersede: 'queue' });
    const history = await recordPods(product.kube, scene.namespace);
    context.onTestFinished(async () => history.stop());
    const first = await scene.push(scene.agent('after:slow'));
    await scene.rollout(first, 'rolling');
    const crash = await scene.push(scene.agent('after:crash'));
    await waitFor(async () => (await scene.status()).queue?.includes(crash), { ...patient, what: 'the crash in line' });
    const last = await scene.push(scene.agent('after:3'));
    await waitFor(async () => (await scene.status()).queue?.length === 2, { ...patient, what: 'both in line' });
    expect(await scene.outcome(first)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.outcome(crash)).toMatchObject({ outcome: 'rolledBack' });
    expect(await scene.outcome(last)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'after:3': nodeCount });
    const { good, quarantine } = await scene.record();
    expect(good.map(({ commit }) => commit)).not.toContain(crash);
    expect(good.slice(0, 2)).toMatchObject([{ commit: last }, { commit: first }]);
    expect(quarantine).toMatchObject([{ commit: crash }]);
    const deletes = auditedDeletes((await testStack()).auditLogFile, scene.namespace);
    expect(violations({ events: history.events, deletes, nodes: scene.nodes.names, budget: 2 })).toEqual([]);
  });

  test('three templates at once with replace: broken nodes first, the budget holds, and the last one is good', async (context) => {
    const scene = await installed(product, context, 'three', {
      batches: [{ name: 'canary', nodes: 1, soak: '10m' }, whole],
      onFailure: 'pause',
    });
    const history = await recordPods(product.kube, scene.namespace);
    context.onTestFinished(async () => history.stop());
    const second = await scene.push(scene.agent('after:2'));
    await scene.rollout(second, 'soaking');
    const crash = await scene.push(scene.agent('after:crash'));
    await scene.rollout(crash, 'stopped');
    const broken = await nodesOn(scene, 'after:crash');
    expect(broken).toHaveLength(1);
    // One at a time, so that the first one taken is told from those beside it.
    await scene.configure({ batches: [whole], maxUnavailable: 1, readyWithin: '60s' });
    const fix = await scene.push(scene.agent('after:3'));
    const taken = await history.until((event) => event.image === 'after:3');
    expect(broken).toContain(taken.node);
    expect(await scene.outcome(fix)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ 'after:3': nodeCount });
    const { good } = await scene.record();
    expect(good.map(({ commit }) => commit)).not.toContain(second);
    expect(good.map(({ commit }) => commit)).not.toContain(crash);
    const deletes = auditedDeletes((await testStack()).auditLogFile, scene.namespace);
    expect(violations({ events: history.events, deletes, nodes: scene.nodes.names, budget: 2 })).toEqual([]);
  });

  test('S43: a node that was NotReady during the rollout is caught up by itself once it is back', async (context) => {
    const scene = await installed(product, context, 'catchup', { batches: [whole], maxDeferred: 1 });
    const [away = ''] = scene.nodes.names;
    await setNodeReady(await adminKube(), away, false);
    const commit = await scene.push(scene.agent('after:2'));
    await scene.rollout(commit, 'succeeded');
    expect(await scene.outcome(commit)).toMatchObject({
      outcome: 'succeeded',
      cause: expect.stringMatching(new RegExp(`^1 deferred.*${away}`)),
    });
    const before = await scene.uids();
    expect(await nodesOn(scene, 'after:2')).not.toContain(away);
    const backMs = Date.now();
    await setNodeReady(await adminKube(), away, true);
    const status = await waitFor(
      async () => {
        const seen = await scene.status();
        return seen.recent[0]?.cause?.startsWith('caught up 1 node') && seen;
      },
      { ...patient, what: 'the catch-up' },
    );
    expect(Date.now() - backMs).toBeLessThan(90_000);
    expect(status.recent[0]).toMatchObject({ commit, outcome: 'succeeded' });
    expect(await nodesOn(scene, 'after:2')).toContain(away);
    const { [away]: _replaced, ...others } = before;
    expect(await scene.uids(), 'no other pod has restarted').toMatchObject(others);
  }, 240_000);

  test('S42: a ConfigMap that came with a release returns with it, and is not applied again while it is held', async (context) => {
    const scene = await installed(product, context, 'config', { batches: [whole] });
    const files = (image: string, level: string) => ({ 'agent.yaml': scene.agent(image), 'side.yaml': config(level) });
    const good = await scene.push(files('people:1', 'good'));
    expect(await scene.outcome(good)).toMatchObject({ outcome: expect.stringMatching(/unchanged|configured/) });
    expect(await levelOf(scene)).toEqual({ level: 'good' });
    const bad = await scene.push(files('after:crash', 'bad'));
    expect(await scene.outcome(bad)).toMatchObject({ outcome: 'rolledBack' });
    await waitFor(async () => JSON.stringify(await levelOf(scene)) === '{"level":"good"}', {
      ...patient,
      what: 'the ConfigMap to return',
    });
    const { log } = await product.client.rolloutStatus(scene.ref);
    expect(
      log.map(({ what }) => what),
      'before the nodes, whose pods read it at their start',
    ).toContainEqual(expect.stringMatching(/^other objects returned to commit .*ConfigMap.*side/));
    const readme = await scene.push({ ...files('after:crash', 'bad'), 'README.md': 'Words.\n' });
    expect(await scene.outcome(readme)).toMatchObject({ outcome: 'held' });
    expect(await levelOf(scene)).toEqual({ level: 'good' });
    const fix = await scene.push(files('after:4', 'fixed'));
    expect(await scene.outcome(fix)).toMatchObject({ outcome: 'succeeded' });
    expect(await levelOf(scene)).toEqual({ level: 'fixed' });
  }, 240_000);

  test('sync.prune: a DaemonSet that left git goes last, and not without the right to', async (context) => {
    const scene = await installed(product, context, 'prune', { batches: [whole] });
    const spec = application({ name: scene.name, repo: scene.repo.url, namespace: scene.namespace });
    await product.client.configure({ ...spec, sync: { ...spec.sync, prune: true } }, by);
    const both = { 'agent.yaml': scene.agent('people:1'), 'old.yaml': scene.agent('people:1', { name: 'old' }) };
    expect(await scene.outcome(await scene.push(both))).toMatchObject({ outcome: 'installed' });
    const old = { namespace: scene.namespace, name: 'old' };
    const preview = async (commit: string) =>
      (await product.client.preview(scene.name, { by, commit })).plan.warnings.join('\n');
    const commit = await scene.push({ 'agent.yaml': scene.agent('after:2') });
    expect(await preview(commit)).toContain(
      `DaemonSet ${scene.namespace}/old is no longer in git: it is deleted with its 4 pods`,
    );
    const { sentence } = await scene.phase('holding');
    expect(sentence).toContain('apply the role nodewave-prune of deploy/rbac-extra.yaml');
    expect(await scene.images()).toEqual({ 'after:2': nodeCount });
    expect(await product.kube.get<DaemonSet>(paths.daemonSet(old))).not.toBeNull();
    await applyManifests(await adminKube(), { text: pruneRole(scene.namespace) });
    context.onTestFinished(async () => {
      await product.kube.remove(`/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/prune-${scene.namespace}`);
    });
    expect(await scene.outcome(commit)).toMatchObject({ outcome: 'succeeded' });
    await waitFor(async () => (await product.kube.get<DaemonSet>(paths.daemonSet(old))) === null, {
      ...patient,
      what: 'the DaemonSet to be gone',
    });
    expect((await scene.pods()).every(isReady)).toBe(true);
    expect((await scene.status()).log.at(-1)?.what).toContain('old was deleted with its 4 pods: git no longer has it');
  }, 240_000);
});

/** The optional role of deploy/rbac-extra.yaml under a name of this test's own. */
function pruneRole(name: string): string {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: `prune-${name}` } };
  const rules = [{ apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['delete'] }];
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `prune-${name}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `prune-${name}` },
    subjects: [{ kind: 'ServiceAccount', name: 'nodewave', namespace: 'nodewave' }],
  };
  return `${stringify({ ...role, rules })}---\n${stringify(binding)}`;
}
