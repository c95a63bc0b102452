import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { type ClusterClient, createClusterClient } from '../../../activities/cluster/client.ts';
import { loadKubeConfig } from '../../../activities/cluster/kube-config.ts';
import type { KubeObject, Pod } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import type { PruneStep } from '../../../activities/contract.ts';
import { createGuardActivities } from '../../../activities/rollout/guard-activities.ts';
import { serviceAccountKubeconfig } from '../../../dev/stack/kubeconfig.ts';
import { applyManifests } from '../../../dev/stack/manifests.ts';
import { setNodeReady } from '../../../dev/stack/nodes.ts';
import { waitFor } from '../../../dev/stack/wait.ts';
import { interlockPlace } from '../../../domain/interlock.ts';
import type { PrunedDaemonSet } from '../../../domain/sync.ts';
import { nodeOf } from '../../e2e/scene.ts';
import { auditedDeletes } from '../../support/audit.ts';
import { adminKube, makeNodes, type TestNodes, uniqueName } from '../../support/cluster.ts';
import { recordPods } from '../../support/pod-history.ts';
import { pruneRights } from '../../support/prune-rights.ts';
import { stackTimeoutMs, testStack } from '../../support/stack.ts';
import { configMap, daemonSet, kubectlApply, makeWorld, type World } from './support.ts';

/** Of this file's own: it may prune, and is told apart from others in the audit log. */
const account = uniqueName('nodewave');
const interlock = { ...interlockPlace, name: uniqueName('prune') };
const patient = { timeoutMs: 30_000, everyMs: 50 };

let worker: ClusterClient;

beforeAll(async () => {
  const { kubeconfigFile, dir } = await testStack();
  const rights = readFileSync(join(import.meta.dirname, '../../../deploy/rbac.yaml'), 'utf8');
  await applyManifests(await adminKube(), { text: rights.replaceAll('nodewave', account) });
  await applyManifests(await adminKube(), { text: rights.slice(0, rights.indexOf('---')) });
  await applyManifests(await adminKube(), { text: pruneRights(account) });
  const file = await serviceAccountKubeconfig(kubeconfigFile, account, account, join(dir, account));
  worker = createClusterClient(loadKubeConfig(file));
}, stackTimeoutMs);

interface Field {
  world: World;
  nodes: TestNodes;
  one: PrunedDaemonSet;
  warnings: string[];
  step(more?: Partial<PrunedDaemonSet>, told?: string): Promise<PruneStep>;
  old(): Promise<Pod[]>;
  manifest: object;
}

/** A managed DaemonSet `old` on nodes of its own that git has dropped. */
async function dropped(count: number, prune = { inBatches: 2, pauseMs: 0 }): Promise<Field> {
  const nodes = await makeNodes('prune', count);
  onTestFinished(() => nodes.remove());
  const world = await makeWorld({}, { worker, interlock });
  world.spec.sync.prune = prune;
  const manifest = daemonSet({ name: 'old', pod: { nodeSelector: nodes.selector, terminationGracePeriodSeconds: 1 } });
  await kubectlApply(world, paths.daemonSets(world.namespace), manifest);
  await world.settled(count);
  const rest = configMap('rest', {});
  const plan = await world.activities.prepareSync({ spec: world.spec, commit: world.commit(manifest, rest) });
  await world.activities.applySync({ spec: world.spec, plan });
  const { prune: [one] = [], warnings } = await prepare(world, rest);
  if (one === undefined) throw new Error('the plan prunes nothing');
  return {
    world,
    nodes,
    one,
    warnings,
    manifest,
    step: (more, told) =>
      world.activities.pruneBatch({ spec: world.spec, daemonSet: { ...one, ...more }, ...(told && { told }) }),
    old: async () => (await world.pods()).filter(({ metadata }) => metadata.deletionTimestamp === undefined),
  };
}

async function prepare(world: World, ...documents: object[]) {
  return await world.activities.prepareSync({ spec: world.spec, commit: world.commit(...documents) });
}

const deletesIn = async (world: World) => auditedDeletes((await testStack()).auditLogFile, world.namespace);

/** A pod as a person makes it, with the labels of the DaemonSet and no hash. */
const bare = (node: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'bare', labels: { app: 'old' } },
  spec: { nodeName: node, containers: [{ name: 'agent', image: 'registry.example.com/agent:1' }] },
});

