import { ApplicationFailure, CancelledFailure, CompleteAsyncError, Context } from '@temporalio/activity';
import { TemporalFailure } from '@temporalio/common';
import { type FailureCode, NodewaveError } from '../domain/failures.ts';
import { maskCredentials } from '../domain/mask-text.ts';
import { networkProblem } from './network-error.ts';

const maxMessageLength = 4_000;

/**
 * What an activity throws for an error: the only place where errors become failures of Temporal.
 * A NodewaveError keeps its code as the failure's type, an error of the network is Infrastructure, everything unknown is
 * a Defect. None is retried by the server: the workflow holds, shows the sentence and tries again. Cancellations and
 * failures that were made on purpose pass as they are. No cause and no stack goes into the payload: they may quote secrets.
 */
export function toFailure(error: unknown, cancellation?: AbortSignal): unknown {
  if (error instanceof TemporalFailure || error instanceof CompleteAsyncError) return error;
  if (cancellation?.aborted === true && isAbort(error, cancellation))
    return new CancelledFailure('activity was cancelled');
  if (error instanceof NodewaveError) return failure(error.code, error.message);
  const network = networkProblem(error);
  if (network !== undefined) return failure('Infrastructure', network);
  const name = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return failure('Defect', `unexpected error, please report it: ${name}`);
}

/** Wraps every function of an activities object, so that whatever it throws goes through `toFailure`. */
export function wrapActivities<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    typeof activity === 'function' ? atEdge(activity.bind(activities)) : activity,
  ]);
  // Every key keeps a function of the same type, which Object.fromEntries cannot express.
  return Object.fromEntries(wrapped) as T;
}

/** The same function, whose errors go through `toFailure`; a Defect is logged with its stack on the worker. */
export function atEdge<A extends unknown[], R>(activity: (...args: A) => R | Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await activity(...args);
    } catch (error) {
      const context = currentContext();
      const result = toFailure(error, context?.cancellationSignal);
      if (result instanceof ApplicationFailure && result.type === 'Defect' && result !== error) {
        const stack = error instanceof Error ? error.stack : undefined;
        context?.log.error('activity met an unexpected error', { stack: maskCredentials(stack ?? String(error)) });
      }
      throw result;
    }
  };
}

function failure(code: FailureCode, message: string): ApplicationFailure {
  const masked = maskCredentials(message);
  const bounded = masked.length > maxMessageLength ? `${masked.slice(0, maxMessageLength - 1)}…` : masked;
  const result = ApplicationFailure.create({ type: code, message: bounded, nonRetryable: true });
  result.stack = undefined;
  return result;
}

function isAbort(error: unknown, cancellation: AbortSignal): boolean {
  return error === cancellation.reason || (error instanceof Error && error.name === 'AbortError');
}

/** Outside of an activity, as in a test of a single function, there is none. */
function currentContext(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}
