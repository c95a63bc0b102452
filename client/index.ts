import { randomUUID } from 'node:crypto';
import type { ApplicationSpec } from '../domain/application/spec.ts';
import type { Explanation } from '../domain/diagnosis/explanation.ts';
import type { DaemonSetRef } from '../domain/ids.ts';
import type { Preview } from '../domain/sync.ts';
import type {
  Accepted,
  ApplicationPause,
  ApplicationStatus,
  Changed,
  DaemonSetDecision,
  ExplainRequest,
  Remove,
  Report,
  SyncRequest,
} from '../domain/wire.ts';
import {
  configureApplication,
  type PreviewRequest,
  pauseApplication,
  previewApplication,
  queryApplication,
  releaseApplicationQuarantine,
  removeApplication,
  sendChanged,
  sendReport,
  syncApplication,
} from './applications.ts';
import { checkConnection, openConnection } from './connection.ts';
import { explainDaemonSet } from './explanation.ts';
import {
  type ApplicationEntry,
  type ListedApplication,
  type ListedRollout,
  listApplicationNames,
  listApplications,
  listRepositories,
  listRollouts,
} from './listing.ts';
import {
  type ApplicationDecisions,
  decideApplication,
  decideRollout,
  queryRollout,
  type RolloutDecisions,
  type RolloutView,
} from './rollouts.ts';
import { verifySearchAttributes } from './search-attributes.ts';
import type { TemporalConfig } from './temporal-config.ts';
import { listPollers, type Poller } from './workers.ts';

export type { PreviewRequest } from './applications.ts';
export { ClientError, type ClientErrorKind } from './client-error.ts';
export type { ApplicationEntry, ListedApplication, ListedRollout } from './listing.ts';
export type { LiveProgress } from './live-progress.ts';
export type { ApplicationDecisions, RolloutDecisions, RolloutView } from './rollouts.ts';
export { type Environment, loadTemporalConfig, type TemporalConfig } from './temporal-config.ts';
export type { Poller } from './workers.ts';

/**
 * Everything that CLI and webhook server ask of Temporal. Every method has a deadline and throws ClientError only.
 */
export interface NodewaveClient {
  readonly config: TemporalConfig;
  /** Throws unless the server answers and the namespace exists. */
  check(): Promise<void>;
  /** Tells an application that git may have changed. Needs no worker; throws `conflict` when it was deleted. */
  changed(application: string, changed: Changed): Promise<void>;
  /** Tells an application what CI or a person says of a commit. Needs no worker; throws `notFound` or `ended`. */
  report(application: string, report: Report): Promise<void>;
  /** Creates or changes an application; `refused` carries the validator's sentence. */
  configure(spec: ApplicationSpec, by: string): Promise<Accepted>;
  /** Asks for a sync; answers when it is accepted, see `applicationStatus` for its outcome. */
  sync(application: string, request: SyncRequest): Promise<Accepted>;
  /** What a commit would change; may take as long as rendering and a dry run do. */
  preview(application: string, request: PreviewRequest): Promise<Preview>;
  /** Why pods of a DaemonSet are not well; may take as long as reading their logs and events does. */
  explain(application: string, request: ExplainRequest): Promise<Explanation>;
  applicationStatus(application: string): Promise<ApplicationStatus>;
  /** Names only, without asking any workflow. */
  listApplicationNames(): Promise<ListedApplication[]>;
  /** With the repository of each; null where nobody could say within `deadlineMs`. */
  listRepositories(deadlineMs: number): Promise<ListedApplication[]>;
  /** With their status; `deadlineMs` bounds each query. */
  listApplications(deadlineMs?: number): Promise<ApplicationEntry[]>;
  /** The newest rollout of a DaemonSet, running or ended, with the live progress of a running batch. */
  rolloutStatus(ref: DaemonSetRef): Promise<RolloutView>;
  /** The newest rollout of each DaemonSet that matches, newest first. */
  listRollouts(filter?: Partial<DaemonSetRef> & { running?: boolean }): Promise<ListedRollout[]>;
  /** A person's decision on a running rollout. */
  decide<Name extends keyof RolloutDecisions>(
    target: DaemonSetRef,
    message: Name,
    decision: RolloutDecisions[Name],
    updateId?: string,
  ): Promise<Accepted>;
  /** `rollback` and `retry` while no rollout runs. */
  decideApplication<Name extends keyof ApplicationDecisions>(
    application: string,
    message: Name,
    decision: ApplicationDecisions[Name],
    updateId?: string,
  ): Promise<Accepted>;
  /** The red button of one application; answers when its rollouts have been told. */
  pauseApplication(application: string, message: 'pause' | 'resume', request: ApplicationPause): Promise<Accepted>;
  remove(application: string, request: Remove): Promise<Accepted>;
  releaseQuarantine(application: string, request: DaemonSetDecision): Promise<Accepted>;
  /** Who polls a task queue; empty when no worker runs. */
  pollers(taskQueue: string): Promise<Poller[]>;
  /** Checks the search attributes; throws `setup` with the commands that register them. */
  verifySearchAttributes(options: { register: boolean }): Promise<{ registered: string[] }>;
  close(): Promise<void>;
}

/** How the client is opened. */
export interface ConnectOptions {
  /** What Temporal shows as the sender. */
  identity?: string;
  /** Do not ask the server now: a webhook server starts, and answers 503, while Temporal is away. */
  lazy?: boolean;
}

/** Connects to Temporal. Throws ClientError with a cure when the server or the namespace is not there. */
export async function connect(config: TemporalConfig, options: ConnectOptions = {}): Promise<NodewaveClient> {
  const access = openConnection(config, options.identity);
  const client: NodewaveClient = {
    config,
    check: () => checkConnection(access),
    changed: (application, changed) => sendChanged(access, application, changed),
    report: (application, report) => sendReport(access, application, report),
    configure: (spec, by) => configureApplication(access, spec, by),
    sync: (application, request) => syncApplication(access, application, request),
    preview: (application, request) => previewApplication(access, application, request),
    explain: (application, request) => explainDaemonSet(access, application, request),
    applicationStatus: (application) => queryApplication(access, application),
    listApplicationNames: () => listApplicationNames(access),
    listRepositories: (deadlineMs) => listRepositories(access, deadlineMs),
    listApplications: (deadlineMs) => listApplications(access, deadlineMs),
    rolloutStatus: (ref) => queryRollout(access, ref),
    listRollouts: (filter) => listRollouts(access, filter),
    decide: (ref, message, decision, updateId = randomUUID()) =>
      decideRollout(access, ref, message, decision, updateId),
    decideApplication: (application, message, decision, updateId = randomUUID()) =>
      decideApplication(access, application, message, decision, updateId),
    pauseApplication: (application, message, request) => pauseApplication(access, application, message, request),
    remove: (application, request) => removeApplication(access, application, request),
    releaseQuarantine: (application, request) => releaseApplicationQuarantine(access, application, request),
    pollers: (taskQueue) => listPollers(access, taskQueue),
    verifySearchAttributes: (register) => verifySearchAttributes(access, register),
    close: () => access.connection.close(),
  };
  if (options.lazy === true) return client;
  try {
    await client.check();
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}
