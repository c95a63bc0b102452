import { applicationWorkflowId, type DaemonSetRef, rolloutWorkflowId, workflowTypes } from '../domain/ids.ts';
import type { ApplicationStatus } from '../domain/wire.ts';
import { queryApplication } from './applications.ts';
import { call, mapBounded, serverDeadlineMs } from './calls.ts';
import { ClientError } from './client-error.ts';
import type { TemporalAccess } from './connection.ts';

/** A running application as Temporal lists it, without asking its workflow. */
export interface ListedApplication {
  name: string;
  /** Repository URL, where the workflow keeps it in its memo under `repo`. */
  repo: string | null;
}

/** An application with its status, or why the status could not be read. */
export type ApplicationEntry =
  | { name: string; status: ApplicationStatus; error: null }
  | { name: string; status: null; error: ClientError };

/** A rollout that runs or has run. */
export interface ListedRollout {
  ref: DaemonSetRef;
  running: boolean;
  startedMs: number;
  /** The application that started it, where its memo says so. */
  application: string | null;
}

/** Queries under way at once: each may make a worker replay a history, and a person waits for the slowest. */
const queriesAtOnce = 16;

/** Newest rollouts that are looked at. */
const rolloutsListed = 1_000;

/** Names of all running applications. Temporal's list lags behind by up to about a second. */
export async function listApplicationNames(access: TemporalAccess): Promise<ListedApplication[]> {
  const prefix = applicationWorkflowId('');
  return call(access, { subject: 'list of applications', deadlineMs: serverDeadlineMs }, async () => {
    const listed: ListedApplication[] = [];
    const query = `WorkflowType = '${workflowTypes.application}' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId, memo } of access.client.workflow.list({ query })) {
      if (!workflowId.startsWith(prefix)) continue;
      const repo: unknown = memo?.repo;
      listed.push({ name: workflowId.slice(prefix.length), repo: typeof repo === 'string' ? repo : null });
    }
    return listed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  });
}

/**
 * All running applications with their repository, for matching pushes. Asks the workflows whose memo does not say it, for
 * `deadlineMs` in all; `repo` is null where no answer came.
 */
export async function listRepositories(access: TemporalAccess, deadlineMs: number): Promise<ListedApplication[]> {
  const names = await listApplicationNames(access);
  const endMs = Date.now() + deadlineMs;
  return mapBounded(names, queriesAtOnce, async (listed): Promise<ListedApplication> => {
    const leftMs = endMs - Date.now();
    if (listed.repo !== null || leftMs <= 0) return listed;
    try {
      const status = await queryApplication(access, listed.name, leftMs);
      return { name: listed.name, repo: status.spec?.source.repo ?? null };
    } catch (error) {
      if (error instanceof ClientError) return listed;
      throw error;
    }
  });
}

/** All running applications with their status. One that does not answer is listed with its error and hides no other. */
export async function listApplications(access: TemporalAccess, deadlineMs?: number): Promise<ApplicationEntry[]> {
  const names = await listApplicationNames(access);
  return mapBounded(names, queriesAtOnce, async ({ name }): Promise<ApplicationEntry> => {
    try {
      return { name, status: await queryApplication(access, name, deadlineMs), error: null };
    } catch (error) {
      if (error instanceof ClientError) return { name, status: null, error };
      throw error;
    }
  });
}

/** Reads a DaemonSet out of a rollout's workflow id; null when it is not one. */
export function parseRolloutWorkflowId(workflowId: string): DaemonSetRef | null {
  const [, cluster, namespace, name] = /^rollout:([^:]+):([^/]+)\/(.+)$/.exec(workflowId) ?? [];
  if (cluster === undefined || namespace === undefined || name === undefined) return null;
  const ref = { cluster, namespace, name };
  return rolloutWorkflowId(ref) === workflowId ? ref : null;
}

/** Rollouts, newest first: the newest run of each DaemonSet, of all clusters unless `filter` says otherwise. */
export async function listRollouts(
  access: TemporalAccess,
  filter: Partial<DaemonSetRef> & { running?: boolean } = {},
): Promise<ListedRollout[]> {
  const { running, ...wanted } = filter;
  const query = `WorkflowType = '${workflowTypes.rollout}'${running === true ? " AND ExecutionStatus = 'Running'" : ''}`;
  return call(access, { subject: 'list of rollouts', deadlineMs: serverDeadlineMs }, async () => {
    const newest = new Map<string, ListedRollout>();
    let seen = 0;
    for await (const info of access.client.workflow.list({ query })) {
      if (seen++ >= rolloutsListed) break;
      const ref = parseRolloutWorkflowId(info.workflowId);
      if (ref === null || !matches(ref, wanted)) continue;
      const startedMs = info.startTime.getTime();
      const known = newest.get(info.workflowId);
      if (known !== undefined && known.startedMs >= startedMs) continue;
      const application: unknown = info.memo?.application;
      newest.set(info.workflowId, {
        ref,
        running: info.status.name === 'RUNNING',
        startedMs,
        application: typeof application === 'string' ? application : null,
      });
    }
    return [...newest.values()].toSorted((a, b) => b.startedMs - a.startedMs);
  });
}

function matches(ref: DaemonSetRef, wanted: Partial<DaemonSetRef>): boolean {
  return (
    (wanted.cluster ?? ref.cluster) === ref.cluster &&
    (wanted.namespace ?? ref.namespace) === ref.namespace &&
    (wanted.name ?? ref.name) === ref.name
  );
}
