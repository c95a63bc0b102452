import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/common';
import { ClientError } from './client-error.ts';
import type { TemporalConfig } from './temporal-config.ts';

/** What was asked, for the sentences. */
export interface Question {
  config: TemporalConfig;
  /** e.g. "application node-agents-prod", "rollout of monitoring/agent on prod". */
  subject: string;
  /** What to do when there is no such thing. */
  notFoundCure?: string;
  /** What to do when it has ended. */
  endedCure?: string;
}

// Numbers of google.rpc.Code, as grpc reports them.
const code = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unavailable: 14,
  unauthenticated: 16,
} as const;

function unreachable({ config }: Question, details: string, cause: unknown): ClientError {
  const tls = /certificate|ssl|tls|EPROTO/i.test(details);
  return new ClientError(
    'unavailable',
    `Temporal at ${config.address} cannot be reached: ${firstCause(details)}`,
    tls
      ? 'Check TEMPORAL_TLS, TEMPORAL_TLS_SERVER_CA_CERT_PATH and TEMPORAL_TLS_SERVER_NAME: client and server disagree about TLS.'
      : 'Check that the server runs and that TEMPORAL_ADDRESS (or the address in temporal.toml) is right.',
    { cause },
  );
}

/** grpc-js wraps the socket's sentence in two of its own. */
function firstCause(details: string): string {
  return /Last error: (?:Error: )?(.*?)\.? Resolution note:/.exec(details)?.[1] ?? details;
}

function namespaceMissing({ config }: Question, cause: unknown): ClientError {
  return new ClientError(
    'setup',
    `Temporal at ${config.address} has no namespace "${config.namespace}"`,
    `Create it with "temporal operator namespace create --namespace ${config.namespace} --address ${config.address}", or set TEMPORAL_NAMESPACE.`,
    { cause },
  );
}

function notFound(question: Question, cause: unknown): ClientError {
  return new ClientError('notFound', `there is no ${question.subject}`, question.notFoundCure ?? '', { cause });
}

function ended(question: Question, cause: unknown): ClientError {
  return new ClientError('ended', `the ${question.subject} has ended and takes no messages`, question.endedCure ?? '', {
    cause,
  });
}

/** The sentence of whoever said no, below the wrappers that the SDK puts around it. */
function innermostMessage(error: Error): string {
  let current = error;
  while (current.cause instanceof Error) current = current.cause;
  return current.message;
}

/** True when nobody answered in time, so that the caller may want to know whether a worker runs. */
export function isNoAnswer(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) return true;
  const status = grpcStatus(error);
  // Nothing here cancels a call: it is the server that gave up a moment before the deadline came back from it.
  if (status?.code === code.cancelled) return true;
  return status?.code === code.failedPrecondition && /no poller seen/i.test(status.details);
}

function grpcStatus(error: unknown): { code: number; details: string } | undefined {
  let current: unknown = error;
  while (current instanceof Error) {
    if (isGrpcServiceError(current)) return { code: current.code, details: current.details };
    current = current.cause;
  }
  return undefined;
}

function explainStatus(error: Error, question: Question): ClientError | undefined {
  const status = grpcStatus(error);
  if (status === undefined) return undefined;
  const { details } = status;
  if (status.code === code.notFound) {
    if (/namespace .* (is )?not found/i.test(details)) return namespaceMissing(question, error);
    return /already completed/i.test(details) ? ended(question, error) : notFound(question, error);
  }
  if (status.code === code.failedPrecondition && /closed before WorkflowTaskStarted/i.test(details)) {
    return new ClientError('ended', `the ${question.subject} was ended from outside before it did anything`, '', {
      cause: error,
    });
  }
  if (status.code === code.unavailable) return unreachable(question, details, error);
  if (status.code === code.permissionDenied || status.code === code.unauthenticated) {
    return new ClientError(
      'forbidden',
      `Temporal at ${question.config.address} refused the credentials: ${details}`,
      'Check TEMPORAL_API_KEY or the client certificate, and what they may do in this namespace.',
      { cause: error },
    );
  }
  if (status.code === code.alreadyExists) return new ClientError('conflict', details, '', { cause: error });
  if (status.code === code.resourceExhausted) {
    return new ClientError('unavailable', `Temporal is over its limits: ${details}`, 'Try again in a few seconds.', {
      cause: error,
    });
  }
  if (status.code === code.invalidArgument && /search attribute/i.test(details)) {
    return new ClientError(
      'setup',
      `namespace "${question.config.namespace}" lacks a search attribute: ${details}`,
      'Start the worker once: it registers them, or prints the commands that do.',
      { cause: error },
    );
  }
  return undefined;
}

/** Turns whatever the SDK threw into a ClientError. The one place that knows the SDK's and the server's sentences. */
export function explain(error: unknown, question: Question): ClientError {
  if (error instanceof ClientError) return error;
  if (!(error instanceof Error)) return new ClientError('unexpected', String(error), '');
  if (error instanceof WorkflowUpdateFailedError) {
    const message = innermostMessage(error);
    // What a run that ends or continues as new says to updates that it had not finished.
    if (/Workflow completed before the Update completed/i.test(message)) return ended(question, error);
    return new ClientError('refused', message, '', { cause: error });
  }
  if (error instanceof NamespaceNotFoundError) return namespaceMissing(question, error);
  if (error instanceof WorkflowNotFoundError) {
    return /already completed/i.test(error.message) ? ended(question, error) : notFound(question, error);
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new ClientError('conflict', `the ${question.subject} exists already`, '', { cause: error });
  }
  if (error instanceof QueryNotRegisteredError) {
    return new ClientError(
      'conflict',
      `the ${question.subject} runs code that does not know this question`,
      'Start workers of this version.',
      { cause: error },
    );
  }
  const explained = explainStatus(error, question);
  if (explained !== undefined) return explained;
  if (isNoAnswer(error)) {
    return new ClientError('timeout', `Temporal at ${question.config.address} did not answer in time`, 'Try again.', {
      cause: error,
    });
  }
  return new ClientError('unexpected', innermostMessage(error), '', { cause: error });
}
