import { afterAll, beforeAll, expect } from 'vitest';
import type { KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { neverReady } from '../../dev/stack/stages.ts';
import { type Kubectl, makeKubectl } from '../e2e/kubectl.ts';
import { type ScenarioRollout, type Scene, scenarios } from './scenario.ts';

const held = 'hands:held';
const scenario = scenarios(neverReady(held));
const soaking = { batches: [{ name: 'some', nodes: 2, soakMs: 600_000 }] };

let kubectl: Kubectl;
beforeAll(async () => {
  kubectl = await makeKubectl();
});
afterAll(() => kubectl?.remove());

const run = (scene: Scene, ...args: string[]) => kubectl.run(['--namespace', scene.namespace, ...args]);
const template = (spec: object) => JSON.stringify({ spec: { template: { spec } } });

/** Installs version 1 and starts a rollout that stands with two nodes in flight. */
async function standing(scene: Scene, image = held): Promise<ScenarioRollout> {
  await scene.install('hands:1');
  const rollout = await scene.rollout(image);
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  await scene.until('two deletions', async () => (await scene.taken()).length === 2);
  return rollout;
}

/** Nothing more is deleted once the rollout has stopped, whatever becomes available meanwhile. */
async function stopsFor(scene: Scene, rollout: ScenarioRollout): Promise<string> {
  const { sentence } = await rollout.reaches('stopped');
  const taken = await scene.taken();
  await scene.makeReady(held);
  expect(await scene.taken()).toEqual(taken);
  return sentence;
}

scenario(
  'S29: kubectl edit of the template stops it and says who changed which field; put back, it goes on',
  { templates: 3 },
  async (scene) => {
    const rollout = await standing(scene);
    await run(scene, 'set', 'image', 'daemonset/agent', 'agent=hands:2');
    const sentence = await stopsFor(scene, rollout);
    expect(sentence).toMatch(
      /kubectl-set \(Update, 20.*Z\) changed the pod template of DaemonSet .*\/agent \(spec.containers\[name=agent\].image: hands:held became hands:2\); no pod is deleted until it is put back or taken into git/,
    );
    await run(scene, 'set', 'image', 'daemonset/agent', `agent=${held}`);
    await rollout.send('resume');
    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
  },
);

scenario('S29: what changes no template and no strategy stops nothing', {}, async (scene) => {
  const rollout = await standing(scene);
  await run(scene, 'label', 'daemonset/agent', 'team=storage');
  expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
  expect((await scene.live()).metadata.labels).toMatchObject({ team: 'storage' });
});

scenario('S30: kubectl rollout restart stops it, by name; a rollback undoes it', { templates: 3 }, async (scene) => {
  const rollout = await standing(scene);
  await run(scene, 'rollout', 'restart', 'daemonset/agent');
  expect(await stopsFor(scene, rollout)).toMatch(
    /kubectl-?\w* \(Update, .*\) asked for a restart of DaemonSet .*\/agent \("kubectl rollout restart"\)/,
  );
  await rollout.send('rollback');
  expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
  expect(await scene.images()).toEqual({ 'hands:1': 6 });
});

scenario('S30: kubectl rollout undo in a batch stops it; resume makes the target live again', {}, async (scene) => {
  const rollout = await standing(scene);
  await run(scene, 'rollout', 'undo', 'daemonset/agent');
  expect(await stopsFor(scene, rollout)).toMatch(
    /kubectl \(Update, .*\) put last good live on DaemonSet .*\/agent in the middle of a rollout, as "kubectl rollout undo" does/,
  );
  await rollout.send('resume');
  expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
});

scenario('S30: kubectl rollout undo in a soak brings the new template back: it stops', {}, async (scene) => {
  await scene.install('hands:1');
  const rollout = await scene.rollout('hands:2', { policy: soaking });
  await rollout.reaches('soaking');
  await run(scene, 'rollout', 'undo', 'daemonset/agent');
  const { sentence } = await rollout.reaches('stopped');
  expect(sentence).toContain('put another template live');
  await rollout.send('abort');
  expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
});

scenario(
  'S31: RollingUpdate in a batch: the controller rolls by itself, Nodewave stops and says how to stop it too',
  { otherHands: ['daemon-set-controller'] },
  async (scene) => {
    const rollout = await standing(scene);
    const flip = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 4 } } };
    await run(scene, 'patch', 'daemonset', 'agent', '-p', JSON.stringify({ spec: flip }));
    const sentence = await stopsFor(scene, rollout);
    expect(sentence).toMatch(
      /kubectl-patch \(Update, .*\) changed the update strategy of DaemonSet .* to RollingUpdate/,
    );
    await scene.until('the controller to delete pods', async () =>
      (await scene.deletes()).some(({ user }) => user.includes('daemon-set-controller')),
    );
    const cure = /kubectl (patch daemonset agent .* -p) '(.*)'/.exec(sentence);
    await kubectl.run([...(cure?.[1]?.split(' ') ?? []), cure?.[2] ?? '']);
    await rollout.send('resume');
    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
    expect((await scene.live()).spec.updateStrategy).toEqual({ type: 'OnDelete' });
  },
);

