import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { type DueBatches, dueBatches } from '../../domain/application/prune.ts';
import { notePruneHeld, notePruneProgress } from '../../domain/application/pruning-now.ts';
import { settleRuns } from '../../domain/application/runs.ts';
import { kept, type RunResult } from '../../domain/application/state.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { shorten } from '../../domain/markdown.ts';
import { type Failed, readFailure, untilAnswered } from '../holding.ts';
import { clusterActivities } from '../proxies.ts';
import { type App, logLine, show, specOf } from './app.ts';

/** Shortest time between two batches' activities: clocks of worker and server differ. */
const leastRestMs = 1_000;

/** Temporal takes summaries of 200 bytes. */
const summaryLength = 120;

/** Whether something else is to be pruned in batches now than what is. */
export function pruneIsStale(app: App): boolean {
  return (app.prune?.key ?? null) !== keyOf(dueBatches(app.state));
}

function keyOf(due: DueBatches | null): string | null {
  if (due === null) return null;
  const { namespace, name, uid, batches } = due.one;
  return JSON.stringify([due.run.commit, namespace, name, uid, batches]);
}

/**
 * Prunes in batches beside the main loop, which stays free for commits and people meanwhile: it may last for hours. What is
 * left to do is in the cluster, so it can be stopped at any moment and be begun again.
 */
export function startPrune(app: App): void {
  const due = dueBatches(app.state);
  const key = keyOf(due);
  if (due === null || key === null || app.prune?.key === key) return;
  const scope = new CancellationScope();
  app.prune = { key, scope, done: scope.run(() => prune(app, due, key)) };
}

/** Ends it, and waits until nothing is being deleted any more. */
export async function stopPrune(app: App): Promise<void> {
  const { prune: running } = app;
  app.prune = null;
  if (app.state.pruning?.stage !== 'stopped') app.state.pruning = null;
  running?.scope?.cancel();
  await running?.done;
}

async function prune(app: App, { run, one }: DueBatches, key: string): Promise<void> {
  const { state } = app;
  const spec = specOf(app);
  // What ends after it was stopped is no news: whoever goes on finds it in the cluster.
  const settle = (result: RunResult): void => {
    if (app.prune?.key === key) settlePrune(app, run, one, result);
  };
  const { pruneBatch } = clusterActivities(spec.destination.cluster);
  const label = daemonSetLabel(one);
  const summary = shorten(label, summaryLength);
  const holding = {
    enter: (sentence: string) => {
      notePruneHeld(state, one, sentence);
      show(app);
    },
    leave: () => undefined,
  };
  notePruneProgress(state, one, { left: one.pods, total: one.batches.begun ? null : one.pods }, null);
  show(app);
  let told: string | undefined;
  try {
    for (;;) {
      const input = { spec, daemonSet: one, ...(told && { told }), ...(run.expedite && { expedite: true }) };
      const step = await untilAnswered(() => pruneBatch.executeWithOptions({ summary }, [input]), holding);
      told = step.verdict === 'held' ? step.sentence : undefined;
      if (step.verdict === 'held') {
        holding.enter(step.sentence ?? '');
      } else if (step.verdict === 'batch') {
        const restMs = Math.max(leastRestMs, step.restMs ?? 0);
        notePruneProgress(state, one, step, Date.now() + restMs);
        show(app);
        await sleep(restMs, { summary: `${summary}: ${step.left} of ${step.total} pods left` });
      } else {
        const cause = step.sentence ?? null;
        return settle({ outcome: step.verdict === 'done' ? 'configured' : 'failed', cause });
      }
    }
  } catch (error) {
    // Whoever stopped it says what is next.
    if (isCancellation(error)) return;
    const failed: Failed | null = readFailure(error);
    if (!failed) throw error;
    settle({ outcome: 'failed', cause: `DaemonSet ${label} was not pruned: ${failed.sentence}` });
  }
}

function settlePrune(app: App, run: DueBatches['run'], one: DueBatches['one'], result: RunResult): void {
  const { namespace, name } = one;
  const { state } = app;
  const label = daemonSetLabel({ namespace, name });
  const sentence = shorten(result.cause ?? '', kept.sentence);
  state.pruning = result.outcome === 'failed' ? { namespace, name, stage: 'stopped', sentence } : null;
  logLine(app, 'nodewave', sentence);
  delete run.waits[label];
  run.results[label] = result;
  settleRuns(state, Date.now());
  app.prune = null;
  app.arrivals += 1;
  show(app);
}
