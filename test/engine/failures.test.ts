import { expect } from 'vitest';
import type { KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { imagePullBackOff, neverReady, slowTermination } from '../../dev/stack/stages.ts';
import { workerUser } from '../support/audit.ts';
import { type ScenarioRollout, type Scene, scenarios } from './scenario.ts';

/** Pods of `missing` never start, pods of `idle` are never ready; pods of `sticky` never end, as with a finalizer that nobody removes. */
const missing = 'failures:missing';
const sticky = 'failures:sticky';
const idle = 'failures:idle';
const scenario = scenarios([...neverReady(idle), ...imagePullBackOff(missing), ...slowTermination(sticky, 3_600_000)]);

const canary = [
  { name: 'canary', nodes: 1, soakMs: 600_000 },
  { name: 'all', nodes: '100%' as const, soakMs: 0 },
];

/** What a kubelet says of a container that was killed once and runs again. */
const restartedOnce = {
  status: {
    containerStatuses: [
      {
        name: 'agent',
        image: 'failures:2',
        imageID: '',
        ready: true,
        restartCount: 1,
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      },
    ],
  },
};

/** Installs version 1 and brings version 2 to one node, where it soaks. */
async function soaking(scene: Scene): Promise<{ rollout: ScenarioRollout; node: string }> {
  await scene.install('failures:1');
  const rollout = await scene.rollout('failures:2', { policy: { batches: canary } });
  await rollout.reaches('soaking');
  const [node = ''] = await scene.taken();
  return { rollout, node };
}

/** The rollout went back, and the pods of all nodes that it had not taken are the same as before. */
async function wentBack(scene: Scene, rollout: ScenarioRollout, before: Record<string, string>): Promise<string> {
  const { outcome, cause } = await rollout.result();
  expect(outcome).toBe('rolledBack');
  const [taken, after] = [await scene.taken(), await scene.uids()];
  for (const [node, uid] of Object.entries(before)) if (!taken.includes(node)) expect(after[node]).toBe(uid);
  return cause ?? '';
}

async function quota(scene: Scene, resource: string, most: number): Promise<void> {
  const { kube } = scene.engine;
  const path = `/api/v1/namespaces/${scene.namespace}/resourcequotas`;
  const body = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'limit' },
    spec: { hard: { [resource]: `${most}` } },
  };
  await kube.create(path, body, { fieldManager: 'test' });
  await scene.until('the quota to count', async () => {
    const found = await kube.get<KubeObject & { status?: { used?: Record<string, string> } }>(`${path}/limit`);
    return found?.status?.used?.[resource] !== undefined;
  });
}

scenario(
  'S33: as long as the controller has not seen the new template nothing is deleted, and then it goes on by itself',
  {},
  async (scene) => {
    await scene.install('failures:1');
    // The controller cannot write the new template's revision, so it goes no further, and says so by observedGeneration.
    await quota(scene, 'count/controllerrevisions.apps', 1);
    const rollout = await scene.rollout('failures:2');
    const { sentence } = await rollout.reaches('holding');
    expect(sentence).toMatch(/the DaemonSet controller has not seen generation \d+ of .*\/agent/);
    expect(await scene.taken()).toEqual([]);
    expect(await scene.images()).toEqual({ 'failures:1': 6 });
    await scene.engine.kube.remove(`/api/v1/namespaces/${scene.namespace}/resourcequotas/limit`);
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded', cause: null });
    expect(await scene.images()).toEqual({ 'failures:2': 6 });
    const old = scene.history.events.filter(({ image }) => image === 'failures:1').map(({ uid }) => uid);
    expect(new Set(old).size, 'no pod came back on the old template').toBe(6);
  },
);

scenario('S18, S19: a pod that does not end is never forced: the rollout stops with its name', {}, async (scene) => {
  await scene.install(sticky);
  const rollout = await scene.rollout('failures:2', { policy: { batches: canary, onFailure: 'pause' } });
  await scene.until('the first deletion', async () => (await scene.taken()).length === 1);
  const { sentence, diagnoses } = await rollout.reaches('stopped');
  const [node = ''] = await scene.taken();
  expect(sentence).toContain(`StuckTerminating on node ${node}`);
  // The worker of this file may not read logs and events: a finding says so, and is made all the same.
  const unread = expect.stringMatching(
    /^not read: events: .* may not list events .*apply deploy.rbac-diagnosis\.yaml$/,
  );
  expect(diagnoses).toMatchObject([{ cause: 'StuckTerminating', node, evidence: expect.arrayContaining([unread]) }]);
  const { items } = await scene.engine.kube.list<KubeObject>(paths.pods(scene.namespace));
  expect(items).toHaveLength(6);
  expect((await scene.deletes()).filter(({ user }) => user === workerUser)).toHaveLength(1);
});

scenario('S18: a pod that is not created within the time has a reason of its own', {}, async (scene) => {
  await scene.install('failures:1');
  await quota(scene, 'pods', 1);
  const rollout = await scene.rollout('failures:2', {
    policy: { batches: canary, readyWithinMs: 3_000, onFailure: 'pause' },
  });
  const { sentence } = await rollout.reaches('stopped');
  expect(sentence).toContain('PodNotCreated on node');
  expect(await scene.taken()).toHaveLength(1);
});

scenario(
  'S18: a canary that had arrived loses its pod in the soak and gets no other: that is told, not waited for',
  {},
  async (scene) => {
    await scene.install('failures:1');
    const soaking = canary.map((batch) => ({ ...batch, soakMs: 600_000 }));
    const rollout = await scene.rollout('failures:2', {
      policy: { batches: soaking, readyWithinMs: 3_000, onFailure: 'pause' },
    });
    await rollout.reaches('soaking');
    await quota(scene, 'pods', 1);
    const [node = ''] = await scene.taken();
    await scene.deletePod(node);
    const { sentence } = await rollout.reaches('stopped');
    expect(sentence).toContain(`PodNotCreated on node ${node}`);
    expect(await scene.taken()).toEqual([node]);
  },
);