test('the DaemonSet goes first, then its pods batch by batch, each once; nothing of it is left, and nothing else is touched', async () => {
  const { world, nodes, one, warnings, step, old } = await dropped(5);
  expect(one).toMatchObject({ name: 'old', pods: 5, batches: { inBatches: 2, pauseMs: 0 } });
  expect(warnings.join()).toContain('it is deleted, and then its 5 pods in 3 batches of at most 2');
  const history = await recordPods(world.client, world.namespace);
  onTestFinished(async () => history.stop());

  expect(await step()).toMatchObject({ verdict: 'batch', left: 3, total: 5, restMs: 0 });
  expect(await world.daemonSet('old')).toBeNull();
  expect((await old()).every(({ metadata }) => (metadata.ownerReferences ?? []).length === 0)).toBe(true);
  const made = await kubectlApply<Pod>(world, paths.pods(world.namespace), bare(nodes.names[0] ?? ''));

  // As after the loss of everything but the cluster: the next sync finds it.
  const again = await prepare(world, configMap('rest', {}));
  expect(again.prune).toEqual([{ ...one, pods: 3, batches: { inBatches: 2, pauseMs: 0, begun: true } }]);
  const twice = await Promise.all([step(), step()]);
  expect(twice.map(({ left }) => left).sort()).toEqual([1, 1]);
  expect(await step()).toMatchObject({
    verdict: 'done',
    sentence: `DaemonSet ${world.namespace}/old was deleted, and its 5 pods in batches of 2: git no longer has it`,
  });

  const deletes = await deletesIn(world);
  expect(new Set(deletes.map(({ uid }) => uid)).size, 'each once, by two workers too').toBe(5);
  expect(deletes).toHaveLength(5);
  expect((await old()).map(({ metadata }) => metadata.uid)).toEqual([made.metadata.uid]);
  const revisions = await world.client.list<KubeObject>(paths.controllerRevisions(world.namespace));
  expect(revisions.items).toEqual([]);
  await waitFor(async () => (await world.record('old')) === null, { ...patient, what: 'the record to be collected' });
  expect((await prepare(world, configMap('rest', {}))).prune).toBeUndefined();
  expect(await step()).toMatchObject({ verdict: 'done', sentence: `DaemonSet ${world.namespace}/old is gone already` });
});

test('the pause lasts although another worker, or another call, asks in the middle of it', async () => {
  const { step, old } = await dropped(4, { inBatches: 2, pauseMs: 60_000 });
  expect(await step()).toMatchObject({ verdict: 'batch', left: 2, restMs: 60_000 });
  const { verdict, restMs = 0 } = await step();
  expect(verdict).toBe('batch');
  expect(restMs).toBeGreaterThan(30_000);
  expect(restMs).toBeLessThan(60_000);
  expect(await old()).toHaveLength(2);
});

test('S21: a node that lost its pod and turns NotReady stops it, for later syncs too, until a person lets it go on', async () => {
  const { world, nodes, step, old } = await dropped(6);
  await step();
  const left = new Set((await old()).map(nodeOf));
  const taken = nodes.names.find((name) => !left.has(name)) ?? '';
  await setNodeReady(await adminKube(), taken, false);
  const { verdict, sentence = '' } = await step();
  expect(verdict).toBe('stopped');
  expect(sentence).toContain(`stopped with 4 pods left: node ${taken} turned NotReady after its pod was deleted`);
  expect(await step(), 'the same again').toMatchObject({ verdict: 'stopped', sentence });
  const { prune, warnings } = await prepare(world, configMap('rest', {}));
  expect(prune?.[0]?.batches).toMatchObject({ begun: true, stopped: sentence });
  expect(warnings.join()).toContain(`${sentence}; it stays so until a person syncs`);
  expect(await old()).toHaveLength(4);
  const goOn = { batches: { inBatches: 2, pauseMs: 0, goOnMs: Date.now() + 2_000 } };
  expect(await step(goOn)).toMatchObject({ verdict: 'batch', left: 2 });
  expect(await step(goOn)).toMatchObject({ verdict: 'done', left: 0 });
});

