import { InterlockStore } from '../../activities/rollout/interlock-store.ts';
import { neverReady, type Stage, slowReady } from '../../dev/stack/stages.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import { interlockPlace } from '../../domain/interlock.ts';
import type { LivePhase } from '../../domain/rollout/phases.ts';
import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import type { Outcome, RolloutFinished } from '../../domain/wire.ts';
import { uniqueName } from '../support/cluster.ts';
import { told } from './around.ts';
import type { ScenarioRollout, Scene } from './scenario.ts';
import type { EngineOptions } from './support.ts';

/** Images whose pods are ready when a test says so, and after some seconds. */
export const [held, slow] = ['buttons:held', 'buttons:slow'];

/** How the pods of these images behave. */
export const stages: Stage[] = [...neverReady(held), ...slowReady(slow, 2_500)];

const interlock = { ...interlockPlace, name: uniqueName('buttons') };

/** Renderings that wait, as `namespace image`, and those that have begun to. */
const waitFor = { wanted: new Set<string>(), begun: new Set<string>() };

/** Namespaces for which the API server does not answer. */
const away = new Set<string>();

/** What the engine of these scenarios talks to: a git and an API server that may be away for one of them. */
export const engineOptions: EngineOptions = {
  interlock: interlock.name,
  git: {
    hold: async (namespace, image) => {
      const key = `${namespace} ${image}`;
      while (waitFor.wanted.has(key)) {
        waitFor.begun.add(key);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  },
  around: (client) =>
    told(client, (_method, path) => {
      if ([...away].some((namespace) => path.includes(`/namespaces/${namespace}/`))) {
        throw new NodewaveError('Infrastructure', 'the API server does not answer');
      }
    }),
};

const canary = (more: Partial<RolloutPolicy['batches'][number]>): Partial<RolloutPolicy> => ({
  batches: [
    { name: 'canary', nodes: 2, soakMs: 0, ...more },
    { name: 'all', nodes: '100%', soakMs: 0 },
  ],
});

/** A rollout that stands in a phase, and what lets it leave it, where that is not a message. */
export interface Standing {
  rollout: ScenarioRollout;
  release?: () => void;
}

/** How a rollout comes to stand in a phase, on a DaemonSet whose last good takes some seconds to be ready. */
export interface Way {
  phase: LivePhase;
  stand(scene: Scene): Promise<Standing>;
  /** What the run that a reset starts may come to, when people send what it asks for. */
  again: Outcome[];
}

const inFlight = async (rollout: ScenarioRollout): Promise<Standing> => {
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  return { rollout };
};

const reached = async (rollout: ScenarioRollout, phase: LivePhase): Promise<Standing> => {
  await rollout.reaches(phase);
  return { rollout };
};

const never = [{ kind: 'deny' as const, schedule: '0 0 * * *', durationMs: 24 * 3_600_000, timeZone: 'UTC' }];

/** One way into every live phase. */
export const ways: Way[] = [
  {
    phase: 'planning',
    stand: async (scene) => {
      const key = `${scene.namespace} buttons:2`;
      waitFor.wanted.add(key);
      const rollout = await scene.rollout('buttons:2');
      await scene.until('the plan to be begun', async () => waitFor.begun.has(key));
      return { ...(await reached(rollout, 'planning')), release: () => waitFor.wanted.delete(key) };
    },
    again: ['succeeded'],
  },
  {
    phase: 'installing',
    stand: async (scene) => {
      const rollout = await scene.rollout(held, { mode: 'install' });
      await rollout.reaches('installing', ({ live }) => live !== null);
      return { rollout };
    },
    again: ['installed'],
  },
  {
    phase: 'awaitingApprovalBefore',
    stand: async (scene) =>
      reached(await scene.rollout('buttons:2', { policy: canary({ approval: 'before' }) }), 'awaitingApprovalBefore'),
    again: ['succeeded'],
  },
  { phase: 'rolling', stand: async (scene) => inFlight(await scene.rollout(held)), again: ['succeeded'] },
  {
    phase: 'waiting',
    stand: async (scene) => reached(await scene.rollout('buttons:2', { policy: { windows: never } }), 'waiting'),
    again: ['succeeded'],
  },
  {
    phase: 'soaking',
    stand: async (scene) =>
      reached(await scene.rollout('buttons:2', { policy: canary({ soakMs: 120_000 }) }), 'soaking'),
    again: ['aborted'],
  },
  {
    phase: 'awaitingApprovalAfter',
    stand: async (scene) =>
      reached(await scene.rollout('buttons:2', { policy: canary({ approval: 'after' }) }), 'awaitingApprovalAfter'),
    again: ['succeeded'],
  },
  {
    phase: 'paused',
    stand: async (scene) => {
      const { rollout } = await inFlight(await scene.rollout(held));
      await rollout.send('pause');
      return await reached(rollout, 'paused');
    },
    again: ['succeeded'],
  },
  {
    phase: 'stopped',
    stand: async (scene) => {
      const policy: Partial<RolloutPolicy> = { onFailure: 'pause', readyWithinMs: 2_000 };
      return await reached(await scene.rollout(held, { policy }), 'stopped');
    },
    // The batch is judged anew: its pods may be ready by then.
    again: ['aborted', 'succeeded'],
  },
  {
    phase: 'holding',
    stand: async (scene) => {
      const rollout = await scene.rollout('buttons:2', { policy: canary({ approval: 'after' }) });
      const { planDigest } = await rollout.reaches('awaitingApprovalAfter');
      away.add(scene.namespace);
      await rollout.send('approve', { plan: planDigest });
      return { ...(await reached(rollout, 'holding')), release: () => away.delete(scene.namespace) };
    },
    again: ['succeeded'],
  },
  {
    phase: 'rollingBack',
    stand: async (scene) => {
      const rollout = await scene.rollout('buttons:2', { policy: canary({ approval: 'after' }) });
      await rollout.reaches('awaitingApprovalAfter');
      await rollout.send('rollback');
      return await reached(rollout, 'rollingBack');
    },
    // It starts over, unless the way back was over by then.
    again: ['succeeded', 'rolledBack'],
  },
];

/** Installs what is there first, and brings a rollout into the phase. */
export async function standing(scene: Scene, way: Way): Promise<Standing> {
  if (way.phase !== 'installing') await scene.install(slow);
  return await way.stand(scene);
}

/** The workflow of the scene's DaemonSet, its newest run. */
export function handleOf(scene: Scene) {
  const ref = { cluster: 'local', namespace: scene.namespace, name: 'agent' };
  return scene.engine.client.workflow.getHandle(rolloutWorkflowId(ref));
}

/** Nodes that the DaemonSet of a scene has reserved. */
export async function reserved(scene: Scene): Promise<string[]> {
  const { table } = await new InterlockStore(scene.engine.kube, interlock).read();
  return [...table.values()]
    .filter(({ workflowId }) => workflowId === handleOf(scene).workflowId)
    .map(({ node }) => node);
}

/** Resets the workflow to its first task, as the button in Temporal's UI does. */
export async function reset(scene: Scene): Promise<void> {
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

/** Sends what the rollout asks for until it has ended: approvals, resume, an override; an abort where it would take long. */
export async function driveToItsEnd(scene: Scene, rollout: ScenarioRollout): Promise<RolloutFinished> {
  await scene.until('the rollout to end', async () => {
    const { outcome, phase, planDigest: plan } = await rollout.status();
    if (outcome !== null) return true;
    await scene.makeReady(held);
    // What it asked for a moment ago it may not ask for any more.
    const send = (message: string, argument = {}) =>
      rollout.send(message, { reason: 'a test', ...argument }).catch(() => undefined);
    if (phase === 'awaitingApprovalBefore' || phase === 'awaitingApprovalAfter') await send('approve', { plan });
    else if (phase === 'paused') await send('resume');
    else if (phase === 'waiting') await send('overrideWindow');
    else if (phase === 'soaking' || phase === 'stopped') await send('abort');
    return false;
  });
  return (await handleOf(scene).result()) as RolloutFinished;
}
