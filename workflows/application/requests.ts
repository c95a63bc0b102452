import { knownDaemonSets } from '../../domain/application/decide.ts';
import { kept, sameDaemonSet } from '../../domain/application/state.ts';
import { addTrigger } from '../../domain/application/triggers.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import { shorten } from '../../domain/markdown.ts';
import { HoldingInterrupted, readFailure, untilAnswered } from '../holding.ts';
import { clusterActivities } from '../proxies.ts';
import { type App, logLine, mainHolding, setBusy, specOf } from './app.ts';

/** Lifts a quarantine that a person released, then has the commit synced. */
export async function releaseQuarantine(app: App): Promise<void> {
  const { state } = app;
  const request = state.release;
  if (!request) return;
  setBusy(app, 'Lifting the quarantine.');
  const spec = specOf(app);
  const activities = clusterActivities(spec.destination.cluster);
  const done = await attempt(app, () => activities.releaseQuarantine({ spec, ...request }));
  if (done === 'interrupted') return;
  state.release = null;
  if (done) {
    const named = knownDaemonSets(state).find((one) => daemonSetLabel(one) === request.daemonset);
    state.obstacles = state.obstacles.filter(
      (one) => one.kind !== 'quarantined' || (named !== undefined && !sameDaemonSet(one, named)),
    );
    addTrigger(state, { forced: true, manual: true, by: request.by, requestIds: [] });
  }
  setBusy(app, null);
}

/** Gives the DaemonSets back. After it the state is `removed`, or says why not. */
export async function removeApplication(app: App): Promise<void> {
  const { state } = app;
  setBusy(app, 'Giving the DaemonSets back.');
  const { spec } = state;
  const commit = state.applied?.commit ?? null;
  const done = spec
    ? await attempt(app, () => clusterActivities(spec.destination.cluster).releaseApplication({ spec, commit }))
    : { notes: [] };
  if (done === 'interrupted') return;
  if (done) {
    for (const note of done.notes) logLine(app, 'nodewave', shorten(note, kept.sentence));
    state.removed = true;
  } else {
    state.removal = null;
  }
  setBusy(app, null);
}

/** The answer; null when it was refused, which is then shown as `invalid`. */
async function attempt<T>(app: App, call: () => Promise<T>): Promise<T | null | 'interrupted'> {
  try {
    return await untilAnswered(call, mainHolding(app));
  } catch (error) {
    if (error instanceof HoldingInterrupted) return 'interrupted';
    const failed = readFailure(error);
    if (!failed) throw error;
    app.state.invalid = { sentence: shorten(failed.sentence, kept.sentence), commit: null, refMissing: false };
    return null;
  }
}