test('S10: pods on a node that is NotReady go last', async () => {
  const { nodes, step, old } = await dropped(4, { inBatches: 3, pauseMs: 0 });
  const [away = ''] = nodes.names;
  await setNodeReady(await adminKube(), away, false);
  expect(await step()).toMatchObject({ verdict: 'batch', left: 1 });
  expect((await old()).map(nodeOf)).toEqual([away]);
  // A kubelet that does not answer would keep it for now; the simulated one ends it all the same.
  const { verdict, sentence } = await step();
  expect(verdict).toBe('done');
  expect(sentence).toContain('was deleted, and its 4 pods in batches of 3');
  expect(await old()).toEqual([]);
});

test('the brake and a closed window hold it before anything is deleted, and are asked about again without an answer', async () => {
  const { world, step, old } = await dropped(2);
  const { setBrake } = createGuardActivities({ clusterFor: () => world.client, interlock });
  const cluster = 'test';
  await setBrake({ cluster, paused: { by: 'ann', reason: 'storage' } });
  const { verdict, sentence = '' } = await step();
  expect([verdict, sentence]).toEqual(['held', 'all rollouts of this cluster are paused by ann: storage']);
  await expect(step({}, sentence)).rejects.toMatchObject({ type: 'StillHeld', category: 'BENIGN' });
  expect(await world.daemonSet('old'), 'not even the DaemonSet').not.toBeNull();
  await setBrake({ cluster, paused: null });
  const deny = { kind: 'deny', schedule: '* * * * *', durationMs: 3_600_000, timeZone: 'UTC' } as const;
  world.spec.rollout.windows = [deny];
  expect(await step()).toMatchObject({ verdict: 'held' });
  expect(await old()).toHaveLength(2);
  world.spec.rollout.windows = [];
  expect(await step()).toMatchObject({ verdict: 'done', left: 0 });
});

test('made anew meanwhile, the DaemonSet adopts the pods that are left, with their hash; none of them is deleted or made anew', async () => {
  const { world, nodes, step, old, manifest } = await dropped(6);
  await step();
  const left = await old();
  const changed = daemonSet({
    name: 'old',
    image: 'registry.example.com/agent:2',
    pod: { nodeSelector: nodes.selector },
  });
  await expect(prepare(world, changed), 'an install would not replace them').rejects.toThrow(
    /is back in git with another template while 4 pods of the old one are left from pruning.* as it was in commit 0000000 and/,
  );
  expect((await prepare(world, manifest)).warnings.join()).toContain('it adopts 4 pods that pruning has left');
  await kubectlApply(world, paths.daemonSets(world.namespace), manifest);
  await world.settled(6);
  expect(await step()).toMatchObject({
    verdict: 'done',
    sentence: `DaemonSet ${world.namespace}/old was made anew and has what was left of its pods: nothing more is deleted`,
  });
  const uids = (await old()).map(({ metadata }) => metadata.uid);
  expect(uids).toEqual(expect.arrayContaining(left.map(({ metadata }) => metadata.uid)));
  expect((await world.daemonSet('old'))?.status?.updatedNumberScheduled, 'the same hash').toBe(6);
  expect(await deletesIn(world)).toHaveLength(2);
});

test('with pruning switched off half way, the plan says what runs on and how to remove it, and refuses nothing', async () => {
  const { world, step } = await dropped(3);
  await step();
  const off = { ...world.spec, sync: { ...world.spec.sync, prune: false } };
  const commit = world.commit(configMap('rest', {}));
  const plan = await world.activities.prepareSync({ spec: off, commit });
  expect(plan.prune).toBeUndefined();
  expect(plan.warnings.join()).toContain('1 pod of it runs on without it');
  expect(plan.warnings.join()).toContain(`kubectl delete pods -n ${world.namespace} -l 'app=old'`);
  const all = { ...world.spec, sync: { ...world.spec.sync, prune: true } };
  const atOnce = await world.activities.prepareSync({ spec: all, commit });
  expect(atOnce.prune?.[0]?.batches).toEqual({ inBatches: '100%', pauseMs: 0, begun: true });
});

test('an application that is deleted half way leaves the pods, says so, and leaves no record', async () => {
  const { world, step, old } = await dropped(3);
  await step();
  const { notes } = await world.activities.releaseApplication({ spec: world.spec, commit: null });
  expect(notes.join()).toContain(`DaemonSet ${world.namespace}/old was being pruned: 1 pod of it runs on without it`);
  await waitFor(async () => (await world.record('old')) === null, { ...patient, what: 'the record to be collected' });
  expect(await old()).toHaveLength(1);
});
