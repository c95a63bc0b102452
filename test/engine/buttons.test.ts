import { expect } from 'vitest';
import { InterlockStore } from '../../activities/rollout/interlock-store.ts';
import { neverReady, slowReady } from '../../dev/stack/stages.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import { interlockPlace } from '../../domain/interlock.ts';
import type { Phase } from '../../domain/rollout/phases.ts';
import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import type { RolloutFinished } from '../../domain/wire.ts';
import { uniqueName } from '../support/cluster.ts';
import { type ScenarioRollout, type Scene, scenarios } from './scenario.ts';

/** Ready when a test says so, and after some seconds. */
const [held, slow] = ['buttons:held', 'buttons:slow'];
const interlock = { ...interlockPlace, name: uniqueName('buttons') };
const scenario = scenarios([...neverReady(held), ...slowReady(slow, 2_500)], { interlock: interlock.name });

const succeeded = { outcome: 'succeeded', cause: null };
const canary = (more: Partial<RolloutPolicy['batches'][number]>): Partial<RolloutPolicy> => ({
  batches: [
    { name: 'canary', nodes: 2, soakMs: 0, ...more },
    { name: 'all', nodes: '100%', soakMs: 0 },
  ],
});

/** How a rollout comes to stand in a phase, on a DaemonSet whose last good takes some seconds to be ready. */
const ways: [Phase, Partial<RolloutPolicy>, string, string | null][] = [
  ['rolling', {}, held, null],
  ['soaking', canary({ soakMs: 120_000 }), 'buttons:2', null],
  ['awaitingApprovalBefore', canary({ approval: 'before' }), 'buttons:2', null],
  ['awaitingApprovalAfter', canary({ approval: 'after' }), 'buttons:2', null],
  ['paused', {}, held, 'pause'],
  ['stopped', { onFailure: 'pause', readyWithinMs: 2_000 }, held, null],
  ['rollingBack', canary({ approval: 'after' }), 'buttons:2', 'rollback'],
];

async function standing(
  scene: Scene,
  [phase, policy, image, message]: (typeof ways)[number],
): Promise<ScenarioRollout> {
  await scene.install(slow);
  const rollout = await scene.rollout(image, { policy });
  if (message === 'rollback') await rollout.reaches('awaitingApprovalAfter');
  if (image === held) await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  if (message !== null) await rollout.send(message);
  await rollout.reaches(phase);
  return rollout;
}

function handleOf(scene: Scene) {
  const ref = { cluster: 'local', namespace: scene.namespace, name: 'agent' };
  return scene.engine.client.workflow.getHandle(rolloutWorkflowId(ref));
}

/** Nodes that the DaemonSet of a scene has reserved. */
async function reserved(scene: Scene): Promise<string[]> {
  const { table } = await new InterlockStore(scene.engine.kube, interlock).read();
  return [...table.values()]
    .filter(({ workflowId }) => workflowId === handleOf(scene).workflowId)
    .map(({ node }) => node);
}

for (const way of ways) {
  const [phase] = way;
  scenario(
    `Terminate in phase ${phase}: the next rollout goes on, no pod is deleted twice, nothing stays locked`,
    {},
    async (scene) => {
      await standing(scene, way);
      await handleOf(scene).terminate('a test');
      const next = await scene.rollout('buttons:3');
      expect(await next.result()).toMatchObject(succeeded);
      expect(await scene.images()).toEqual({ 'buttons:3': 6 });
      expect(await reserved(scene)).toEqual([]);
    },
  );
}

/** Resets the workflow to its first task, as the button in Temporal's UI does. */
async function reset(scene: Scene): Promise<void> {
  const { client } = scene.engine;
  const handle = handleOf(scene);
  const [{ runId }, history] = await Promise.all([handle.describe(), handle.fetchHistory()]);
  const first = history.events?.find((event) => event.workflowTaskCompletedEventAttributes != null);
  if (first?.eventId == null) throw new Error('the workflow has not begun');
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId, runId },
    reason: 'a test',
    requestId: uniqueName('reset'),
    workflowTaskFinishEventId: first.eventId,
  });
}

for (const way of ways.filter(([phase]) => ['rolling', 'soaking', 'rollingBack'].includes(phase))) {
  const [phase] = way;
  scenario(
    `Reset in phase ${phase}: the new run fences the old one and ends right, no pod is deleted twice`,
    {},
    async (scene) => {
      const rollout = await standing(scene, way);
      await reset(scene);
      const again: ScenarioRollout = { ...rollout, result: () => handleOf(scene).result() as Promise<RolloutFinished> };
      if (phase === 'rolling') {
        expect(await scene.letThrough(again, held)).toMatchObject(succeeded);
        expect(await scene.taken()).toHaveLength(6);
      } else {
        // It starts over, up to where it soaks or asks; and what was there stays.
        const { phase: there } = await scene.until('the new run to come as far', async () => {
          const status = await again.status();
          return ['soaking', 'awaitingApprovalAfter', 'rolledBack'].includes(status.phase) && status;
        });
        if (there !== 'rolledBack') await again.send('abort', { reason: 'seen enough' });
        expect(['aborted', 'rolledBack']).toContain((await again.result()).outcome);
      }
      expect(await reserved(scene)).toEqual([]);
    },
  );
}
