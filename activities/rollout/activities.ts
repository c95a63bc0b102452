import { CancelledFailure, Context } from '@temporalio/activity';
import type { ClusterClient } from '../cluster/client.ts';
import type { BatchInput, BatchResult, GuardActivities, RolloutActivities, RolloutContext } from '../contract.ts';
import { type GateForms, gateAsker } from '../gates/ask.ts';
import { runBatch } from './batch.ts';
import { type BatchDeps, BatchStopped } from './batch-deps.ts';
import { askerOf, batchGuards, type GuardDeps, releaseBack } from './batch-guards.ts';
import type { RenderCommit, RolloutCall } from './call.ts';
import { createGuardActivities } from './guard-activities.ts';
import type { RefillGuard } from './guards.ts';
import { install } from './install.ts';
import { releaseReservations } from './interlock.ts';
import { InterlockStore } from './interlock-store.ts';
import { readKeptSoak } from './kept-soak.ts';
import { promote, recordOutcome } from './outcome.ts';
import { planRollout, takeLiveCensus } from './plan.ts';
import { watchSoak } from './soak.ts';
import { readKeptGates } from './soak-gates.ts';
import { runThenClose } from './then-close.ts';
import { closeWindow, openWindow } from './windows.ts';

/** What the rollout activities are made from. */
export interface RolloutDeps extends GuardDeps {
  /** The client of a configured cluster; throws BadInput for a name that the worker does not know. */
  clusterFor: (cluster: string) => ClusterClient;
  render: RenderCommit;
  /** How gates ask what is not an object of the cluster. */
  gateForms: GateForms;
}

/** How often a long activity tells the server that it lives; its heartbeat timeout is several times longer. */
const heartbeatMs = 1_000;

/** Makes the activities of a rollout. */
export function createRolloutActivities(deps: RolloutDeps): RolloutActivities & GuardActivities {
  const callFor = (context: RolloutContext): RolloutCall => {
    const activity = Context.current();
    return {
      client: deps.clusterFor(context.ref.cluster),
      attempt: activity.info.attempt,
      signal: activity.cancellationSignal,
      render: deps.render,
    };
  };
  const short = async <T>(context: RolloutContext, body: (call: RolloutCall) => Promise<T>): Promise<T> => {
    const call = callFor(context);
    return await beating(
      () => undefined,
      () => body(call),
    );
  };
  const long = async (
    context: RolloutContext,
    body: (batch: BatchDeps) => Promise<BatchResult>,
    guards: (client: ClusterClient) => RefillGuard[] = () => [],
  ): Promise<BatchResult> => {
    const { client, attempt, signal } = callFor(context);
    // Until this attempt has something to say, what the one before has said stays said.
    let latest: unknown = Context.current().info.heartbeatDetails;
    const keptSoak = readKeptSoak(latest);
    const kept = readKeptGates(latest);
    const gates = {
      asker: (batch: BatchInput, ownUid: string) => gateAsker(client, deps.gateForms, batch, ownUid),
      kept,
    };
    const report: BatchDeps['report'] = (step, soak, keptGates) => {
      latest = {
        progress: step.progress,
        zones: step.zones,
        deferred: step.deferred.slice(0, 20),
        aside: step.aside.slice(0, 20),
        outage: step.outage,
        blocked: step.blocked,
        ...(soak === undefined ? {} : { soak }),
        ...(keptGates === undefined ? {} : { gates: keptGates }),
      };
    };
    return await beating(
      () => latest,
      () =>
        stoppable(() =>
          body({ client, attempt, signal, report, keptSoak, gates, guards: guards(client), isToEnd: isStopAsked }),
        ),
    );
  };
  /** What a rollout has reserved is free once its end is recorded. */
  const ending = (context: RolloutContext, body: (call: RolloutCall) => Promise<void>): Promise<void> =>
    short(context, async (call) => {
      await body(call);
      await releaseReservations(new InterlockStore(call.client, deps.interlock), askerOf(context));
    });
  const closing = async (call: RolloutCall, input: Parameters<typeof closeWindow>[1]) => {
    const closed = await closeWindow(call, input);
    await releaseBack(new InterlockStore(call.client, deps.interlock), call.client, input.context);
    return closed;
  };
  return {
    planRollout: (given) => short(given.context, (call) => planRollout(call, stamped(given))),
    takeCensus: (given) => short(given.context, (call) => takeLiveCensus(call, given.context)),
    install: (given) => short(given.context, (call) => install(call, stamped(given))),
    openWindow: (given) => short(given.context, (call) => openWindow(call, stamped(given))),
    closeWindow: (given) => short(given.context, (call) => closing(call, stamped(given))),
    promote: (given) => ending(given.context, (call) => promote(call, stamped(given))),
    recordOutcome: (given) => ending(given.context, (call) => recordOutcome(call, stamped(given))),
    runBatch: (given) => {
      const input = stamped(given);
      return long(
        input.context,
        (batch) => {
          const call = callFor(input.context);
          return runThenClose(batch, input, () => runBatch(batch, input), {
            open: (again) => openWindow(call, again),
            close: (then) => closing(call, then),
          });
        },
        (client) => batchGuards(deps, client, input),
      );
    },
    ...createGuardActivities(deps),
    watchSoak: (input) => long(input.batch.context, (batch) => watchSoak(batch, input)),
  };
}

/** The input with what Temporal alone knows of the activity, so that its record tells it from one of another run. */
function stamped<T extends { context: RolloutContext }>(input: T): T {
  const { workflowExecution, scheduledTimestampMs } = Context.current().info;
  const holder = {
    ...input.context.holder,
    scheduledMs: scheduledTimestampMs,
    ...(workflowExecution === undefined ? {} : { runId: workflowExecution.runId }),
  };
  return { ...input, context: { ...input.context, holder } };
}

/** Heartbeats on a timer of its own, whatever the body waits for. */
async function beating<T>(details: () => unknown, body: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(details()), heartbeatMs);
  try {
    return await body();
  } finally {
    clearInterval(timer);
  }
}

/**
 * A batch that the workflow stopped answers how far it came. One that was stopped for another reason (worker shutdown, a newer
 * attempt, the server's time-out) must fail instead: the server then gives it to another worker.
 */
async function stoppable(body: () => Promise<BatchResult>): Promise<BatchResult> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof BatchStopped)) throw error;
    if (isStopAsked()) return error.result;
    throw new CancelledFailure('the batch was stopped by its worker, not by the workflow');
  }
}

/** Whether the workflow itself has cancelled the activity. */
function isStopAsked(): boolean {
  const details = Context.current().cancellationDetails;
  return details?.cancelRequested === true && details.notFound !== true;
}
