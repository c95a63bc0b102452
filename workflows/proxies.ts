import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type {
  GitActivities,
  GuardActivities,
  RolloutActivities,
  SyncActivities,
  TemporalActivities,
} from '../activities/contract.ts';
import { clusterTaskQueue, watchTaskQueue, workflowTaskQueue } from '../domain/ids.ts';

/**
 * What the server tries again by itself: time-outs, so a worker that died, and errors that carry no code. Coded failures
 * are marked non-retryable at the activity edge and come here, where `untilAnswered` holds them with their sentence in sight.
 * No attempt limit: infrastructure is never the release's fault.
 */
const retry = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' } as const;

/** Activities beat every second or two, so a worker's death is noticed within seconds, whatever the other limits are. */
const heartbeatTimeout = '10 seconds';

/** One or a few requests. */
const short: ActivityOptions = { startToCloseTimeout: '2 minutes', retry };

/**
 * A cluster's queue may have no worker at all. Then the task comes back after a minute and the workflow holds with a
 * sentence that says so, instead of looking busy for ever.
 */
const answered: ActivityOptions = { ...short, scheduleToStartTimeout: '1 minute' };

/** May fetch a repository, for which git itself has 5 minutes. */
const fetching: ActivityOptions = { startToCloseTimeout: '10 minutes', heartbeatTimeout, retry };

/** Git and Temporal are served by the worker that runs this workflow, so no queue can be without one. */
const gitShort = proxyActivities<Pick<GitActivities, 'resolveRef'>>({ ...fetching, taskQueue: workflowTaskQueue });

/**
 * Waiting is made of attempts that fail as BENIGN and name the next delay: it costs no history. Cancelled without waiting,
 * because a trigger that arrives must not wait for an attempt that is asking git.
 */
const waiting: ActivityOptions = {
  taskQueue: workflowTaskQueue,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};
const gitWait = proxyActivities<Pick<GitActivities, 'waitForNewCommit'>>({ ...fetching, ...waiting });
const temporalWait = proxyActivities<Pick<TemporalActivities, 'waitForRolloutEnd'>>({ ...short, ...waiting });
const temporalShort = proxyActivities<Pick<TemporalActivities, 'describeRollout'>>({
  ...short,
  taskQueue: workflowTaskQueue,
});

/** Activities that need only git. */
export const gitActivities: ActivityInterfaceFor<GitActivities> = {
  resolveRef: gitShort.resolveRef,
  waitForNewCommit: gitWait.waitForNewCommit,
};

/** Activities that ask Temporal itself. */
export const temporalActivities: ActivityInterfaceFor<TemporalActivities> = {
  describeRollout: temporalShort.describeRollout,
  waitForRolloutEnd: temporalWait.waitForRolloutEnd,
};

type ClusterActivities = ActivityInterfaceFor<
  Omit<SyncActivities, 'waitForStragglers'> & Omit<RolloutActivities, 'watchSoak'>
>;

/** Lasts as long as nodes and soaks last. */
const watching: ActivityOptions = {
  startToCloseTimeout: '24 hours',
  heartbeatTimeout,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry,
};

