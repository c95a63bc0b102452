import { WithStartWorkflowOperation } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { ApplicationSpec } from '../domain/application/spec.ts';
import type { ApplicationInput } from '../domain/application/state.ts';
import { applicationWorkflowId, searchAttributeNames, workflowTaskQueue, workflowTypes } from '../domain/ids.ts';
import type { Preview } from '../domain/sync.ts';
import {
  type Accepted,
  type ApplicationPause,
  type ApplicationStatus,
  type Changed,
  type Configure,
  type DaemonSetDecision,
  messageNames,
  type Remove,
  type Report,
  type SyncRequest,
} from '../domain/wire.ts';
import { activityDeadlineMs, answerDeadlineMs, call, serverDeadlineMs } from './calls.ts';
import type { TemporalAccess } from './connection.ts';

/** Argument of update `preview`. */
export interface PreviewRequest {
  by: string;
  /** A full commit; without it what the ref holds now. */
  commit?: string;
  /** Every changed object as a unified diff of YAML instead of its fields. */
  patches?: true;
}

const applicationKey = defineSearchAttributeKey(searchAttributeNames.application, 'KEYWORD');

// Without a spec: it comes by `configure`, so that there is one way in.
function startOptions(name: string) {
  const input: ApplicationInput = { v: 1, name, spec: null };
  return {
    workflowId: applicationWorkflowId(name),
    taskQueue: workflowTaskQueue,
    args: [input],
    typedSearchAttributes: [{ key: applicationKey, value: name }],
  };
}

/** Question about one application, with the cure for a name that does not exist. */
export function aboutApplication(name: string) {
  return {
    subject: `application "${name}"`,
    endedCure: 'It was deleted; create it again with "nodewave apply -f FILE".',
    notFoundCure: 'List them with "nodewave get", or create it with "nodewave apply -f FILE".',
  };
}

/** Signal `changed`. Returns once Temporal has stored the signal; no worker needs to run. */
export async function sendChanged(access: TemporalAccess, name: string, changed: Changed): Promise<void> {
  await call(access, { ...aboutApplication(name), deadlineMs: serverDeadlineMs }, () =>
    access.client.workflow.signalWithStart(workflowTypes.application, {
      ...startOptions(name),
      signal: messageNames.changed,
      signalArgs: [changed],
      // A push that crosses a `nodewave delete` must not bring the application back without its spec.
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    }),
  );
}

/**
 * Signal `report`. Returns once Temporal has stored the signal; no worker needs to run. Unlike `changed` it never starts an application:
 * what nobody has configured has no rollout that could ask.
 */
export async function sendReport(access: TemporalAccess, name: string, report: Report): Promise<void> {
  await call(access, { ...aboutApplication(name), deadlineMs: serverDeadlineMs }, () =>
    access.client.workflow.getHandle(applicationWorkflowId(name)).signal<[Report]>(messageNames.report, report),
  );
}

/** Update `configure`: creates the application or changes it. Throws `refused` with the validator's sentence. */
export async function configureApplication(
  access: TemporalAccess,
  spec: ApplicationSpec,
  by: string,
): Promise<Accepted> {
  const argument: Configure = { spec, by };
  const startWorkflowOperation = new WithStartWorkflowOperation(workflowTypes.application, {
    ...startOptions(spec.name),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return call(access, { ...aboutApplication(spec.name), deadlineMs: answerDeadlineMs }, () =>
    access.client.workflow.executeUpdateWithStart<() => Promise<void>, Accepted, [Configure]>(messageNames.configure, {
      args: [argument],
      startWorkflowOperation,
    }),
  );
}

async function update<Answer, Argument>(
  access: TemporalAccess,
  name: string,
  message: string,
  argument: Argument,
  options: { updateId?: string; deadlineMs: number },
): Promise<Answer> {
  const { deadlineMs, ...updateOptions } = options;
  return call(access, { ...aboutApplication(name), deadlineMs }, () =>
    access.client.workflow
      .getHandle(applicationWorkflowId(name))
      .executeUpdate<Answer, [Argument]>(message, { args: [argument], ...updateOptions }),
  );
}

/** Update `sync`; answers when the sync is accepted. The request id makes a repeated call the same sync. */
export async function syncApplication(access: TemporalAccess, name: string, request: SyncRequest): Promise<Accepted> {
  return update(access, name, messageNames.sync, request, {
    updateId: request.requestId,
    deadlineMs: answerDeadlineMs,
  });
}

/** Update `preview`: renders, dry-runs and diffs without applying anything; waits for the worker's activities. */
export async function previewApplication(
  access: TemporalAccess,
  name: string,
  request: PreviewRequest,
): Promise<Preview> {
  return update(access, name, messageNames.preview, request, { deadlineMs: activityDeadlineMs });
}

/** Update `remove`: gives the DaemonSets back and ends the application. */
export async function removeApplication(access: TemporalAccess, name: string, request: Remove): Promise<Accepted> {
  return update(access, name, messageNames.remove, request, { deadlineMs: activityDeadlineMs });
}

/** Update `releaseQuarantine` of one DaemonSet, or of all when the application has just one. */
export async function releaseApplicationQuarantine(
  access: TemporalAccess,
  name: string,
  request: DaemonSetDecision,
): Promise<Accepted> {
  return update(access, name, messageNames.releaseQuarantine, request, { deadlineMs: activityDeadlineMs });
}

/** Updates `pause` and `resume` of a whole application; its rollouts have been told when the answer comes. */
export async function pauseApplication(
  access: TemporalAccess,
  name: string,
  message: 'pause' | 'resume',
  request: ApplicationPause,
): Promise<Accepted> {
  return update(access, name, messageNames[message], request, { deadlineMs: activityDeadlineMs });
}

/** Query `status` of one application. */
export async function queryApplication(
  access: TemporalAccess,
  name: string,
  deadlineMs: number = answerDeadlineMs,
): Promise<ApplicationStatus> {
  return call(access, { ...aboutApplication(name), deadlineMs }, () =>
    access.client.workflow.getHandle(applicationWorkflowId(name)).query<ApplicationStatus>(messageNames.status),
  );
}
