import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { CheckReport } from '../domain/check-report.ts';
import type { Explanation } from '../domain/diagnosis/explanation.ts';
import type { Preview } from '../domain/sync.ts';
import type {
  Accepted,
  ApplicationPause,
  ApplicationStatus,
  Changed,
  Configure,
  DaemonSetDecision,
  Decision,
  ExplainRequest,
  Hold,
  PauseDecision,
  PlanDecision,
  Remove,
  Report,
  ReportsQuery,
  RetryDecision,
  RolloutFinished,
  RolloutStatus,
  SyncRequest,
} from '../domain/wire.ts';
import { messageNames } from '../domain/wire.ts';

/** Messages of both workflow types, under the names that histories and users freeze. Each takes one JSON object. */

/** To an application: something may have changed in git. */
export const changedSignal = defineSignal<[Changed]>(messageNames.changed);
/** To an application: what CI or a person says of a commit; asked for by gates of its rollouts. */
export const reportSignal = defineSignal<[Report]>(messageNames.report);
export const reportsQuery = defineQuery<CheckReport[], [ReportsQuery?]>(messageNames.reports);
/** From a rollout to its application, sent by workflow id so that it outlives continue-as-new of both. */
export const rolloutFinishedSignal = defineSignal<[RolloutFinished]>(messageNames.rolloutFinished);
/** From an application to a rollout: a newer commit wants the DaemonSet. */
export const supersedeSignal = defineSignal<[{ commit: string }]>(messageNames.supersede);
/** From an application to a rollout: the application was paused, or goes on. */
export const holdSignal = defineSignal<[Hold]>(messageNames.hold);

/** What is happening, of an application and of a rollout. */
export const applicationStatusQuery = defineQuery<ApplicationStatus>(messageNames.status);
export const rolloutStatusQuery = defineQuery<RolloutStatus>(messageNames.status);

/** What a person sends to an application. */
export const configureUpdate = defineUpdate<Accepted, [Configure]>(messageNames.configure);
export const syncUpdate = defineUpdate<Accepted, [SyncRequest]>(messageNames.sync);
export const previewUpdate = defineUpdate<Preview, [Record<string, unknown>?]>(messageNames.preview);
export const explainUpdate = defineUpdate<Explanation, [ExplainRequest?]>(messageNames.explain);
export const releaseQuarantineUpdate = defineUpdate<Accepted, [DaemonSetDecision]>(messageNames.releaseQuarantine);
export const removeUpdate = defineUpdate<Accepted, [Remove]>(messageNames.remove);
/** `retry` and `rollback` of an application: no rollout runs, the DaemonSet is named unless there is just one. */
export const applicationRetryUpdate = defineUpdate<Accepted, [DaemonSetDecision]>(messageNames.retry);
export const applicationRollbackUpdate = defineUpdate<Accepted, [DaemonSetDecision]>(messageNames.rollback);
/** The red button of one application: its rollouts pause, and nothing else happens until it is resumed. */
export const applicationPauseUpdate = defineUpdate<Accepted, [ApplicationPause]>(messageNames.pause);
export const applicationResumeUpdate = defineUpdate<Accepted, [ApplicationPause]>(messageNames.resume);

/** What a person sends to a rollout; see `messageTable`. */
export const approveUpdate = defineUpdate<Accepted, [PlanDecision]>(messageNames.approve);
export const rejectUpdate = defineUpdate<Accepted, [PlanDecision]>(messageNames.reject);
export const pauseUpdate = defineUpdate<Accepted, [PauseDecision]>(messageNames.pause);
export const resumeUpdate = defineUpdate<Accepted, [Decision]>(messageNames.resume);
export const abortUpdate = defineUpdate<Accepted, [Decision]>(messageNames.abort);
export const rollbackUpdate = defineUpdate<Accepted, [Decision]>(messageNames.rollback);
export const overrideWindowUpdate = defineUpdate<Accepted, [Decision]>(messageNames.overrideWindow);
export const retryUpdate = defineUpdate<Accepted, [RetryDecision]>(messageNames.retry);
