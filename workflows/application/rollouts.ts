import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, isCancellation, startChild } from '@temporalio/workflow';
import { nodesCaughtUp, noteCatchUp, takeStragglers } from '../../domain/application/catch-up.ts';
import { decideStep, type Step } from '../../domain/application/decide.ts';
import { openRun, settleRuns } from '../../domain/application/runs.ts';
import { type AppliedPlan, type RollbackRequest, type SyncRun, sameDaemonSet } from '../../domain/application/state.ts';
import { addTrigger } from '../../domain/application/triggers.ts';
import { daemonSetLabel, rolloutWorkflowId, workflowTypes } from '../../domain/ids.ts';
import type { DaemonSetSync } from '../../domain/sync.ts';
import { HoldingInterrupted, untilAnswered } from '../holding.ts';
import { supersedeSignal } from '../messages.ts';
import { temporalActivities } from '../proxies.ts';
import { type App, logLine, mainHolding, setBusy, show, specOf } from './app.ts';
import { holdIfPaused } from './pause.ts';
import { childOptions, makeActive, type Start } from './start-options.ts';
import { type RolloutWorkflow, watchChild } from './watch.ts';

/** Does what was decided about one DaemonSet, and notes in the run what it came to or waits for. */
export async function takeStep(app: App, run: SyncRun, step: Step, plan: AppliedPlan, by: string): Promise<void> {
  const label = daemonSetLabel(step.sync);
  switch (step.do) {
    case 'settle':
      delete run.waits[label];
      // What this commit came to earlier says more than that now nothing differs.
      if (step.result.outcome !== 'unchanged' || !run.results[label]) run.results[label] = step.result;
      return;
    case 'await':
      run.waits[label] = step.rollout;
      return;
    case 'queue':
      run.waits[label] = 'queued';
      if (step.ask && !app.state.paused) await askToMakeWay(app, step.sync, plan.commit);
      return;
    case 'start':
      // Paused meanwhile: the commit is prepared again once the application is resumed.
      if (app.state.paused) {
        run.waits[label] = 'queued';
        return;
      }
      return await start(app, run, step, plan, by);
  }
}

/** Starts a rollout back to the good revision before, which a person asked for; interrupted, it stays asked for. Needs neither git nor a new plan. */
export async function startNextRollback(app: App): Promise<void> {
  const { state } = app;
  const request = state.rollbacks[0];
  if (!request) return;
  try {
    await startRollback(app, request);
    state.rollbacks = state.rollbacks.slice(1);
    settleRuns(state, Date.now());
  } catch (error) {
    if (!(error instanceof HoldingInterrupted)) throw error;
  }
  setBusy(app, null);
}

async function startRollback(app: App, request: RollbackRequest): Promise<void> {
  const plan = app.state.applied;
  const sync = plan?.daemonSets.find((one) => sameDaemonSet(one, request));
  if (!plan || !sync) return;
  setBusy(app, `Starting the rollback of ${daemonSetLabel(sync)}.`);
  const run = openRun(app.state, plan.commit, plan.subject, { requestIds: [] });
  run.hasOthers ??= true;
  await start(app, run, { do: 'start', sync, mode: 'revert' }, plan, request.by, request.reason);
}

/** Starts the rollouts that catch up the nodes which a watch has reported. */
export async function catchUpNodes(app: App): Promise<void> {
  const { state } = app;
  for (const { sync, nodes } of takeStragglers(state)) {
    const { applied } = state;
    if (!applied || state.paused) return;
    noteCatchUp(state, { ...sync, nodes }, Date.now());
    logLine(app, 'nodewave', `catching ${daemonSetLabel(sync)} up on ${nodesCaughtUp(nodes)}`);
    const run = openRun(state, applied.commit, applied.subject, { requestIds: [] });
    await start(app, run, { do: 'start', sync, mode: 'update', catchUp: nodes }, applied, 'nodewave');
  }
  show(app);
}

async function askToMakeWay(app: App, sync: DaemonSetSync, commit: string): Promise<void> {
  const active = app.state.active.find((one) => sameDaemonSet(one, sync));
  if (!active || active.supersededBy === commit) return;
  active.supersededBy = commit;
  try {
    await getExternalWorkflowHandle(active.workflowId).signal(supersedeSignal, { commit });
  } catch (error) {
    // It has just ended: its signal or its watch says so, and then the queue moves.
    if (isCancellation(error)) throw error;
  }
}

async function start(
  app: App,
  run: SyncRun,
  { sync, mode, catchUp }: { do: 'start' } & Start,
  plan: AppliedPlan,
  by: string,
  reason?: string,
): Promise<void> {
  const { state } = app;
  const label = daemonSetLabel(sync);
  const active = makeActive(app, { sync, mode, catchUp }, plan, by);
  // Known before it is started, so that its end finds it and no message in between sees a gap.
  state.active.push(active);
  state.obstacles = state.obstacles.filter((obstacle) => mode === 'revert' || !sameDaemonSet(obstacle, sync));
  // Whatever it was, the rollout finds it itself, or it has been put back or taken into git.
  delete state.edits?.[label];
  delete run.results[label];
  run.waits[label] = active.rollout;
  try {
    const handle = await startChild<RolloutWorkflow>(
      workflowTypes.rollout,
      childOptions(app, active, run, sync, plan, reason),
    );
    watchChild(app, active, handle);
    await holdIfPaused(app, active);
    show(app);
  } catch (error) {
    state.active = state.active.filter((one) => one !== active);
    delete run.waits[label];
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    await meetRunning(app, run, { sync, mode }, plan, by);
  }
}

/**
 * The id is taken. By a rollout of this application that it no longer knows (it was deleted and applied again): it is
 * known again, and the supersede rule decides. By another application's: a clean refusal.
 */
async function meetRunning(
  app: App,
  run: SyncRun,
  { sync, mode }: Start,
  plan: AppliedPlan,
  by: string,
): Promise<void> {
  const { state } = app;
  const label = daemonSetLabel(sync);
  const workflowId = rolloutWorkflowId({ cluster: specOf(app).destination.cluster, ...sync });
  const seen = await untilAnswered(() => temporalActivities.describeRollout({ workflowId }), mainHolding(app));
  const { memo } = seen;
  if (seen.state !== 'running') {
    if (mode === 'revert') return await start(app, run, { do: 'start', sync, mode }, plan, by);
    // It has just ended, and how it ended may have changed what is to be done, so the commit is prepared again.
    run.waits[label] = 'queued';
    addTrigger(state, { forced: true, manual: true, by, requestIds: [] });
    return;
  }
  if (memo?.application === state.name) {
    const { namespace, name } = sync;
    const { rollout, commit, subject, templateDigest, quarantineKey } = memo;
    const found = {
      namespace,
      name,
      workflowId,
      rollout,
      mode: memo.mode,
      commit,
      subject,
      templateDigest,
      quarantineKey,
    };
    const met = { ...found, by, supersededBy: null };
    state.active.push(met);
    await holdIfPaused(app, met);
    if (mode === 'revert') logLine(app, by, `rollback of ${label} not started: a rollout runs, send it there`);
    else await takeStep(app, run, decideStep(state, sync), plan, by);
    return;
  }
  const owner = memo
    ? `another application (${memo.application})`
    : 'a workflow that was not started by an application';
  const sentence = `DaemonSet ${label} is being rolled out by ${owner}: take it out of one of the two, then run "nodewave sync ${state.name}".`;
  run.results[label] = { outcome: 'invalid', cause: sentence };
  state.invalid = { sentence, commit: plan.commit, refMissing: false };
}
