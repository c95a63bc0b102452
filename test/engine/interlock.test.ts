import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createClusterClient } from '../../activities/cluster/client.ts';
import type { Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { interlockGuard } from '../../activities/rollout/interlock.ts';
import { InterlockStore } from '../../activities/rollout/interlock-store.ts';
import { applyStages, neverReady, slowReady } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { NodeView } from '../../domain/cluster/view.ts';
import { interlockPlace } from '../../domain/interlock.ts';
import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import { auditedDeletes } from '../support/audit.ts';
import { adminKube, makeNodes, type TestNodes, testNamespace, uniqueName } from '../support/cluster.ts';
import { type PodEvent, type PodHistory, recordPods } from '../support/pod-history.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';
import { type Engine, startEngine } from './support.ts';

/** Most nodes out over both rollouts; each alone would take all six at once. */
const cap = 3;
const place = { ...interlockPlace, name: uniqueName('interlock') };

let engine: Engine;
let nodes: TestNodes;
let store: InterlockStore;

beforeAll(async () => {
  await applyStages(await adminKube(), [...slowReady('pair:slow', 700), ...neverReady('pair:stuck')]);
  engine = await startEngine({ interlock: place.name, maxNodesOut: cap });
  nodes = await makeNodes('pair', 6);
  store = new InterlockStore(engine.kube, place);
}, stackTimeoutMs);

afterAll(async () => {
  await nodes?.remove();
  await engine?.stop();
});

/** Two DaemonSets on the same nodes, in one namespace so that one watch tells the order of everything. */
async function pair() {
  const namespace = await testNamespace('pair');
  const start = async (
    name: string,
    image: string,
    policy: Partial<RolloutPolicy> = {},
    mode: 'install' | 'update' = 'update',
  ) =>
    await engine.start({
      namespace,
      name,
      mode,
      image,
      nodeSelector: nodes.selector,
      policy: { maxUnavailable: 6, ...policy },
    });
  for (const name of ['left', 'right']) {
    expect(await (await start(name, 'pair:1', {}, 'install')).result()).toMatchObject({ outcome: 'installed' });
  }
  const history = await recordPods(engine.kube, namespace);
  onTestFinished(() => history.stop());
  const deletes = async () => auditedDeletes((await testStack()).auditLogFile, namespace);
  return { namespace, start, history, deletes };
}

/** At every moment of the record: nodes without both pods, and how many nodes are out for at least one of the two. */
function outAtWorst(history: PodHistory): { both: string[]; most: number } {
  const available = new Map<string, PodEvent>();
  const both = new Set<string>();
  let most = 0;
  let complete = false;
  for (const event of history.events) {
    if (event.available) available.set(event.uid, event);
    else available.delete(event.uid);
    const serving = new Set([...available.values()].map(({ name, node }) => `${name.split('-')[0]} ${node}`));
    const out = nodes.names.map((node) => ['left', 'right'].filter((name) => !serving.has(`${name} ${node}`)).length);
    complete ||= out.every((count) => count === 0);
    if (!complete) continue;
    most = Math.max(most, out.filter((count) => count > 0).length);
    for (const [at, node] of nodes.names.entries()) if (out[at] === 2) both.add(node);
  }
  return { both: [...both], most };
}

test('S35: two rollouts at once never have the same node out, nor together more nodes than the cap', async () => {
  const { start, history, deletes } = await pair();
  const updates = await Promise.all([start('left', 'pair:slow'), start('right', 'pair:slow')]);
  const results = await Promise.all(updates.map((update) => update.result()));
  expect(results.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded']);
  const { both, most } = outAtWorst(history);
  expect(both).toEqual([]);
  expect(most).toBeLessThanOrEqual(cap);
  expect(most).toBeGreaterThan(1);
  expect(await deletes()).toHaveLength(12);
  expect((await store.read()).table.size).toBe(0);
});

test('S35: a rollout that is terminated while it has nodes out does not keep the other one from them', async () => {
  const { namespace, start } = await pair();
  const left = await start('left', 'pair:stuck', { onFailure: 'pause' });
  await waitFor(async () => (await store.read()).table.size === cap, { timeoutMs: 30_000, what: 'left to hold nodes' });
  const right = await start('right', 'pair:slow', { batches: [{ name: 'all', nodes: '100%', soakMs: 0 }] });
  const ref = { cluster: 'local', namespace, name: 'right' };
  const blocked = await waitFor(async () => (await engine.nodewave.rolloutStatus(ref)).live?.blocked ?? false, {
    timeoutMs: 30_000,
    what: 'right to say who stands in its way',
  });
  expect(blocked).toContain(`rollout ${namespace}/left has`);
  expect(blocked).toContain(`at most ${cap} nodes may be out`);
  const heldNodes = new Set((await store.read()).table.keys());
  expect(heldNodes.size).toBe(cap);

  await engine.client.workflow.getHandle(left.workflowId).terminate('a test');
  expect(await right.result()).toMatchObject({ outcome: 'succeeded' });
  expect((await store.read()).table.size).toBe(0);
});

test('S35: a paused rollout does not keep nodes that are back from another one, and keeps those that are not', async () => {
  const { namespace, start } = await pair();
  const left = await start('left', 'pair:stuck', { onFailure: 'pause' });
  await waitFor(async () => (await stuckPods(namespace)).length === cap, { timeoutMs: 60_000, what: 'stuck pods' });
  const handle = engine.client.workflow.getHandle(left.workflowId);
  await handle.executeUpdate('pause', { args: [{ by: 'ann' }] });
  await waitFor(async () => (await engine.nodewave.rolloutStatus(left.input.ref)).phase === 'paused', {
    timeoutMs: 30_000,
    what: 'left to pause',
  });
  expect((await store.read()).table.size).toBe(cap);
  const right = await start('right', 'pair:slow');
  // Two of the three pods come back; last good is live, so what a person deletes comes back on it and Ready.
  const [stuck, ...others] = await stuckPods(namespace);
  for (const pod of others) await engine.kube.remove(paths.pod(namespace, pod.metadata.name));
  const held = await waitFor(
    async () => {
      const { table } = await store.read();
      const status = await engine.nodewave.rolloutStatus(right.input.ref);
      return status.live?.progress.done === 5 && table.size === 1 && [...table.values()];
    },
    { timeoutMs: 120_000, what: 'right to have taken all nodes but one' },
  );
  expect(held).toMatchObject([{ node: stuck?.spec?.nodeName, workflowId: left.workflowId }]);

  await handle.executeUpdate('abort', { args: [{ by: 'ann' }] });
  expect(await left.result()).toMatchObject({ outcome: 'aborted' });
  expect(await right.result()).toMatchObject({ outcome: 'succeeded' });
  expect((await store.read()).table.size).toBe(0);
});

async function stuckPods(namespace: string): Promise<Pod[]> {
  const { items } = await engine.kube.list<Pod>(paths.pods(namespace));
  return items.filter((pod) => pod.spec?.containers?.[0]?.image === 'pair:stuck');
}

test('two workers that ask at once, each with a client of its own, never admit the same node', async () => {
  const own = { ...interlockPlace, name: uniqueName('race') };
  const asked = Array.from({ length: 8 }, (_, at) => ({ node: `n${at}`, nodeUid: `u${at}`, podUid: `p${at}` }));
  const workers = await Promise.all(
    ['left', 'right', 'third'].map(async (name) => {
      const client = createClusterClient(await adminKube());
      return interlockGuard({
        store: new InterlockStore(client, own),
        me: { workflowId: `rollout:local:race/${name}`, rollout: 1 },
        maxNodesOut: 5,
        isRunning: async () => true,
        isBack: async () => false,
      });
    }),
  );
  const views = asked.map(({ node, nodeUid }) => ({ name: node, uid: nodeUid }) as NodeView);
  const admitted: string[] = [];
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(workers.map((worker) => worker.admit(asked, views, () => false)));
    const uids = answers.flat().map(({ nodeUid }) => nodeUid);
    expect(new Set(uids).size).toBe(uids.length);
    expect(uids.length).toBeLessThanOrEqual(5);
    admitted.push(...uids);
    await Promise.all(workers.map((worker) => worker.release(() => true)));
  }
  expect(admitted.length).toBeGreaterThan(0);
  expect((await new InterlockStore(createClusterClient(await adminKube()), own).read()).table.size).toBe(0);
});

test('without its namespace the sentence names the file that makes it', async () => {
  const client = createClusterClient(await adminKube());
  const missing = new InterlockStore(client, { namespace: uniqueName('none'), name: 'interlock' });
  await expect(missing.tryWrite(new Map(), await missing.read())).rejects.toThrow('apply deploy/rbac.yaml');
});
