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

/** Messages that people send to a running rollout, with the one argument of each. */
export interface RolloutDecisions {
  approve: PlanDecision;
  reject: PlanDecision;
  pause: PauseDecision;
  resume: Decision;
  abort: Decision;
  rollback: Decision;
  retry: RetryDecision;
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

/** Query `status` of a DaemonSet's newest rollout, running or ended. */
export async function queryRollout(access: TemporalAccess, ref: DaemonSetRef): Promise<RolloutStatus> {
  return call(access, { ...aboutRollout(ref), deadlineMs: answerDeadlineMs }, () =>
    access.client.workflow.getHandle(rolloutWorkflowId(ref)).query<RolloutStatus>(messageNames.status),
  );
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
