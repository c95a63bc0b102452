import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import { proxyActivities } from '@temporalio/workflow';
import type { DiagnosisActivities } from '../activities/diagnosis/contract.ts';
import { clusterTaskQueue } from '../domain/ids.ts';

/** Time that a diagnosis has to read in, milliseconds: in the middle of a rollout, and for a person who waits. */
export const readingMs = { rollout: 3_000, person: 15_000 } as const;

/**
 * Once and for seconds: nodes wait for their last good pod meanwhile. Some time more than the reading itself, for the queue; with no
 * worker there the rollout goes on without a diagnosis.
 */
const brief: ActivityOptions = { scheduleToCloseTimeout: '5 seconds', retry: { maximumAttempts: 1 } };

/** A person is told within half a minute why there is no answer. */
const impatient: ActivityOptions = { scheduleToCloseTimeout: '30 seconds', retry: { maximumAttempts: 2 } };

/** What says why something fails, on the cluster's queue. */
export function diagnosisActivities(
  cluster: string,
  who: keyof typeof readingMs,
): ActivityInterfaceFor<DiagnosisActivities> {
  const taskQueue = clusterTaskQueue(cluster);
  return proxyActivities<DiagnosisActivities>({ ...(who === 'rollout' ? brief : impatient), taskQueue });
}
