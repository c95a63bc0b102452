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

function beating<A extends unknown[], R>(activity: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    const context = currentContext();
    const timer = setInterval(() => context?.heartbeat(), everyMs);
    try {
      return await activity(...args);
    } finally {
      clearInterval(timer);
    }
  };
}

/** Outside of an activity, as in a test of a single function, there is none. */
function currentContext(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}
