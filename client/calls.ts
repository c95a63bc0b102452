import type { ClientError } from './client-error.ts';
import type { TemporalAccess } from './connection.ts';
import { explain, isNoAnswer, type Question } from './explain.ts';
import { explainNoAnswer } from './workers.ts';

/** Longest time for messages and queries that workflow code answers by itself, milliseconds. */
export const answerDeadlineMs = 10_000;

/** Longest time for messages whose handler runs an activity against git or a cluster, milliseconds. */
export const activityDeadlineMs = 90_000;

/** Longest time for requests that the server answers without a worker, milliseconds. */
export const serverDeadlineMs = 5_000;

/**
 * Runs one request under a deadline; without one the SDK may wait for ever. Whatever goes wrong becomes a ClientError,
 * and where nobody answered, it says whether a worker runs at all.
 */
export async function call<T>(
  access: TemporalAccess,
  question: Omit<Question, 'config'> & { deadlineMs: number },
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await access.connection.withDeadline(Date.now() + question.deadlineMs, request);
  } catch (error) {
    throw await explainCall(access, question, error);
  }
}

async function explainCall(
  access: TemporalAccess,
  question: Omit<Question, 'config'> & { deadlineMs: number },
  error: unknown,
): Promise<ClientError> {
  if (isNoAnswer(error)) return explainNoAnswer(access, question.subject, question.deadlineMs, error);
  return explain(error, { config: access.config, ...question });
}

/** Maps with at most `limit` calls under way; keeps the order; the first error wins once all running calls have ended. */
export async function mapBounded<T, R>(items: readonly T[], limit: number, map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const queue = items.entries();
  const runner = async (): Promise<void> => {
    // One iterator for all runners: each takes the next entry that nobody has.
    for (const [index, item] of queue) results[index] = await map(item);
  };
  const runs = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, runner));
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
  return results;
}
