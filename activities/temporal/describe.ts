import { ApplicationFailure } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { readFinished } from '../../domain/application/finished.ts';
import type { RolloutMemo } from '../../domain/rollout/input.ts';
import type { RolloutDescription, TemporalActivities } from '../contract.ts';

/** How often a rollout is looked at that may have been terminated, which sends no signal; milliseconds. */
const defaultLookEveryMs = 30_000;

/** Makes the activities that ask Temporal itself, with a client of the workflows' namespace. */
export function createTemporalActivities(deps: { client: Client; lookEveryMs?: number }): TemporalActivities {
  const nextRetryDelay = deps.lookEveryMs ?? defaultLookEveryMs;
  return {
    describeRollout: ({ workflowId }) => describe(deps.client, workflowId),
    async waitForRolloutEnd({ workflowId, rollout }) {
      const description = await describe(deps.client, workflowId);
      // The newest run of the id may be a later rollout; then ours has ended and its answer was this run's predecessor.
      const ours = description.memo?.rollout === rollout;
      if (!ours) return { ...description, state: 'gone', finished: null };
      if (description.state !== 'running') return description;
      throw ApplicationFailure.create({
        message: `${workflowId} is still running`,
        type: 'StillRunning',
        nextRetryDelay,
        category: 'BENIGN',
      });
    },
  };
}

async function describe(client: Client, workflowId: string): Promise<RolloutDescription> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const seen = await handle.describe();
    const running = seen.status.name === 'RUNNING' || seen.status.name === 'PAUSED';
    const answer: unknown = seen.status.name === 'COMPLETED' ? await handle.result() : null;
    return {
      state: running ? 'running' : 'ended',
      status: seen.status.name,
      runId: seen.runId,
      memo: isRolloutMemo(seen.memo) ? seen.memo : null,
      finished: readFinished(answer),
    };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return { state: 'gone', status: 'NOT_FOUND', runId: null, memo: null, finished: null };
  }
}

function isRolloutMemo(memo: Record<string, unknown> | undefined): memo is Record<string, unknown> & RolloutMemo {
  return typeof memo?.application === 'string' && typeof memo.rollout === 'number';
}
