import { applicationWorkflowId, type DaemonSetRef, daemonSetLabel, rolloutWorkflowId } from '../domain/ids.ts';
import {
  type Accepted,
  type DaemonSetDecision,
  type Decision,
  messageNames,
  type PauseDecision,
  type PlanDecision,
  type RetryDecision,
  type RolloutStatus,
} from '../domain/wire.ts';
import { aboutApplication } from './applications.ts';
import { activityDeadlineMs, answerDeadlineMs, call } from './calls.ts';
import type { TemporalAccess } from './connection.ts';
import { type LiveProgress, liveProgressOf } from './live-progress.ts';

/** Messages that people send to a running rollout, with the one argument of each. */
export interface RolloutDecisions {
  approve: PlanDecision;
  reject: PlanDecision;
  pause: PauseDecision;
  resume: Decision;
  abort: Decision;
  rollback: Decision;
  retry: RetryDecision;
  overrideWindow: Decision;
}

/** Messages that go to the application while none of its rollouts runs. */
export interface ApplicationDecisions {
  rollback: DaemonSetDecision;
  retry: DaemonSetDecision;
}

function aboutRollout(ref: DaemonSetRef) {
  return {
    subject: `rollout of ${daemonSetLabel(ref)} on cluster ${ref.cluster}`,
    notFoundCure: 'Check name, namespace and cluster; "nodewave get" shows which rollouts run.',
  };
}

/** What the workflow answers, with what Temporal knows beside it. */
export interface RolloutView extends RolloutStatus {
  /** False as soon as the workflow has ended, also where it could not say so itself (terminated, for example). */
  running: boolean;
  /** Temporal's word for the workflow's state: RUNNING, COMPLETED, TERMINATED, … */
  execution: string;
  /** Newer than `progress` while a batch or soak runs; null otherwise. */
  live: LiveProgress | null;
}

/** Query `status` of a DaemonSet's newest rollout, running or ended, and how far its running batch is. */
export async function queryRollout(access: TemporalAccess, ref: DaemonSetRef): Promise<RolloutView> {
  return call(access, { ...aboutRollout(ref), deadlineMs: answerDeadlineMs }, async () => {
    const handle = access.client.workflow.getHandle(rolloutWorkflowId(ref));
    const [seen, status] = await Promise.all([handle.describe(), handle.query<RolloutStatus>(messageNames.status)]);
    const running = seen.status.name === 'RUNNING' || seen.status.name === 'PAUSED';
    const live = running ? await liveProgressOf(access, seen.raw.pendingActivities ?? []) : null;
    return { ...status, running, execution: seen.status.name, live };
  });
}

/** Sends a person's decision to a running rollout. The same `updateId` sent twice to one run is one decision. */
export async function decideRollout<Name extends keyof RolloutDecisions>(
  access: TemporalAccess,
  ref: DaemonSetRef,
  message: Name,
  decision: RolloutDecisions[Name],
  updateId?: string,
): Promise<Accepted> {
  return call(access, { ...aboutRollout(ref), deadlineMs: answerDeadlineMs }, () =>
    access.client.workflow
      .getHandle(rolloutWorkflowId(ref))
      .executeUpdate<Accepted, [RolloutDecisions[Name]]>(message, { args: [decision], updateId }),
  );
}

/** Sends `rollback` or `retry` to an application, for when no rollout runs. */
export async function decideApplication<Name extends keyof ApplicationDecisions>(
  access: TemporalAccess,
  application: string,
  message: Name,
  decision: ApplicationDecisions[Name],
  updateId?: string,
): Promise<Accepted> {
  return call(access, { ...aboutApplication(application), deadlineMs: activityDeadlineMs }, () =>
    access.client.workflow
      .getHandle(applicationWorkflowId(application))
      .executeUpdate<Accepted, [ApplicationDecisions[Name]]>(message, { args: [decision], updateId }),
  );
}
