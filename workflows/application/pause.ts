import { getExternalWorkflowHandle, isCancellation, setHandler } from '@temporalio/workflow';
import { pauseApplication, resumeApplication } from '../../domain/application/pause.ts';
import type { ActiveRollout } from '../../domain/application/state.ts';
import type { Accepted, ApplicationPause, Hold } from '../../domain/wire.ts';
import { readFailure } from '../holding.ts';
import { applicationPauseUpdate, applicationResumeUpdate, holdSignal } from '../messages.ts';
import { brakeActivities } from '../proxies.ts';
import { accept, accepted, options, refusal, withReason } from './answers.ts';
import type { App } from './app.ts';
import { stopPrune } from './prune.ts';

/**
 * The red button. The handlers tell the rollouts themselves instead of leaving it to the main loop, which may be waiting
 * for git or the cluster just then; their caller is answered once every rollout has been told.
 */
export function setPauseHandlers(app: App): void {
  setHandler(applicationPauseUpdate, (request) => pause(app, request), options(app, 'pause'));
  setHandler(applicationResumeUpdate, (request) => resume(app, request), options(app, 'resume'));
}

async function pause(app: App, { by, reason = '', brake }: ApplicationPause): Promise<Accepted> {
  const { state } = app;
  const atMs = Date.now();
  const again = (state.paused ?? null) !== null;
  pauseApplication(state, { by, reason, atMs });
  accept(app, by, withReason('pause', reason), '');
  const [told] = await Promise.all([
    tellAll(app, { on: true, by, reason, atMs }),
    brake === true ? setBrake(app, { by, reason }) : undefined,
    app.prune === null ? undefined : stopPrune(app),
  ]);
  const what = again ? 'It was paused already; told again' : 'Paused: nothing is deleted or applied, new commits wait';
  return accepted(app, `${what}. ${rolloutCount(told)} stopped.`);
}

async function resume(app: App, { by, reason = '', brake }: ApplicationPause): Promise<Accepted> {
  // First: with the brake still set, what goes on would stop again at once, with another sentence.
  if (brake === true) await setBrake(app, null);
  resumeApplication(app.state, by);
  accept(app, by, withReason('resume', reason), '');
  const told = await tellAll(app, { on: false, by, reason, atMs: Date.now() });
  return accepted(app, `It goes on, ${rolloutCount(told)} with it, and the newest commit is taken.`);
}

/** Stops, or lets go on, the rollouts of every application on the cluster, those that nobody lists included. */
async function setBrake(app: App, paused: { by: string; reason: string } | null): Promise<void> {
  const cluster = app.state.spec?.destination.cluster;
  if (cluster === undefined) return;
  try {
    await brakeActivities(cluster).setBrake({ cluster, paused });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const why = readFailure(error)?.sentence ?? 'no worker of it answered';
    const done = paused ? 'This application is paused, but the' : 'Nothing was resumed: the';
    throw refusal(`${done} brake of cluster ${cluster} could not be ${paused ? 'set' : 'lifted'}: ${why}`);
  }
}

function rolloutCount(count: number): string {
  return count === 1 ? '1 rollout' : `${count} rollouts`;
}

/** Tells a rollout that was started, or found, while the application was being paused. */
export async function holdIfPaused(app: App, active: ActiveRollout): Promise<void> {
  const { paused } = app.state;
  if (paused) await tell(active, { on: true, ...paused });
}

async function tellAll(app: App, hold: Hold): Promise<number> {
  const told = await Promise.all(app.state.active.map((active) => tell(active, hold)));
  return told.filter(Boolean).length;
}

/** False when it has just ended, or is only being started: then the start tells it. */
async function tell({ workflowId }: ActiveRollout, hold: Hold): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(holdSignal, hold);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}
