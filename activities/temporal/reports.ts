import {
  type Client,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { CheckReport } from '../../domain/check-report.ts';
import { applicationWorkflowId } from '../../domain/ids.ts';
import { messageNames, type ReportsQuery } from '../../domain/wire.ts';

/** What was reported to an application on a commit, or in a sentence why nobody can say. Throws only the reason of `signal`. */
export type ReadReports = (
  application: string,
  commit: string,
  signal: AbortSignal,
) => Promise<CheckReport[] | { problem: string }>;

/** Longest wait for an answer, milliseconds: a worker may have to replay the application first. */
const deadlineMs = 10_000;

/** Makes the function that asks the application's workflow, which keeps what CI and people have reported. */
export function applicationReports(client: Client): ReadReports {
  return async (application, commit, signal) => {
    signal.throwIfAborted();
    const handle = client.workflow.getHandle(applicationWorkflowId(application));
    const question = (): Promise<CheckReport[]> =>
      handle.query<CheckReport[], [ReportsQuery]>(messageNames.reports, { commit });
    try {
      return await unlessAborted(client.withDeadline(Date.now() + deadlineMs, question), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return { problem: problemOf(error, application) };
    }
  };
}

/** The SDK's own way leaves a listener for every call, and a soak asks thousands of times under one signal. */
async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function problemOf(error: unknown, application: string): string {
  const subject = `application "${application}", which keeps the reports,`;
  if (error instanceof WorkflowNotFoundError) return `${subject} does not exist in Temporal`;
  if (error instanceof QueryNotRegisteredError) {
    return `${subject} runs code of before there were reports; start workers of this version`;
  }
  // Without a worker the server gives up by itself, or says that nobody polls.
  const status = rootOf(error);
  if (isGrpcDeadlineError(error) || isGrpcCancelledError(error) || /no poller seen/i.test(status)) {
    return `${subject} did not answer within ${deadlineMs / 1_000} s: Temporal is away, or no worker runs, or it is busy`;
  }
  return `Temporal cannot be asked what was reported to application "${application}": ${status}`;
}

function rootOf(error: unknown): string {
  let current = error;
  while (current instanceof Error && !isGrpcServiceError(current) && current.cause instanceof Error) {
    current = current.cause;
  }
  if (isGrpcServiceError(current)) return current.details;
  return current instanceof Error ? current.message : String(current);
}
