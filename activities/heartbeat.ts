import { Context } from '@temporalio/activity';

/** Well below every heartbeat timeout in use. */
const everyMs = 2_000;

/**
 * Wraps every function of an activities object, so that it heartbeats on a timer of its own while it runs: the death of its
 * worker is then noticed within seconds, however long one call may take.
 */
export function withHeartbeat<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    typeof activity === 'function' ? beating(activity.bind(activities)) : activity,
  ]);
  // Every key keeps a function of the same type, which Object.fromEntries cannot express.
  return Object.fromEntries(wrapped) as T;
}

/** Heartbeats what `details` says then, on a timer of its own, while `body` runs. */
export async function whileBeating<T>(details: () => unknown, body: () => Promise<T>): Promise<T> {
  const context = currentContext();
  const timer = setInterval(() => context?.heartbeat(details()), everyMs);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}

function beating<A extends unknown[], R>(activity: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) =>
    await whileBeating(
      () => undefined,
      () => activity(...args),
    );
}

/** Outside of an activity, as in a test of a single function, there is none. */
function currentContext(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}
