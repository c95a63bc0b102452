import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { addTrigger, hint } from '../../domain/application/triggers.ts';
import { holdingBackoffMs, readFailure } from '../holding.ts';
import { gitActivities } from '../proxies.ts';
import { type App, show, specOf } from './app.ts';

/** Sees to it that git is polled for another commit than the one that was seen; nothing to do when it is already. */
export function pollGit(app: App): void {
  const { source, sync } = specOf(app);
  // Without its ref git may come back with the commit that was seen before, so then any answer is news.
  const lastSeen = app.state.invalid?.refMissing ? '' : (app.state.observed?.commit ?? '');
  const question = { repo: source.repo, ref: source.ref, lastSeen, intervalMs: sync.intervalMs };
  const key = JSON.stringify(question);
  if (app.poll?.key === key) return;
  app.poll?.scope?.cancel();
  const scope = new CancellationScope();
  app.poll = { key, scope, done: scope.run(() => poll(app, question)) };
}

/** Ends the poll, and waits until it has ended. */
export async function stopPoll(app: App): Promise<void> {
  const { poll: running } = app;
  app.poll = null;
  running?.scope?.cancel();
  await running?.done;
}

type Question = Parameters<typeof gitActivities.waitForNewCommit>[0];

async function poll(app: App, question: Question): Promise<void> {
  let lastSeen = question.lastSeen;
  let waitMs: number = holdingBackoffMs.initial;
  try {
    for (;;) {
      const problem = await ask(app, { ...question, lastSeen });
      if (problem === 'news') return;
      if (problem === null) {
        // Git answers again and holds what it held before.
        lastSeen = question.lastSeen;
        waitMs = holdingBackoffMs.initial;
        continue;
      }
      // Any answer ends the problem, so the next question is one that is answered at once.
      lastSeen = '';
      await sleep(problem === 'refMissing' ? question.intervalMs : waitMs);
      waitMs = Math.min(waitMs * 2, holdingBackoffMs.maximum);
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

async function ask(app: App, question: Question): Promise<'news' | 'refMissing' | 'unreachable' | null> {
  const { state } = app;
  try {
    const found = await gitActivities.waitForNewCommit(question);
    state.pollProblem = null;
    if (question.lastSeen === '' && found.commit === state.observed?.commit && !state.invalid?.refMissing) {
      show(app);
      return null;
    }
  } catch (error) {
    const failed = readFailure(error);
    if (!failed) throw error;
    if (failed.code !== 'BadInput') {
      state.pollProblem = failed.sentence;
      show(app);
      return 'unreachable';
    }
    // The ref is gone: the main loop asks once and says so; after that it is only waited for.
    if (state.invalid?.refMissing) return 'refMissing';
  }
  addTrigger(state, { ...hint, requestIds: [] });
  app.arrivals += 1;
  app.poll = null;
  show(app);
  return 'news';
}
