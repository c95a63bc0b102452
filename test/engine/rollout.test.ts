import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DaemonSet, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { applyStages, crashLoop } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { RolloutStatus } from '../../domain/wire.ts';
import { adminKube, makeNamespace, makeNodes, type TestNodes } from '../support/cluster.ts';
import { stackTimeoutMs } from '../support/stack.ts';
import { type Engine, startEngine } from './support.ts';

let engine: Engine;
let namespace: string;
let nodes: TestNodes;

beforeAll(async () => {
  engine = await startEngine();
  namespace = await makeNamespace('engine');
  nodes = await makeNodes('engine', 6);
  await applyStages(await adminKube(), crashLoop('agent:crash'));
}, stackTimeoutMs);

afterAll(async () => {
  await nodes?.remove();
  await engine?.stop();
});

async function pods(name: string): Promise<Pod[]> {
  const { items } = await engine.kube.list<Pod>(paths.pods(namespace), { labelSelector: `app=${name}` });
  return items;
}

async function imageOf(name: string): Promise<string | undefined> {
  const live = await engine.kube.get<DaemonSet>(paths.daemonSet({ namespace, name }));
  const containers = live?.spec.template.spec?.containers as { image: string }[] | undefined;
  return containers?.[0]?.image;
}

test('installs, rolls out in batches, and rolls a crashing version back to last good', async () => {
  const common = { namespace, name: 'agent', nodeSelector: nodes.selector };
  const first = await engine.start({ ...common, mode: 'install', image: 'agent:1' });
  expect(await first.result()).toMatchObject({ outcome: 'installed', cause: null });

  const second = await engine.start({
    ...common,
    mode: 'update',
    image: 'agent:2',
    policy: {
      batches: [
        { name: 'canary', nodes: 1, soakMs: 500 },
        { name: 'all', nodes: '100%', soakMs: 0 },
      ],
    },
  });
  expect(await second.result()).toMatchObject({ outcome: 'succeeded', cause: null });
  expect(await imageOf('agent')).toBe('agent:2');
  const good = await pods('agent');
  expect(new Set(good.map((pod) => pod.spec?.containers?.[0]?.image))).toEqual(new Set(['agent:2']));

  const third = await engine.start({
    ...common,
    mode: 'update',
    image: 'agent:crash',
    policy: {
      batches: [
        { name: 'canary', nodes: 1, soakMs: 500 },
        { name: 'all', nodes: '100%', soakMs: 0 },
      ],
    },
  });
  const finished = await third.result();
  expect(finished.outcome).toBe('rolledBack');
  expect(finished.cause).toContain('CrashLoopBackOff');
  expect(await imageOf('agent')).toBe('agent:2');
  const after = await pods('agent');
  expect(new Set(after.map((pod) => pod.spec?.containers?.[0]?.image))).toEqual(new Set(['agent:2']));
  const kept = new Set(good.map((pod) => pod.metadata.uid));
  expect(after.filter((pod) => kept.has(pod.metadata.uid))).toHaveLength(5);
}, 120_000);

test.each([
  ['last', 'stays:1'],
  ['canary', 'stays:2'],
] as const)('promoteAfter %s: while the second batch waits, the live template is %s', async (promoteAfter, live) => {
  const name = `stays-${promoteAfter}`;
  const common = { namespace, name, nodeSelector: nodes.selector };
  await (await engine.start({ ...common, mode: 'install', image: 'stays:1' })).result();
  const update = await engine.start({
    ...common,
    mode: 'update',
    image: 'stays:2',
    policy: {
      promoteAfter,
      batches: [
        { name: 'canary', nodes: 1, soakMs: 200, approval: 'after' },
        { name: 'half', nodes: '50%', soakMs: 200, approval: 'after' },
        { name: 'all', nodes: '100%', soakMs: 0 },
      ],
    },
  });
  const handle = engine.client.workflow.getHandle(update.workflowId);
  const approveBatch = async (batch: number): Promise<void> => {
    const status = await waitFor(
      async () => {
        const now = await handle.query<RolloutStatus, []>('status');
        return now.phase === 'awaitingApprovalAfter' && now.batch === batch ? now : undefined;
      },
      { timeoutMs: 60_000, what: `batch ${batch} to wait for its approval` },
    );
    if (batch === 0) expect(await imageOf(name)).toBe('stays:1');
    else expect(await imageOf(name)).toBe(live);
    await handle.executeUpdate('approve', { args: [{ by: 'ann', plan: status.planDigest }] });
  };
  await approveBatch(0);
  await approveBatch(1);
  expect(await update.result()).toMatchObject({ outcome: 'succeeded' });
  expect(await imageOf(name)).toBe('stays:2');
});