scenario(
  'S31: RollingUpdate in a soak stops it within seconds',
  { otherHands: ['daemon-set-controller'] },
  async (scene) => {
    await scene.install('hands:1');
    const rollout = await scene.rollout('hands:2', { policy: soaking });
    await rollout.reaches('soaking');
    await run(scene, 'patch', 'daemonset', 'agent', '-p', '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}');
    const { sentence } = await rollout.reaches('stopped');
    expect(sentence).toContain('so the DaemonSet controller now replaces pods by itself');
    await rollout.send('abort');
    expect((await rollout.result()).cause).toContain('changed the update strategy');
  },
);

scenario(
  'S31: RollingUpdate in a pause is told within 15 s, with what stops the controller; undone, the pause is what it was',
  { otherHands: ['daemon-set-controller'] },
  async (scene) => {
    const rollout = await standing(scene);
    await rollout.send('pause', { reason: 'lunch' });
    const { sentence: before } = await rollout.reaches('paused');
    await run(scene, 'patch', 'daemonset', 'agent', '-p', '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}');
    const flippedMs = Date.now();
    const { sentence } = await rollout.reaches('paused', (status) => status.sentence.includes('Meanwhile'));
    expect(Date.now() - flippedMs).toBeLessThan(15_000);
    expect(sentence).toMatch(
      /^Paused: paused by ann@example.com: lunch. Meanwhile: kubectl-patch \(Update, .*\) changed the update strategy .* to RollingUpdate, so the DaemonSet controller now replaces pods by itself/,
    );
    const cure = /kubectl (patch daemonset agent .* -p) '(.*)'/.exec(sentence);
    await kubectl.run([...(cure?.[1]?.split(' ') ?? []), cure?.[2] ?? '']);
    await rollout.reaches('paused', (status) => status.sentence === before);
    await rollout.send('resume');
    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
  },
);

scenario(
  'S29: an edit while an approval is waited for stops it within 15 s, and says who, what and what to do',
  { templates: 3 },
  async (scene) => {
    await scene.install('hands:1');
    const batches = [{ name: 'all', nodes: '100%' as const, soakMs: 0, approval: 'before' as const }];
    const rollout = await scene.rollout('hands:2', { policy: { batches } });
    await rollout.reaches('awaitingApprovalBefore');
    await run(scene, 'set', 'image', 'daemonset/agent', 'agent=hands:3');
    const editedMs = Date.now();
    const { sentence } = await rollout.reaches('stopped');
    expect(Date.now() - editedMs).toBeLessThan(15_000);
    expect(sentence).toMatch(/^Stopped: kubectl-set .*agent\].image: hands:1 became hands:3.*Waits for resume/);
    await run(scene, 'set', 'image', 'daemonset/agent', 'agent=hands:1');
    await rollout.reaches('stopped', (status) => status.sentence.includes('That has been undone since'));
    await rollout.send('resume');
    const { planDigest } = await rollout.reaches('awaitingApprovalBefore');
    await rollout.send('approve', { plan: planDigest });
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
  },
);

