import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { catchUpMs, type Watched, watchedDaemonSets } from '../../domain/application/catch-up.ts';
import { waitActivities } from '../proxies.ts';
import { type App, show, specOf } from './app.ts';

/** Whether other DaemonSets are to be watched than those that are. */
export function stragglersStale(app: App): boolean {
  const daemonSets = watchedDaemonSets(app.state);
  return (app.stragglers?.key ?? keyOf([])) !== keyOf(daemonSets);
}

function keyOf(daemonSets: readonly Watched[]): string {
  return JSON.stringify(daemonSets);
}

/**
 * Sees to it that nodes which missed a rollout are waited for, of the DaemonSets that are at rest. A wait for other
 * DaemonSets than those of now is ended first.
 */
export function watchStragglers(app: App): void {
  const daemonSets = watchedDaemonSets(app.state);
  const key = keyOf(daemonSets);
  if (app.stragglers?.key === key) return;
  app.stragglers?.scope?.cancel();
  app.stragglers = null;
  if (daemonSets.length === 0) return;
  const scope = new CancellationScope();
  app.stragglers = { key, scope, done: scope.run(() => wait(app, daemonSets)) };
}

/** Ends the wait, and waits until it has ended. */
export async function stopStragglers(app: App): Promise<void> {
  const { stragglers } = app;
  app.stragglers = null;
  stragglers?.scope?.cancel();
  await stragglers?.done;
}

async function wait(app: App, daemonSets: Watched[]): Promise<void> {
  const { name } = app.state;
  const { cluster } = specOf(app).destination;
  const { edits } = app.state;
  const question = { application: name, cluster, daemonSets, everyMs: catchUpMs.look, ...(edits ? { edits } : {}) };
  try {
    const { stragglers, edits: seen = {} } = await waitActivities(cluster).waitForStragglers(question);
    app.state.stragglers = stragglers;
    app.state.edits = seen;
    app.arrivals += 1;
    // The next wait begins after the catch-up, with what is then to be watched.
    app.stragglers = null;
    show(app);
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}