scenario('S20: a pod that fits on no node fails the release with the reason of the scheduler', {}, async (scene) => {
  await scene.install('failures:1');
  const before = await scene.uids();
  const rollout = await scene.rollout('failures:2', {
    container: { resources: { requests: { cpu: '9000' } } },
    // The way back has the same deadline, and more than one chance to be slow on a loaded machine.
    policy: { batches: canary, readyWithinMs: 15_000 },
  });
  expect(await wentBack(scene, rollout, before)).toMatch(/Insufficient cpu/);
});

scenario('S22: an image that cannot be pulled fails at once, not at the deadline', {}, async (scene) => {
  await scene.install('failures:1');
  const before = await scene.uids();
  const rollout = await scene.rollout(missing, { policy: { readyWithinMs: 600_000 } });
  expect(await wentBack(scene, rollout, before)).toMatch(/ImagePullBackOff on node .*failures:missing/);
});

scenario('S23: restarts are counted, init containers included', {}, async (scene) => {
  const { rollout, node } = await soaking(scene);
  const before = await scene.uids();
  const status = (name: string, restartCount: number) => ({ name, image: 'x', imageID: '', ready: true, restartCount });
  await scene.patchStatus(node, {
    status: { initContainerStatuses: [status('init', 1)], containerStatuses: [status('agent', 2)] },
  });
  expect(await wentBack(scene, rollout, before)).toMatch(new RegExp(`TooManyRestarts on node ${node}.* 3 restarts`));
});

scenario(
  'S23: a restart that is accepted starts the soak anew: the next batch comes that much later, and status says why',
  {},
  async (scene) => {
    const soakMs = 15_000;
    await scene.install('failures:1');
    const rollout = await scene.rollout('failures:2', {
      policy: { batches: canary.map((one) => ({ ...one, soakMs: Math.min(one.soakMs, soakMs) })), maxRestarts: 1 },
    });
    const soaks = await rollout.reaches('soaking', ({ live }) => live?.soak !== undefined);
    expect(soaks.live?.soak?.anew).toBeUndefined();
    const [node = ''] = await scene.taken();
    const atMs = Date.now();
    await scene.patchStatus(node, restartedOnce);
    const { live } = await rollout.reaches('soaking', (view) => view.live?.soak?.anew !== undefined);
    expect(live?.soak?.anew).toMatchObject({
      times: 1,
      why: `container agent on node ${node} restarted after exit code 137 (OOMKilled)`,
    });
    expect(live?.soak?.untilMs).toBeGreaterThanOrEqual(atMs + soakMs);
    expect(await rollout.result()).toMatchObject({ outcome: 'succeeded' });
    const ours = (await scene.deletes()).filter(({ user }) => user === workerUser);
    const next = ours.map(({ atMs: deletedMs }) => deletedMs).toSorted((a, b) => a - b)[1];
    expect(next).toBeGreaterThanOrEqual(atMs + soakMs);
    expect((await rollout.status()).log.map(({ what }) => what)).toContainEqual(
      expect.stringContaining(`soak of batch 1 started anew: container agent on node ${node} restarted`),
    );
  },
);

scenario('S23: a pod that the kubelet ended with phase Failed counts against the release', {}, async (scene) => {
  const { rollout, node } = await soaking(scene);
  const before = await scene.uids();
  await scene.patchStatus(node, { status: { phase: 'Failed', reason: 'Evicted', message: 'The node had no memory' } });
  expect(await wentBack(scene, rollout, before)).toMatch(/PodFailed on node .*Evicted: The node had no memory/);
});

scenario('S21: a node that turns NotReady after its pod was replaced fails the release', {}, async (scene) => {
  const { rollout, node } = await soaking(scene);
  const before = await scene.uids();
  await scene.setReady(node, false);
  expect(await wentBack(scene, rollout, before)).toContain(`NodeNotReady on node ${node}`);
  const { sentence, diagnoses } = await rollout.status();
  expect(sentence).toContain(node);
  expect(diagnoses).toMatchObject([{ cause: 'NodeNotReady', node }]);
  expect(await scene.taken()).toEqual([node]);
});

scenario('S40, S41: a rollback that fails ends, needs a person, and does not go back and forth', {}, async (scene) => {
  await scene.install('failures:1');
  await quota(scene, 'pods', 1);
  const rollout = await scene.rollout('failures:2', { policy: { batches: canary, readyWithinMs: 3_000 } });
  const { outcome, cause } = await rollout.result();
  expect(outcome).toBe('rollbackFailed');
  expect(cause).toMatch(/PodNotCreated.*and the rollback failed: PodNotCreated/);
  const record = await scene.record();
  expect(record).toMatchObject({
    phase: 'rollbackFailed',
    target: null,
    quarantine: [{ reason: expect.stringContaining('PodNotCreated') }],
  });
  expect(await scene.taken()).toHaveLength(1);
});

scenario(
  'S44: when nobody arrives for the progress deadline it fails, however patient it is with single pods',
  {},
  async (scene) => {
    await scene.install('failures:1');
    const before = await scene.uids();
    const rollout = await scene.rollout(idle, { policy: { readyWithinMs: 600_000, progressDeadlineMs: 3_000 } });
    expect(await wentBack(scene, rollout, before)).toContain('NoProgress');
  },
);