/** Activities that read and write one cluster, on its queue. */
export function clusterActivities(cluster: string): ClusterActivities {
  const taskQueue = clusterTaskQueue(cluster);
  const sync = proxyActivities<SyncActivities>({ ...answered, ...fetching, taskQueue });
  const brief = proxyActivities<Omit<RolloutActivities, 'runBatch' | 'watchSoak'>>({
    ...answered,
    heartbeatTimeout,
    taskQueue,
  });
  // No schedule-to-start limit: a batch that lost its worker resumes from its own heartbeat when another one takes it.
  // The day is a bound for the absurd; how long nodes may take is judged inside. Pause and abort arrive with a heartbeat,
  // and the batch's answer (how far it got) is waited for: two batches must never run at once.
  const long = proxyActivities<Pick<RolloutActivities, 'runBatch'> & Pick<SyncActivities, 'pruneBatch'>>({
    ...watching,
    taskQueue,
  });
  return {
    prepareSync: sync.prepareSync,
    previewSync: sync.previewSync,
    applySync: sync.applySync,
    restoreObjects: sync.restoreObjects,
    pruneDaemonSets: sync.pruneDaemonSets,
    pruneBatch: long.pruneBatch,
    releaseApplication: sync.releaseApplication,
    releaseQuarantine: sync.releaseQuarantine,
    planRollout: brief.planRollout,
    takeCensus: brief.takeCensus,
    install: brief.install,
    openWindow: brief.openWindow,
    closeWindow: brief.closeWindow,
    promote: brief.promote,
    recordOutcome: brief.recordOutcome,
    runBatch: long.runBatch,
  };
}

/** Whether nodes may be taken now, and what others do meanwhile. Waiting is made of attempts that cost no history. */
export function guardActivities(
  cluster: string,
): ActivityInterfaceFor<Pick<GuardActivities, 'mayRoll' | 'waitForEdit'>> {
  const taskQueue = clusterTaskQueue(cluster);
  return proxyActivities<Pick<GuardActivities, 'mayRoll' | 'waitForEdit'>>({ ...short, ...waiting, taskQueue });
}

/** The brake of a cluster, for a person who waits for the answer. */
export function brakeActivities(cluster: string): ActivityInterfaceFor<Pick<GuardActivities, 'setBrake'>> {
  return proxyActivities<Pick<GuardActivities, 'setBrake'>>({ ...impatient, taskQueue: clusterTaskQueue(cluster) });
}

/** What the way back tries once, and does not wait for: it must not keep a node from its last good pod. */
export function returnActivities(cluster: string): ActivityInterfaceFor<Pick<SyncActivities, 'restoreObjects'>> {
  const options = { scheduleToCloseTimeout: '20 seconds', heartbeatTimeout, retry: { maximumAttempts: 1 } } as const;
  return proxyActivities<Pick<SyncActivities, 'restoreObjects'>>({ ...options, taskQueue: clusterTaskQueue(cluster) });
}

/** Waits on a cluster's queue that cost no history; a cluster without a worker is simply not looked at meanwhile. */
export function waitActivities(cluster: string): ActivityInterfaceFor<Pick<SyncActivities, 'waitForStragglers'>> {
  const cancellationType = ActivityCancellationType.TRY_CANCEL;
  const options = { ...short, heartbeatTimeout, cancellationType, taskQueue: clusterTaskQueue(cluster) };
  return proxyActivities<Pick<SyncActivities, 'waitForStragglers'>>(options);
}

/** Activities that watch a cluster for long, on a queue of their own so that they never take a batch's slot. */
export function watchActivities(cluster: string): ActivityInterfaceFor<Pick<RolloutActivities, 'watchSoak'>> {
  return proxyActivities<Pick<RolloutActivities, 'watchSoak'>>({ ...watching, taskQueue: watchTaskQueue(cluster) });
}

/** For a person who waits for the answer: it fails with a sentence within a minute or two instead of holding. */
const impatient: ActivityOptions = {
  scheduleToCloseTimeout: '90 seconds',
  heartbeatTimeout,
  retry: { maximumAttempts: 2 },
};

/** Activities behind the update `preview`, on the cluster's queue and git's. */
export function previewActivities(cluster: string): {
  resolveRef: ActivityInterfaceFor<GitActivities>['resolveRef'];
  previewSync: ActivityInterfaceFor<SyncActivities>['previewSync'];
} {
  const git = proxyActivities<GitActivities>({ ...impatient, taskQueue: workflowTaskQueue });
  const sync = proxyActivities<SyncActivities>({ ...impatient, taskQueue: clusterTaskQueue(cluster) });
  return { resolveRef: git.resolveRef, previewSync: sync.previewSync };
}
