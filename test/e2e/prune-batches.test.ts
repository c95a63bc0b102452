import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DaemonSet, KubeObject, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { applyManifests } from '../../dev/stack/manifests.ts';
import { setNodeReady } from '../../dev/stack/nodes.ts';
import { applyStages, slowTermination } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { PruneInBatches } from '../../domain/application/spec.ts';
import { type AuditedDelete, auditedDeletes } from '../support/audit.ts';
import { adminKube, uniqueName } from '../support/cluster.ts';
import { application } from '../support/manifests.ts';
import { type PodHistory, recordPods } from '../support/pod-history.ts';
import { type Product, type ProductWorker, startProduct } from '../support/product.ts';
import { pruneRights } from '../support/prune-rights.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { by, whole } from './people.ts';
import { makeScene, nodeOf, type Scene, type SceneOptions } from './scene.ts';

const patient = { timeoutMs: 120_000, everyMs: 200 };
/** Of this file's own: it alone may prune. */
const account = uniqueName('nodewave');
/** Its pods take seconds to end, so that a worker can be killed in the middle of a batch. */
const slow = 'prune:slow';

let product: Product & { first: ProductWorker | null };

beforeAll(async () => {
  product = await startProduct({ account });
  await applyManifests(await adminKube(), { text: pruneRights(account) });
  await applyStages(await adminKube(), slowTermination(slow, 2_000));
}, stackTimeoutMs);

afterAll(async () => {
  await product?.stop();
});

/** A scene with a DaemonSet `agent` that stays in git and `old`, which is about to leave it. */
interface PruneScene {
  scene: Scene;
  history: PodHistory;
  /** Manifests by file: with `old`, and without. */
  both: Record<string, string>;
  kept: Record<string, string>;
  old(): Promise<Pod[]>;
  deletes(): Promise<AuditedDelete[]>;
  /** Waits until so many pods of `old` were deleted. */
  deleted(count: number): Promise<AuditedDelete[]>;
}

async function pruneScene(
  { onTestFinished }: Pick<SceneOptions, 'onTestFinished'>,
  nodes: number,
  image: string,
  prune: PruneInBatches,
): Promise<PruneScene> {
  const scene = await makeScene({ product, prefix: 'prune', nodes, onTestFinished });
  const agent = scene.agent('prune:1');
  const both = { 'agent.yaml': agent, 'old.yaml': scene.agent(image, { name: 'old' }) };
  const first = await scene.commit(both);
  const rollout = { batches: [whole], readyWithin: '60s' };
  const spec = application({ name: scene.name, repo: scene.repo.url, namespace: scene.namespace, rollout });
  await product.client.configure({ ...spec, sync: { ...spec.sync, prune } }, by);
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  const history = await recordPods(product.kube, scene.namespace);
  onTestFinished(async () => history.stop());
  const deletes = async () => auditedDeletes((await testStack()).auditLogFile, scene.namespace);
  return {
    scene,
    history,
    both,
    kept: { 'agent.yaml': agent },
    old: async () => (await product.kube.list<Pod>(paths.pods(scene.namespace), { labelSelector: 'app=old' })).items,
    deletes,
    deleted: (count) =>
      waitFor(
        async () => {
          const all = await deletes();
          return all.length >= count && all;
        },
        { ...patient, what: `${count} deletions` },
      ),
  };
}

const live = (scene: Scene) =>
  product.kube.get<DaemonSet>(paths.daemonSet({ namespace: scene.namespace, name: 'old' }));

/** Pods of the list that were being deleted and not gone at the same time: the most. */
function mostAtOnce(history: PodHistory, uids: ReadonlySet<string>): number {
  const ending = new Set<string>();
  let most = 0;
  for (const { uid, terminating, gone } of history.events) {
    if (!uids.has(uid)) continue;
    if (gone) ending.delete(uid);
    else if (terminating) ending.add(uid);
    most = Math.max(most, ending.size);
  }
  return most;
}

