import { workflowTaskQueue } from '../domain/ids.ts';
import { ClientError } from './client-error.ts';
import type { TemporalAccess } from './connection.ts';
import { explain } from './explain.ts';

/** A process that asked a task queue for work within the last minutes. */
export interface Poller {
  identity: string;
  /** Milliseconds since it last asked. A healthy one asks at least once a minute. */
  silentMs: number;
}

/** A poll waits up to 60 s on the server: one that has been silent for longer than this is gone. */
const longestSilenceMs = 75_000;
const lookDeadlineMs = 3_000;
// temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
const workflowTasks = 1;

/** Who polls a task queue for workflow tasks, as Temporal saw it. Throws ClientError. */
export async function listPollers(access: TemporalAccess, taskQueue: string): Promise<Poller[]> {
  const { config, connection } = access;
  try {
    const response = await connection.withDeadline(Date.now() + lookDeadlineMs, () =>
      connection.workflowService.describeTaskQueue({
        namespace: config.namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: workflowTasks,
      }),
    );
    return (response.pollers ?? []).map((poller) => ({
      identity: poller.identity ?? '',
      silentMs: Math.max(0, Date.now() - Number(poller.lastAccessTime?.seconds ?? 0) * 1000),
    }));
  } catch (error) {
    throw explain(error, { config, subject: `task queue ${taskQueue}` });
  }
}

/** Says why nobody answered: the server is gone, no worker runs, or a worker is busy or just went away. */
export async function explainNoAnswer(
  access: TemporalAccess,
  subject: string,
  waitedMs: number,
  cause: unknown,
): Promise<ClientError> {
  let pollers: Poller[];
  try {
    pollers = await listPollers(access, workflowTaskQueue);
  } catch (error) {
    const { config } = access;
    if (error instanceof ClientError && error.kind !== 'timeout') return error;
    return new ClientError(
      'unavailable',
      `Temporal at ${config.address} did not answer`,
      'Check that the server runs and that TEMPORAL_ADDRESS (or the address in temporal.toml) is right.',
      { cause },
    );
  }
  const newest = pollers.toSorted((a, b) => a.silentMs - b.silentMs)[0];
  if (newest === undefined || newest.silentMs > longestSilenceMs) {
    return new ClientError(
      'noWorker',
      `Temporal answers, and no Nodewave worker does: nobody polls task queue "${workflowTaskQueue}" in namespace "${access.config.namespace}"`,
      'Start a worker, or check that it uses the same namespace.',
      { cause },
    );
  }
  return new ClientError(
    'timeout',
    `the ${subject} did not answer within ${Math.round(waitedMs / 1000)} s`,
    `Worker ${newest.identity} last asked for work ${Math.round(newest.silentMs / 1000)} s ago: it may be stopped, starting or busy. See its log, then try again.`,
    { cause },
  );
}
