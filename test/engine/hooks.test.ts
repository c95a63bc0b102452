import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { KubeObject, Node, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { parseManifests } from '../../dev/stack/manifests.ts';
import { crashLoop, exits, neverReady } from '../../dev/stack/stages.ts';
import { parseApplications } from '../../domain/application/parse.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import { excludeLabel, hooksAnnotation } from '../../domain/rollout/hooks.ts';
import type { NodeHook } from '../../domain/rollout/policy.ts';
import { isWorker } from '../support/audit.ts';
import { uniqueName } from '../support/cluster.ts';
import { recordHooks } from './hook-history.ts';
import { type Scene, scenarios } from './scenario.ts';

/** Pods of `held` are ready when a test says so. */
const held = 'hooks:held';
const crash = 'hooks:crash';
const broken = 'hooks:broken-job';
/** A service account of this file's own: no other test's worker may write to nodes. */
const scenario = scenarios([...neverReady(held), ...crashLoop(crash), ...exits(broken, 3)], {
  account: uniqueName('nodewave'),
  rights: ['rbac.yaml', 'rbac-hooks.yaml'],
});

/** Pods of Jobs are templates of their own, and are removed with them. */
const withJobs = { templates: 3, otherHands: ['generic-garbage-collector'] };

const examples = join(import.meta.dirname, '..', '..', 'examples', 'ingress');
const first = (names: readonly string[]): string => names[0] ?? '';

const exclude: NodeHook = { kind: 'excludeFromLoadBalancers' };
const cordon: NodeHook = { kind: 'cordon' };
const label: NodeHook = { kind: 'label', key: 'example.com/traffic', value: 'off' };
const job = (when: 'beforeDelete' | 'afterAvailable', image: string): NodeHook => ({
  kind: 'job',
  when,
  template: { spec: { containers: [{ name: 'hook', image }] } },
  withinMs: 30_000,
});

async function nodesOf(scene: Scene): Promise<Node[]> {
  const { items } = await scene.engine.kube.list<Node>(paths.nodes());
  return items.filter(({ metadata }) => scene.nodes.names.includes(metadata.name));
}

/** Names of the nodes on which anything of hooks shows. */
async function changed(scene: Scene): Promise<string[]> {
  const found = (await nodesOf(scene)).filter(
    ({ metadata, spec }) =>
      metadata.labels?.[excludeLabel] !== undefined ||
      metadata.annotations?.[hooksAnnotation] !== undefined ||
      metadata.labels?.['example.com/traffic'] === 'off' ||
      spec?.unschedulable === true,
  );
  return found.map(({ metadata }) => metadata.name).sort();
}

async function jobs(scene: Scene): Promise<string[]> {
  const { items } = await scene.engine.kube.list<KubeObject>(paths.jobs(scene.namespace));
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}

scenario(
  'item 13: an ingress DaemonSet on host ports is replaced only on nodes that load balancers leave out',
  {
    budget: 1,
    nodes: 4,
    ...withJobs,
  },
  async (scene) => {
    const [manifest] = parseManifests(readFileSync(join(examples, 'edge-proxy.yaml'), 'utf8'));
    const spec = (
      manifest as unknown as { spec: { template: { spec: { containers: [{ ports: { hostPort: number }[] }] } } } }
    ).spec.template.spec;
    const { specs } = parseApplications(readFileSync(join(examples, 'application.yaml'), 'utf8'), 'application.yaml');
    const hooks = (specs[0]?.rollout.hooks ?? []).map((hook) =>
      hook.kind === 'settle' ? { ...hook, settleMs: 300 } : hook,
    );
    expect(hooks.map(({ kind }) => kind)).toEqual(['excludeFromLoadBalancers', 'settle', 'job']);
    const { ports } = spec.containers[0];
    expect(ports.map(({ hostPort }) => hostPort)).toEqual([80, 443]);
    const proxy = { container: { ports }, policy: { hooks, maxUnavailable: 1 } };

    await scene.install('edge:1', proxy);
    const history = await recordHooks(scene.engine.kube, scene.namespace);
    const rollout = await scene.rollout('edge:2', proxy);
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded', cause: null });
    const ours = (await scene.deletes()).filter(({ user }) => isWorker(user));
    expect(ours).toHaveLength(4);
    await scene.violations();
    const atDeletion = history.nodesAtDeletion(new Set(ours.map(({ uid }) => uid)));
    history.stop();
    expect(atDeletion.map(({ metadata }) => metadata.name).sort()).toEqual([...scene.nodes.names].sort());
    expect(atDeletion.map(({ metadata }) => metadata.labels?.[excludeLabel])).toEqual(['true', 'true', 'true', 'true']);
    expect(await changed(scene)).toEqual([]);
    await scene.until('no Job to be left', async () => (await jobs(scene)).length === 0);
    expect(await scene.images()).toEqual({ 'edge:2': 4 });
  },
);

scenario('S11: what was there before stays or comes back: a cordon, another value of a label', {}, async (scene) => {
  const [cordoned = '', labelled = '', both = ''] = scene.nodes.names;
  await scene.install('before:1');
  await scene.patchNode(cordoned, { spec: { unschedulable: true } });
  await scene.patchNode(labelled, { metadata: { labels: { 'example.com/traffic': 'full' } } });
  await scene.patchNode(both, { metadata: { labels: { [excludeLabel]: '' } } });
  const annotate: NodeHook = { kind: 'annotate', key: 'example.com/why', value: 'a new agent' };
  const rollout = await scene.rollout('before:2', { policy: { hooks: [label, annotate, exclude, cordon] } });
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded', cause: null });
  const after = new Map((await nodesOf(scene)).map((node) => [node.metadata.name, node]));
  expect(await changed(scene)).toEqual([cordoned, both].sort());
  expect(after.get(cordoned)?.spec?.unschedulable).toBe(true);
  expect(after.get(labelled)?.metadata.labels?.['example.com/traffic']).toBe('full');
  expect(after.get(both)?.metadata.labels?.[excludeLabel]).toBe('');
  for (const node of after.values()) expect(node.metadata.annotations?.['example.com/why']).toBeUndefined();
});

scenario(
  'item 13: an abort in the middle undoes everything, that of pods that are not back included',
  {},
  async (scene) => {
    await scene.install('abort:1');
    const rollout = await scene.rollout(held, { policy: { hooks: [exclude, cordon, label] } });
    const taken = await scene.until('two pods to be deleted', async () => {
      const names = await scene.taken();
      return names.length === 2 && names;
    });
    expect(await changed(scene)).toEqual([...taken].sort());
    await rollout.send('abort', { reason: 'enough' });
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
    expect(await changed(scene)).toEqual([]);
  },
);

scenario(
  'S36: a pause puts nodes that are well back into service, and keeps those out whose pod is not',
  {},
  async (scene) => {
    await scene.install('pause:1');
    const rollout = await scene.rollout(held, { policy: { hooks: [exclude] } });
    const taken = await scene.until('two pods to be deleted', async () => {
      const names = await scene.taken();
      return names.length === 2 && names;
    });
    await scene.until(
      'two new pods',
      async () => (await scene.pods()).filter((pod) => imageIs(pod, held)).length === 2,
    );
    await scene.makeReady(held, 1);
    await rollout.send('pause', { mode: 'now' });
    await rollout.reaches('paused');
    const out = await changed(scene);
    expect(out).toHaveLength(1);
    expect(taken).toContain(first(out));
    await rollout.send('resume');
    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
    expect(await changed(scene)).toEqual([]);
  },
);

scenario('item 13: a rollback goes through the hooks too, and leaves nothing', withJobs, async (scene) => {
  await scene.install('back:1');
  const policy = { hooks: [exclude, job('beforeDelete', 'hook:1')] };
  const rollout = await scene.rollout(crash, { policy });
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
  expect(await changed(scene)).toEqual([]);
  expect(await jobs(scene)).toEqual([]);
  expect(await scene.images()).toEqual({ 'back:1': 6 });
});

scenario('item 13: a hook that fails is a finding of its node, whose pod stays', withJobs, async (scene) => {
  await scene.install('fails:1');
  const before = await scene.uids();
  const policy = { hooks: [exclude, job('beforeDelete', broken)], onFailure: 'pause' as const };
  const rollout = await scene.rollout('fails:2', { policy });
  const status = await rollout.reaches('stopped');
  expect(status.findings[0]).toMatchObject({ cause: 'HookFailed' });
  expect(status.findings[0]?.evidence).toMatch(/Job .* failed: BackoffLimitExceeded/);
  expect(await scene.uids()).toEqual(before);
  expect(await changed(scene)).toEqual([]);
  await scene.until('no Job to be left', async () => (await jobs(scene)).length === 0);
  // Tried again, the hooks run again: a pod is never deleted because they have failed before.
  await rollout.send('resume');
  await scene.until('the Job to run again', async () => (await jobs(scene)).length > 0);
  await rollout.reaches('stopped');
  expect(await scene.uids()).toEqual(before);
  await rollout.send('abort');
  await rollout.result();
  expect(await changed(scene)).toEqual([]);
});

scenario(
  'item 13: a Job after the new pod that fails keeps its node out until a person decides',
  withJobs,
  async (scene) => {
    await scene.install('after:1');
    const policy = { hooks: [exclude, job('afterAvailable', broken)], onFailure: 'pause' as const, maxUnavailable: 1 };
    const rollout = await scene.rollout('after:2', { policy });
    const status = await rollout.reaches('stopped');
    expect(status.findings[0]).toMatchObject({ cause: 'HookFailed' });
    const [taken] = await scene.taken();
    expect(await changed(scene)).toEqual([taken]);
    await rollout.send('rollback', { reason: 'the check failed' });
    // Last good fails the same check: that ends here, and everything is undone all the same.
    expect(await rollout.result()).toMatchObject({ outcome: 'rollbackFailed' });
    expect(await changed(scene)).toEqual([]);
    expect(await jobs(scene)).toEqual([]);
  },
);

scenario(
  'item 13: what a terminated rollout left on nodes is undone by the plan of the next one',
  {},
  async (scene) => {
    await scene.install('left:1');
    const workflowId = rolloutWorkflowId({ cluster: 'local', namespace: scene.namespace, name: 'agent' });
    await scene.rollout(held, { policy: { hooks: [exclude, cordon] } });
    const taken = await scene.until('two pods to be deleted', async () => {
      const names = await scene.taken();
      return names.length === 2 && names;
    });
    await scene.engine.client.workflow.getHandle(workflowId).terminate('by hand');
    expect(await changed(scene)).toEqual([...taken].sort());
    const batches = [{ name: 'all', nodes: '100%' as const, soakMs: 0, approval: 'before' as const }];
    const next = await scene.rollout('left:2', { policy: { batches } });
    await next.reaches('awaitingApprovalBefore');
    expect(await changed(scene)).toEqual([]);
    await next.send('abort');
    await next.result();
  },
);

scenario('S32: a DaemonSet that is deleted in mid batch leaves no node out of service', {}, async (scene) => {
  await scene.install('gone:1');
  const rollout = await scene.rollout(held, { policy: { hooks: [exclude, cordon] } });
  await scene.until('two pods to be deleted', async () => (await scene.taken()).length === 2);
  // A pod that is made while its DaemonSet is being orphaned may be collected by Kubernetes itself.
  await scene.until('a pod on every node', async () => (await scene.pods()).length === 6);
  const path = paths.daemonSet({ namespace: scene.namespace, name: 'agent' });
  await scene.engine.kube.remove(path, { propagationPolicy: 'Orphan' });
  await rollout.reaches('stopped');
  expect(await changed(scene)).toEqual([]);
  await rollout.send('abort');
  await rollout.result();
});

scenario(
  'item 13: a DaemonSet that is taken from Nodewave while its rollout is stopped: an abort undoes the hooks all the same',
  {
    ...withJobs,
  },
  async (scene) => {
    await scene.install('taken:1');
    const policy = { hooks: [exclude, job('afterAvailable', broken)], onFailure: 'pause' as const };
    const rollout = await scene.rollout('taken:2', { policy });
    await rollout.reaches('stopped');
    expect((await changed(scene)).length).toBeGreaterThan(0);
    // A check that failed runs again when a person asks for another try, and its node stays out.
    await rollout.send('resume');
    await rollout.reaches('rolling');
    await rollout.reaches('stopped');
    expect((await changed(scene)).length).toBeGreaterThan(0);
    const path = paths.daemonSet({ namespace: scene.namespace, name: 'agent' });
    const annotations = { 'nodewave.dev/application': null };
    await scene.engine.kube.patch(path, { metadata: { annotations } }, { type: 'merge' });
    await rollout.send('abort');
    expect((await rollout.result()).cause).toContain('is not managed by Nodewave any more');
    expect(await changed(scene)).toEqual([]);
    await scene.until('no Job to be left', async () => (await jobs(scene)).length === 0);
  },
);

scenario(
  'item 13: a label by which the DaemonSet picks its nodes is refused before a node is touched',
  {},
  async (scene) => {
    await scene.install('picks:1');
    const [key = ''] = Object.keys(scene.nodes.selector);
    const rollout = await scene.rollout('picks:2', { policy: { hooks: [{ kind: 'label', key, value: 'x' }] } });
    const finished = await rollout.result();
    expect(finished).toMatchObject({ outcome: 'failed' });
    expect(finished.cause).toContain(`sets the node label ${key}, by which the DaemonSet picks its nodes`);
  },
);

function imageIs(pod: Pod, image: string): boolean {
  return pod.spec?.containers?.[0]?.image === image;
}
