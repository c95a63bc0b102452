import type { NativeConnection, Worker, WorkerOptions } from '@temporalio/worker';
import { Worker as TemporalWorker } from '@temporalio/worker';
import { clusterTaskQueue, watchTaskQueue, workflowTaskQueue } from '../domain/ids.ts';
import type { ServicesConfig } from './config.ts';
import { activityLogInterceptors } from './log/activity-interceptors.ts';

/** Activities by the queue that they belong to. */
export interface QueueActivities {
  /** Git and Temporal, on the queue of the workflows. */
  workflowQueue: object;
  /** Everything that reads or writes a cluster; served on each cluster's two queues. */
  clusterQueues: object;
}

/** What every Temporal worker of this process has in common. */
export interface WorkerBasis {
  config: ServicesConfig;
  connection: NativeConnection;
}

/** How long a batch may still use after the grace of a stop, before the process goes without it. */
const lastWordsMs = 10_000;

function commonOptions({ config, connection }: WorkerBasis): Omit<WorkerOptions, 'taskQueue'> {
  return {
    connection,
    namespace: config.temporal.namespace,
    identity: config.identity,
    ...(config.temporal.payloadCodecs === undefined
      ? {}
      : { dataConverter: { payloadCodecs: config.temporal.payloadCodecs } }),
    interceptors: { activity: [activityLogInterceptors] },
    // The default of 60 s would make pause and abort, which arrive with a heartbeat, wait for most of a heartbeat timeout.
    maxHeartbeatThrottleInterval: '2 seconds',
    shutdownGraceTime: config.drainMs,
    shutdownForceTime: config.drainMs + lastWordsMs,
    // Idle pollers are open requests at the server and in this process; a few per queue are plenty.
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 },
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 },
  };
}

/** The worker of both workflow types and of the git activities. */
export function createWorkflowWorker(basis: WorkerBasis, bundleFile: string, activities: object): Promise<Worker> {
  return TemporalWorker.create({
    ...commonOptions(basis),
    taskQueue: workflowTaskQueue,
    workflowBundle: { codePath: bundleFile },
    activities,
    maxCachedWorkflows: basis.config.maxCachedWorkflows,
    reuseV8Context: true,
    // After a crash the tasks of cached workflows wait this long for the dead worker before another one gets them.
    stickyQueueScheduleToStartTimeout: '4 seconds',
    // Each may run a git process.
    maxConcurrentActivityTaskExecutions: 20,
  });
}

/** The two workers of one cluster: batches and syncs on one queue, soaks that watch for long on the other. */
export function createClusterWorkers(basis: WorkerBasis, cluster: string, activities: object): Promise<Worker[]> {
  const queues = [clusterTaskQueue(cluster), watchTaskQueue(cluster)];
  return Promise.all(
    queues.map((taskQueue) => TemporalWorker.create({ ...commonOptions(basis), taskQueue, activities })),
  );
}
