import { expect } from 'vitest';
import type { KubeObject } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { crashLoop, neverReady } from '../../dev/stack/stages.ts';
import { readyPatch, type Scene, scenarios } from './scenario.ts';

const held = 'back:held';
const scenario = scenarios([...neverReady(held), ...crashLoop('back:crash')]);

const three = [{ name: 'three', nodes: 3, soakMs: 600_000 }];
const crashing = [{ name: 'agent', image: 'x', imageID: '', ready: false, restartCount: 9 }];

/** Pods of nodes that were never taken are the same as `before`, and every pod is of `image`. */
async function isBackOn(scene: Scene, image: string, before: Record<string, string>): Promise<void> {
  const [taken, after] = [await scene.taken(), await scene.uids()];
  expect(await scene.images()).toEqual({ [image]: 6 });
  for (const [node, uid] of Object.entries(before)) if (!taken.includes(node)) expect(after[node]).toBe(uid);
}

scenario(
  'S39: on the way back, down pods go first, one budget at a time, and untouched pods stay',
  { budget: 1 },
  async (scene) => {
    await scene.install('back:1');
    const before = await scene.uids();
    const rollout = await scene.rollout('back:2', { policy: { batches: three } });
    await rollout.reaches('soaking');
    const [, , last = ''] = await scene.taken();
    await scene.patchStatus(last, { status: { ...readyPatch('False').status, containerStatuses: crashing } });
    expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
    const taken = await scene.taken();
    expect(taken).toHaveLength(6);
    expect(taken[3]).toBe(last);
    await isBackOn(scene, 'back:1', before);
    expect((await scene.record()).quarantine).toHaveLength(1);
  },
);

scenario(
  'S38: the way leads to what last passed every gate, not to the attempt before',
  { templates: 3 },
  async (scene) => {
    await scene.install('back:1');
    const attempt = await scene.rollout('back:2', { policy: { batches: three } });
    await attempt.reaches('soaking');
    await attempt.send('abort');
    expect(await attempt.result()).toMatchObject({ outcome: 'aborted' });
    expect(await scene.images()).toEqual({ 'back:1': 3, 'back:2': 3 });
    const before = Object.fromEntries(
      Object.entries(await scene.uids()).filter(([node]) => scene.nodes.names.includes(node)),
    );
    const rollout = await scene.rollout('back:crash', {
      policy: { batches: [{ name: 'canary', nodes: 1, soakMs: 0 }] },
    });
    expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
    await isBackOn(scene, 'back:1', before);
  },
);

scenario(
  'S38: last good whose ControllerRevision somebody deleted is written from the record, with the same hash',
  {},
  async (scene) => {
    await scene.install('back:1');
    const before = await scene.uids();
    const rollout = await scene.rollout(held);
    await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
    await scene.until('two deletions', async () => (await scene.taken()).length === 2);
    const { good } = await scene.record();
    const revision = `${paths.controllerRevisions(scene.namespace)}/${good[0]?.revision}`;
    await scene.engine.kube.remove(revision, {});
    await rollout.send('rollback');
    expect(await rollout.result()).toMatchObject({ outcome: 'rolledBack' });
    await isBackOn(scene, 'back:1', before);
    expect(await scene.engine.kube.get<KubeObject>(revision)).not.toBeNull();
  },
);

scenario(
  'S41: what was rolled back meanwhile is not rolled out by a rollout that was decided on before',
  {},
  async (scene) => {
    await scene.install('back:1');
    const first = await scene.rollout('back:crash');
    expect(await first.result()).toMatchObject({ outcome: 'rolledBack' });
    const taken = await scene.taken();
    // As an application starts it whose look at the cluster is older than the quarantine.
    const again = await scene.rollout('back:crash');
    expect(await again.result()).toMatchObject({
      outcome: 'rolledBack',
      cause: expect.stringMatching(/^it was rolled back before and is quarantined: CrashLoopBackOff/),
    });
    expect(await scene.taken()).toEqual(taken);
    expect(await scene.images()).toEqual({ 'back:1': 6 });
  },
);
