import { CancellationScope, type ChildWorkflowHandle, isCancellation } from '@temporalio/workflow';
import { readFinished } from '../../domain/application/finished.ts';
import { finishRollout } from '../../domain/application/runs.ts';
import type { ActiveRollout } from '../../domain/application/state.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import type { RolloutInput } from '../../domain/rollout/input.ts';
import type { RolloutFinished } from '../../domain/wire.ts';
import { untilAnswered } from '../holding.ts';
import { temporalActivities } from '../proxies.ts';
import { type App, show, specOf } from './app.ts';

/** The rollout workflow, as far as its starter sees it. Its answer repeats the signal, for a starter that missed it. */
export type RolloutWorkflow = (input: RolloutInput) => Promise<unknown>;

/**
 * Notices the end of a rollout that sends no signal because somebody terminated it. In the run that started it the child's
 * handle tells, without a history event.
 */
export function watchChild(app: App, active: ActiveRollout, handle: ChildWorkflowHandle<RolloutWorkflow>): void {
  const done = handle.result().then(
    (answer) => ended(app, active, readFinished(answer), 'COMPLETED'),
    (error: unknown) => {
      // A cancelled child is told apart from our own cancellation by the scope: both arrive as the same failure.
      if (!CancellationScope.current().consideredCancelled) ended(app, active, null, endWord(error));
    },
  );
  app.watches.set(active.workflowId, { key: String(active.rollout), scope: null, done });
}

/** Watches the rollouts whose handle was lost by continue-as-new, by an activity that waits without history events. */
export function watchRollouts(app: App): void {
  for (const active of app.state.active) {
    const key = String(active.rollout);
    if (app.watches.get(active.workflowId)?.key === key) continue;
    const scope = new CancellationScope();
    app.watches.set(active.workflowId, { key, scope, done: scope.run(() => watch(app, active)) });
  }
}

/** Ends the watch of a rollout whose end is known. */
export function stopWatch(app: App, finished: { namespace: string; daemonset: string; rollout: number }): void {
  const { cluster } = specOf(app).destination;
  const id = rolloutWorkflowId({ cluster, namespace: finished.namespace, name: finished.daemonset });
  const watching = app.watches.get(id);
  if (watching?.key !== String(finished.rollout)) return;
  watching.scope?.cancel();
  app.watches.delete(id);
}

/** Ends everything that runs beside the main loop, and waits until it has ended. */
export async function stopWatches(app: App): Promise<void> {
  const all = [...app.watches.values()].filter((watching) => watching.scope !== null);
  app.watches.clear();
  for (const watching of all) watching.scope?.cancel();
  await Promise.all(all.map((watching) => watching.done));
}

async function watch(app: App, active: ActiveRollout): Promise<void> {
  const { workflowId, rollout } = active;
  const unseen = { enter: () => undefined, leave: () => undefined };
  try {
    const seen = await untilAnswered(() => temporalActivities.waitForRolloutEnd({ workflowId, rollout }), unseen);
    ended(app, active, seen.finished, seen.status);
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

function ended(app: App, active: ActiveRollout, finished: RolloutFinished | null, status: string): void {
  const found: RolloutFinished = finished ?? {
    namespace: active.namespace,
    daemonset: active.name,
    rollout: active.rollout,
    commit: active.commit,
    outcome: 'failed',
    cause: `the rollout workflow ended without an answer (${status}), so its nodes may be on two templates`,
    templateDigest: active.templateDigest,
  };
  app.watches.delete(active.workflowId);
  if (!finishRollout(app.state, found, Date.now())) return;
  app.arrivals += 1;
  show(app);
}

function endWord(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message || cause.name : 'unknown';
}