scenario(
  'S30: kubectl rollout undo while an approval is waited for puts the new template back: it stops',
  {},
  async (scene) => {
    await scene.install('hands:1');
    const batches = [
      { name: 'some', nodes: 2, soakMs: 0, approval: 'after' as const },
      { name: 'all', nodes: '100%' as const, soakMs: 0 },
    ];
    const rollout = await scene.rollout('hands:2', { policy: { batches } });
    await rollout.reaches('awaitingApprovalAfter');
    await run(scene, 'rollout', 'undo', 'daemonset/agent');
    expect((await rollout.reaches('stopped')).sentence).toContain('put another template live');
    await rollout.send('rollback');
    expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
  },
);

scenario(
  'S32: a DaemonSet that is deleted while a window is waited for is told at once',
  { otherHands: ['garbage-collector'] },
  async (scene) => {
    await scene.install('hands:1');
    const never = [{ kind: 'deny' as const, schedule: '0 0 * * *', durationMs: 24 * 3_600_000, timeZone: 'UTC' }];
    const rollout = await scene.rollout('hands:2', { policy: { windows: never } });
    await rollout.reaches('waiting');
    await run(scene, 'delete', 'daemonset', 'agent');
    expect((await rollout.reaches('stopped')).sentence).toMatch(
      /DaemonSet .*\/agent was deleted; its pods are left alone/,
    );
    await rollout.send('abort');
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
  },
);

scenario(
  'S32: a DaemonSet that is deleted ends it; its pods are left to Kubernetes',
  { otherHands: ['garbage-collector'] },
  async (scene) => {
    const rollout = await standing(scene);
    await run(scene, 'delete', 'daemonset', 'agent');
    expect(await stopsFor(scene, rollout)).toMatch(/DaemonSet .*\/agent was deleted; its pods are left alone/);
    await rollout.send('abort');
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
  },
);

scenario('S32: orphaned and made again, it is another DaemonSet: no pod is touched', {}, async (scene) => {
  const rollout = await standing(scene);
  const { apiVersion, kind, metadata, spec } = (await scene.live()) as unknown as KubeObject;
  // A pod that is made while its DaemonSet is being orphaned may be collected by Kubernetes itself.
  await scene.until('a pod on every node', async () => (await scene.pods()).length === 6);
  await run(scene, 'delete', 'daemonset', 'agent', '--cascade=orphan');
  const { name, namespace, labels, annotations } = metadata;
  const again = { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec };
  await scene.engine.kube.create(paths.daemonSets(scene.namespace), again, { fieldManager: 'kubectl-create' });
  const before = await scene.until('a pod on every node', async () => {
    const uids = await scene.uids();
    return Object.keys(uids).length === 6 && uids;
  });
  const sentence = await stopsFor(scene, rollout);
  expect(sentence).toMatch(/was deleted(; its pods are left alone| and made again; its pods are left alone)/);
  await rollout.send('abort');
  expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
  expect(await scene.uids()).toEqual(before);
});

scenario(
  'S29: a nodeSelector that pauses by taking all pods away is recognised; put back, it goes on',
  { otherHands: ['daemon-set-controller'], templates: 3 },
  async (scene) => {
    const rollout = await standing(scene);
    await run(scene, 'patch', 'daemonset', 'agent', '-p', template({ nodeSelector: { paused: 'true' } }));
    const { sentence } = await rollout.reaches('stopped');
    expect(sentence).toMatch(
      /kubectl-patch .* changed the pod template of DaemonSet .*\/agent \(spec.nodeSelector.paused added: true\), which decides on which nodes its pods run/,
    );
    await run(scene, 'patch', 'daemonset', 'agent', '-p', template({ nodeSelector: { paused: null } }));
    await rollout.send('resume');
    expect(await scene.letThrough(rollout, held)).toMatchObject({ outcome: 'succeeded' });
    expect(await scene.images()).toEqual({ [held]: 6 });
  },
);
