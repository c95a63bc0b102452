import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { GitActivities } from '../contract.ts';
import type { GitStore } from './store.ts';

/** What the git activities need. */
export interface GitActivityDeps {
  git: GitStore;
  /** Between 0 and 1; spreads the polls of many applications. Default `Math.random`. */
  random?: () => number;
}

/**
 * Share of the interval by which polls are spread. Only ever later: so whoever of a repository's applications looks first
 * asks the server, the others look at that answer, and the server is asked once per interval however many there are.
 */
const jitter = 0.2;

/** How often a long fetch shows that it lives; below every heartbeat timeout in use. */
const heartbeatMs = 2_000;

/** Makes the activities that need only git, see `GitActivities`. */
export function createGitActivities(deps: GitActivityDeps): GitActivities {
  const { git, random = Math.random } = deps;
  return {
    resolveRef: ({ repo, ref, lastSeen }) => alive((signal) => git.resolve(repo, ref, signal, { lastSeen })),
    waitForNewCommit: ({ repo, ref, lastSeen, intervalMs }) =>
      alive(async (signal) => {
        // What goes wrong here is shown and tried again by the workflow: hidden in a retry, nobody would see it.
        const found = await git.lookUp(repo, ref, signal, { lastSeen, maxAgeMs: intervalMs });
        const isNews = found.commit !== lastSeen;
        // An older answer may be from before the commit that was seen last: only a fresh one is news.
        const { commit } = isNews && found.ageMs > 0 ? await git.lookUp(repo, ref, signal, { lastSeen }) : found;
        if (commit !== lastSeen) return await git.describe(repo, commit, signal);
        const age = isNews ? 0 : found.ageMs;
        const nextLookMs = Math.max(1, Math.round(intervalMs * (1 + jitter * random()) - age));
        throw notYet(`still at ${lastSeen.slice(0, 8)}`, nextLookMs);
      }),
  };
}

/** Ends this attempt without ending the wait: the server starts the next one, which costs no history event. */
function notYet(message: string, nextRetryDelay: number): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  return ApplicationFailure.create({ type: 'NoNewCommit', message, category, nextRetryDelay });
}

/** Heartbeats on a timer of its own while `work` waits for git, and hands it the signal of a cancellation. */
async function alive<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), heartbeatMs);
  try {
    return await work(context.cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
