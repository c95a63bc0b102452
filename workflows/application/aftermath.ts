import { duePrunes } from '../../domain/application/prune.ts';
import { settleRuns } from '../../domain/application/runs.ts';
import { kept } from '../../domain/application/state.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit, shorten } from '../../domain/markdown.ts';
import { HoldingInterrupted, readFailure, untilAnswered } from '../holding.ts';
import { clusterActivities } from '../proxies.ts';
import { type App, logLine, mainHolding, setBusy, show, specOf } from './app.ts';

/**
 * After a rollback: brings the commit's other objects back as well. The nodes went first and waited for nothing; this waits
 * until git and cluster answer, and whatever else arrives goes ahead of it. The sentence says so meanwhile.
 */
export async function returnOtherObjects(app: App): Promise<void> {
  const { state } = app;
  const { restore } = state;
  if (!restore) return;
  const { to, from } = restore;
  const spec = specOf(app);
  const activities = clusterActivities(spec.destination.cluster);
  const done = await attempt(app, () => activities.restoreObjects({ spec, commit: to }));
  if (done !== 'interrupted' && state.restore === restore) {
    state.restore = null;
    const objects = `other objects of commit ${shortCommit(from)}`;
    if ('refusal' in done) {
      const what = shorten(
        `the ${objects} could not be brought back to ${shortCommit(to)}: ${done.refusal}`,
        kept.sentence,
      );
      logLine(app, 'nodewave', what);
      state.warnings = [what, ...state.warnings].slice(0, kept.warnings);
    } else if (done.value.changed.length > 0) {
      const names = done.value.changed.slice(0, 10).join(', ');
      logLine(
        app,
        'nodewave',
        shorten(`the ${objects} returned to commit ${shortCommit(to)}: ${names}`, kept.sentence),
      );
    }
  }
  show(app);
}

/** Deletes the DaemonSets that git no longer has, now that everything else of the commit has succeeded. */
export async function pruneDropped(app: App): Promise<void> {
  const { state } = app;
  const due = duePrunes(state);
  if (!due) return;
  const { run, daemonSets } = due;
  const spec = specOf(app);
  const labels = daemonSets.map(daemonSetLabel);
  setBusy(app, `Deleting what git no longer has: DaemonSet ${labels.join(', ')}.`);
  const activities = clusterActivities(spec.destination.cluster);
  const done = await attempt(app, () => activities.pruneDaemonSets({ spec, daemonSets }));
  if (done !== 'interrupted') {
    const refusal = 'refusal' in done ? done.refusal : null;
    const notes = 'refusal' in done ? [] : done.value.notes;
    for (const note of notes) logLine(app, 'nodewave', shorten(note, kept.sentence));
    for (const [index, label] of labels.entries()) {
      delete run.waits[label];
      run.results[label] =
        refusal === null
          ? { outcome: 'configured', cause: notes[index] ?? null }
          : { outcome: 'failed', cause: `DaemonSet ${label} was not deleted: ${refusal}` };
    }
    settleRuns(state, Date.now());
  }
  setBusy(app, null);
}

type Attempt<T> = { value: T } | { refusal: string } | 'interrupted';

async function attempt<T>(app: App, call: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await untilAnswered(call, mainHolding(app)) };
  } catch (error) {
    if (error instanceof HoldingInterrupted) return 'interrupted';
    const failed = readFailure(error);
    if (!failed) throw error;
    return { refusal: failed.sentence };
  }
}
