import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** How long an answer is believed, milliseconds: rollouts that wait for another ask again twice a second. */
const believedMs = 3_000;

/** Longest wait for Temporal's answer, milliseconds. */
const deadlineMs = 5_000;

/**
 * Makes a function that tells whether a rollout's workflow still runs. True also when Temporal cannot be asked: what a rollout
 * holds is never taken away on a guess.
 */
export function rolloutIsRunning(client: Client): (workflowId: string, rollout: number) => Promise<boolean> {
  const known = new Map<string, { answer: Promise<boolean>; atMs: number }>();
  return (workflowId, rollout) => {
    const nowMs = performance.now();
    for (const [key, { atMs }] of known) if (nowMs - atMs > believedMs) known.delete(key);
    const key = `${workflowId} ${rollout}`;
    const found = known.get(key);
    if (found !== undefined) return found.answer;
    const answer = ask(client, workflowId, rollout);
    known.set(key, { answer, atMs: nowMs });
    return answer;
  };
}

async function ask(client: Client, workflowId: string, rollout: number): Promise<boolean> {
  try {
    const seen = await client.withDeadline(Date.now() + deadlineMs, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    if (seen.status.name !== 'RUNNING' && seen.status.name !== 'PAUSED') return false;
    // A later rollout of the same DaemonSet: the asked one has ended. Without a memo it was started by hand.
    const memo = seen.memo?.rollout;
    return typeof memo !== 'number' || memo === rollout;
  } catch (error) {
    return !(error instanceof WorkflowNotFoundError);
  }
}