describe.concurrent('sync.prune in batches', () => {
  test('12 pods in four batches with a pause, each once, though the worker is killed in the middle of one', async (context) => {
    const pauseMs = 3_000;
    const field = await pruneScene(context, 12, slow, { inBatches: '25%', pauseMs });
    const { scene, history, deleted } = field;
    const agents = await scene.uids();
    const preview = async (commit: string) =>
      (await product.client.preview(scene.name, { by, commit })).plan.warnings.join('\n');
    const commit = await scene.push(field.kept);
    expect(await preview(commit)).toContain(
      'its 12 pods in 4 batches of at most 3, 3s between two of them, so it takes at least 9s',
    );
    await deleted(4);
    await waitFor(async () => (await field.old()).some(isEnding), { ...patient, what: 'a batch that is under way' });
    if (product.first === null) throw new Error('no worker runs');
    process.kill(product.first.process.identity.pid, 'SIGKILL');
    await product.first.process.ended;
    const made = await product.kube.create<Pod>(paths.pods(scene.namespace), bare(scene), { fieldManager: 'ann' });
    await product.startWorker();
    const ended = await scene.outcome(commit);
    expect(ended).toMatchObject({ outcome: 'configured' });

    const deletes = await field.deletes();
    expect(
      deletes.every(({ uid }) => uid !== ''),
      'each names the uid',
    ).toBe(true);
    const uids = new Set(deletes.map(({ uid }) => uid));
    expect([deletes.length, uids.size]).toEqual([12, 12]);
    await history.until(({ uid, gone }) => gone && uid === deletes.at(-1)?.uid);
    expect(mostAtOnce(history, uids)).toBeLessThanOrEqual(3);
    for (const end of [3, 6, 9]) {
      const before = new Set(deletes.slice(end - 3, end).map(({ uid }) => uid));
      const goneMs = Math.max(
        ...history.events.filter((one) => one.gone && before.has(one.uid)).map((one) => one.atMs),
      );
      const next = deletes[end]?.atMs ?? 0;
      // The watch of the test and that of the worker may see the end of a pod at slightly different times.
      expect(next - goneMs, `the pause before deletion ${end + 1}`).toBeGreaterThan(pauseMs - 500);
    }
    expect(
      (await field.old()).map(({ metadata }) => metadata.uid),
      'what a person made stays',
    ).toEqual([made.metadata.uid]);
    expect(await scene.uids(), 'and so does every other pod').toEqual(agents);
    expect(await live(scene)).toBeNull();
    const revisions = await product.kube.list<KubeObject>(paths.controllerRevisions(scene.namespace), {
      labelSelector: 'app=old',
    });
    expect(revisions.items).toEqual([]);
    const record = paths.record({ namespace: scene.namespace, name: 'old' });
    await waitFor(async () => (await product.kube.get(record)) === null, { ...patient, what: 'the record to be gone' });
    expect((await scene.status()).log.at(-1)?.what).toContain('and its 12 pods in batches of 3: git no longer has it');
  }, 300_000);

  test('S21: a node that turns NotReady stops it until a person syncs; back in git, what is left is adopted and not restarted', async (context) => {
    const pauseMs = 5_000;
    const field = await pruneScene(context, 8, 'prune:2', { inBatches: 2, pauseMs });
    const { scene, deleted } = field;
    const commit = await scene.push(field.kept);
    await deleted(2);
    const left = new Set((await field.old()).filter((pod) => !isEnding(pod)).map(nodeOf));
    const taken = scene.nodes.names.find((name) => !left.has(name)) ?? '';
    await setNodeReady(await adminKube(), taken, false);
    const failed = await scene.outcome(commit);
    expect(failed.outcome).toBe('failed');
    expect(failed.cause).toContain(`stopped with 6 pods left: node ${taken} turned NotReady after its pod was deleted`);
    expect((await scene.phase('held')).sentence).toContain(`go on with "nodewave sync ${scene.name}"`);
    const readme = await scene.push({ ...field.kept, 'README.md': 'Words.\n' });
    expect(await scene.outcome(readme)).toMatchObject({ outcome: 'held', cause: failed.cause });
    expect(await field.deletes()).toHaveLength(2);

    await scene.sendToApplication('sync', { by, requestId: uniqueName('request') });
    await deleted(4);
    const progress = `Pruning DaemonSet ${scene.namespace}/old: 4 of 8 pods left; the next batch goes at`;
    await waitFor(async () => (await scene.status()).sentence.startsWith(progress), { ...patient, what: progress });
    expect((await scene.status()).phase).toBe('syncing');
    await product.client.pauseApplication(scene.name, 'pause', { by, reason: 'incident' });
    // The bound itself is waited for: the next batch would have gone by then.
    await sleep(pauseMs + 2_000);
    expect(await field.deletes(), 'S36: the red button stops it').toHaveLength(4);
    // What is back in git is not pruned any more.
    await setNodeReady(await adminKube(), taken, true);
    const uids = (await field.old()).filter((pod) => !isEnding(pod)).map(({ metadata }) => metadata.uid);
    const back = await scene.push(field.both);
    await product.client.pauseApplication(scene.name, 'resume', { by });
    expect(await scene.outcome(back)).toMatchObject({ outcome: 'installed' });
    const pods = await field.old();
    expect(pods).toHaveLength(8);
    expect(pods.map(({ metadata }) => metadata.uid)).toEqual(expect.arrayContaining(uids));
    const owner = (await live(scene))?.metadata.uid;
    expect(pods.every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === owner)).toBe(true);
    expect(await field.deletes()).toHaveLength(4);
    expect((await scene.record()).pruning).toBeUndefined();
  }, 300_000);
});

const isEnding = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** A pod as a person makes it, with the labels of the DaemonSet and no hash. */
const bare = (scene: Scene) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'bare', namespace: scene.namespace, labels: { app: 'old' } },
  spec: { nodeName: scene.nodes.names[0], containers: [{ name: 'agent', image: 'prune:bare' }] },
});
