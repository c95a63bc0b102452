import { allHandlersFinished, condition, continueAsNew, patched } from '@temporalio/workflow';
import { duePrunes } from '../domain/application/prune.ts';
import type { ApplicationInput } from '../domain/application/state.ts';
import { pruneDropped, returnOtherObjects } from './application/aftermath.ts';
import { type App, continueDue, createApp, show } from './application/app.ts';
import { setHandlers } from './application/handlers.ts';
import { pollGit, stopPoll } from './application/poll.ts';
import { pruneIsStale, startPrune, stopPrune } from './application/prune.ts';
import { releaseQuarantine, removeApplication } from './application/requests.ts';
import { catchUpNodes, startNextRollback } from './application/rollouts.ts';
import { stopStragglers, stragglersStale, watchStragglers } from './application/stragglers.ts';
import { noticeNewest, syncNewest } from './application/sync.ts';
import { stopWatches, watchRollouts } from './application/watch.ts';
import { patches } from './patches.ts';

/**
 * One application: follows its ref in git and has every new commit prepared, applied and rolled out. Lives until it is
 * removed; its answer are the sentences about what it gave back.
 */
export async function application(input: ApplicationInput): Promise<{ name: string; log: string[] }> {
  const app = createApp(input);
  setHandlers(app);
  show(app);
  while (!app.state.removed) {
    if (app.prune !== null && pruneIsStale(app)) await stopPrune(app);
    if (continueDue()) {
      await stopPoll(app);
      await stopStragglers(app);
      if (app.prune !== null) await stopPrune(app);
      await stopWatches(app);
      // From this check on nothing is awaited: what arrived before it is in the state, what comes after it reaches the new run.
      if (continueDue()) {
        const { name, spec } = app.state;
        return await continueAsNew<typeof application>({ v: 1, name, spec, state: app.state });
      }
    } else if (hasWork(app)) {
      await stopPoll(app);
      await work(app);
    } else {
      if (app.state.spec) pollGit(app);
      watchRollouts(app);
      if (watchIsStale(app)) watchStragglers(app);
      startPrune(app);
      await condition(() => hasWork(app) || continueDue() || watchIsStale(app) || pruneIsStale(app));
    }
  }
  await stopPoll(app);
  await stopStragglers(app);
  await stopWatches(app);
  await condition(allHandlersFinished);
  return { name: app.state.name, log: app.state.log.map((entry) => entry.what) };
}

function hasWork(app: App): boolean {
  const { spec, pending, paused, rollbacks, release, removal } = app.state;
  if (removal) return true;
  // While it is paused, git is looked at and nothing else is done.
  if (paused) return spec !== null && pending !== null;
  if (spec === null) return false;
  return pending !== null || release !== null || rollbacks.length > 0 || hasAftermath(app);
}

/** Runs that were recorded before nodes were waited for must not meet it when they are replayed. */
function watchIsStale(app: App): boolean {
  return stragglersStale(app) && patched(patches.catchUp);
}

/** What rollouts leave to be done when they have ended. */
function hasAftermath({ state }: App): boolean {
  if (duePrunes(state) !== null || (state.stragglers ?? []).length > 0) return true;
  return (state.restore ?? null) !== null && patched(patches.othersReturn);
}

/** What people ask for comes before what git asks for, and that before what rollouts have left to be done. */
async function work(app: App): Promise<void> {
  const { removal, paused, pending, rollbacks, release } = app.state;
  if (removal) await removeApplication(app);
  else if (paused) await noticeNewest(app);
  else if (rollbacks.length > 0) await startNextRollback(app);
  else if (release) await releaseQuarantine(app);
  else if (pending) await syncNewest(app);
  else if (app.state.restore) await returnOtherObjects(app);
  else if (duePrunes(app.state)) await pruneDropped(app);
  else await catchUpNodes(app);
}
