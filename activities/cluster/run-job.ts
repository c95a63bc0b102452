import { setTimeout as sleep } from 'node:timers/promises';
import { NodewaveError } from '../../domain/failures.ts';
import type { ClusterClient } from './client.ts';
import { hasStatus } from './kube-error.ts';
import type { Condition, ObjectMeta } from './objects.ts';
import { paths } from './paths.ts';

/** batch/v1 Job, as far as it is read. */
export interface Job {
  metadata: ObjectMeta;
  status?: { conditions?: Condition[] };
}

/** A Job that has not even been ended by its own deadline this long after it is not waited for any more. */
const deadlineMarginMs = 15_000;

const firstPollMs = 200;
const slowestPollMs = 2_000;

/** Which Job is run. */
export interface JobRun {
  namespace: string;
  name: string;
  body: Record<string, unknown>;
  withinMs: number;
  fieldManager: string;
  /** Runs one that has failed again, because a person asked for it. */
  again: boolean;
}

/**
 * Runs a Job and waits for its end: null when it has succeeded, else what was wrong with it. One of that name that is there already
 * was started by a worker before this one, and is waited for.
 */
export async function runJob(client: ClusterClient, run: JobRun, signal: AbortSignal): Promise<string | null> {
  const path = paths.job(run.namespace, run.name);
  let again = run.again;
  let seen = false;
  let pollMs = firstPollMs;
  const startedMs = performance.now();
  while (true) {
    signal.throwIfAborted();
    const job = await client.get<Job>(path, { signal });
    if (job === null) {
      if (seen) return `Job ${run.namespace}/${run.name} was deleted before it had ended`;
      const refused = await createJob(client, run, signal);
      if (refused !== null) return refused;
    } else if (job.metadata.deletionTimestamp === undefined) {
      const end = endOf(job);
      if (end === null) seen = true;
      else if (end === 'succeeded') return null;
      else if (!again) return `Job ${run.namespace}/${run.name} failed: ${end}`;
      else {
        again = false;
        await removeJob(client, run.namespace, run.name);
      }
    }
    if (performance.now() - startedMs > run.withinMs + deadlineMarginMs) {
      return `Job ${run.namespace}/${run.name} has not ended within ${Math.round(run.withinMs / 1000)} s`;
    }
    await sleep(pollMs, undefined, { signal });
    pollMs = Math.min(slowestPollMs, pollMs * 1.5);
  }
}

/** Removes a Job and its pods; none of that name is no error. */
export async function removeJob(client: ClusterClient, namespace: string, name: string): Promise<void> {
  await client.remove(paths.job(namespace, name), { propagationPolicy: 'Background' });
}

/** Creates a Job: null once it is there, whoever made it. What the cluster's admission refuses is a failure, not a reason to wait. */
export async function createJob(
  client: ClusterClient,
  run: Pick<JobRun, 'namespace' | 'body' | 'fieldManager'>,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    await client.create(paths.jobs(run.namespace), run.body, {
      fieldManager: run.fieldManager,
      // A field that is misspelt would be dropped in silence.
      fieldValidation: 'Strict',
      signal,
    });
    return null;
  } catch (error) {
    if (hasStatus(error, 409)) return null;
    if (error instanceof NodewaveError && error.code === 'BadInput') return error.message;
    throw error;
  }
}

/** How a Job has ended: `succeeded`, or why it failed; null while it runs. */
export function endOf(job: Job): string | null {
  for (const { type, status, reason, message } of job.status?.conditions ?? []) {
    if (status !== 'True') continue;
    if (type === 'Complete') return 'succeeded';
    if (type === 'Failed') return [reason, message].filter((part) => part !== undefined && part !== '').join(': ');
  }
  return null;
}
