import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { BatchResult, GuardActivities, RolloutActivities, RolloutPlan } from '../../../activities/contract.ts';
import { wrapActivities } from '../../../activities/failure.ts';
import { waitFor } from '../../../dev/stack/wait.ts';
import { NodewaveError } from '../../../domain/failures.ts';
import { clusterTaskQueue, rolloutWorkflowId, watchTaskQueue, workflowTaskQueue } from '../../../domain/ids.ts';
import type { RolloutInput } from '../../../domain/rollout/input.ts';
import { policyDefaults } from '../../../domain/rollout/policy.ts';
import type { RolloutStatus } from '../../../domain/wire.ts';
import { ensureWorkflowBundle } from '../../../worker/bundle.ts';
import { startTemporal, type TestTemporal } from '../../support/temporal.ts';
import { makeSpec } from '../application/harness.ts';

const cluster = 'test';
const nodesPerBatch = 50;
const soakMs = 60_000;

/** A rollout of many batches on a cluster that answers at once: what is tested is the workflow. */
export interface LongRollout {
  handle: WorkflowHandle;
  /** True: every activity fails as if the API server were away. */
  setAway(away: boolean): void;
  /** What each batch activity was told, oldest first. */
  batches: { batchIndex: number; epoch: number; live: 'target' | 'good' }[];
  status(): Promise<RolloutStatus>;
  until(what: string, check: (status: RolloutStatus) => boolean): Promise<RolloutStatus>;
  /** Events of each run, oldest first. */
  eventsOfRuns(): Promise<number[]>;
}

/** A server, workers and a way to start long rollouts. */
export interface LongRollouts {
  temporal: TestTemporal;
  start(name: string, options: StartOptions): Promise<LongRollout>;
  stop(): Promise<void>;
}

/** The approvals that the plan asks for, by batch. */
export interface StartOptions {
  batches: number;
  approvals?: Record<number, 'before' | 'after'>;
}

/** Starts a server whose runs suggest continue-as-new at `suggestAt` events. */
export async function startLongRollouts(suggestAt: number): Promise<LongRollouts> {
  const temporal = await startTemporal({
    extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${suggestAt}`],
  });
  const worlds = new Map<string, World>();
  const activities = wrapActivities(fakeActivities((name) => worlds.get(name)));
  const codePath = await ensureWorkflowBundle(join(tmpdir(), 'nodewave-test-bundles'));
  const connection = temporal.env.nativeConnection;
  const workers = await Promise.all([
    Worker.create({ connection, taskQueue: workflowTaskQueue, workflowBundle: { codePath } }),
    Worker.create({ connection, taskQueue: clusterTaskQueue(cluster), activities }),
    Worker.create({ connection, taskQueue: watchTaskQueue(cluster), activities }),
  ]);
  const running = workers.map((worker) => worker.run());
  const { workflow } = temporal.env.client;
  return {
    temporal,
    start: async (name, options) => {
      const world: World = { options, live: 'good', away: false, batches: [] };
      worlds.set(name, world);
      const input = inputFor(name);
      const workflowId = rolloutWorkflowId(input.ref);
      const handle = await workflow.start('rollout', { taskQueue: workflowTaskQueue, workflowId, args: [input] });
      const newest = workflow.getHandle(workflowId);
      const status = (): Promise<RolloutStatus> => newest.query<RolloutStatus>('status');
      return {
        handle: newest,
        setAway: (away) => {
          world.away = away;
        },
        batches: world.batches,
        status,
        until: (what, check) =>
          waitFor(
            async () => {
              const now = await status();
              return check(now) && now;
            },
            { timeoutMs: 60_000, everyMs: 50, what },
          ),
        eventsOfRuns: async () => {
          await handle.result();
          const events: { atMs: number; length: number }[] = [];
          for await (const run of workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
            const { historyLength } = await workflow.getHandle(workflowId, run.runId).describe();
            events.push({ atMs: run.startTime.getTime(), length: historyLength });
          }
          return events.sort((a, b) => a.atMs - b.atMs).map(({ length }) => length);
        },
      };
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await temporal.stop();
    },
  };
}

interface World {
  options: StartOptions;
  live: 'target' | 'good';
  away: boolean;
  batches: LongRollout['batches'];
}

function inputFor(name: string): RolloutInput {
  const spec = makeSpec(name);
  const ref = { cluster, namespace: 'monitoring', name };
  return {
    v: 1,
    application: name,
    ref,
    mode: 'update',
    spec,
    sync: {
      namespace: ref.namespace,
      name,
      verdict: 'rollout',
      adopt: false,
      templateDigest: 'template',
      quarantineKey: 'key',
      maxUnavailable: null,
    },
    commit: 'c'.repeat(40),
    subject: 'Ship it',
    renderedDigest: 'rendered',
    rollout: 1,
    by: 'git',
  };
}

function planOf({ batches, approvals = {} }: StartOptions): RolloutPlan {
  const indices = Array.from({ length: batches }, (_, index) => index);
  const eligible = batches * nodesPerBatch;
  const rules = indices.map((index) => {
    const approval = approvals[index];
    const last = index === batches - 1;
    return {
      name: `batch ${index + 1}`,
      nodes: last ? ('100%' as const) : nodesPerBatch,
      soakMs,
      ...(approval === undefined ? {} : { approval }),
    };
  });
  return {
    digest: 'ab12cd34ef56',
    rules,
    batches: rules.map((rule, index) => ({ ...rule, nodes: `${rule.nodes}`, goal: (index + 1) * nodesPerBatch })),
    policy: {
      batches: rules,
      maxUnavailable: nodesPerBatch,
      readyWithinMs: policyDefaults.readyWithinMs,
      maxRestarts: 0,
      onFailure: 'rollback',
      promoteAfter: 'last',
    },
    maxUnavailable: nodesPerBatch,
    budget: nodesPerBatch,
    census: censusOf(eligible),
    fromHash: 'old',
    lastGoodCommit: 'b'.repeat(40),
    notes: [],
  };
}

const censusOf = (eligible: number) => ({ eligible, zones: { 'zone-a': eligible }, pools: {} });

function fakeActivities(
  worldOf: (name: string) => World | undefined,
): RolloutActivities & Pick<GuardActivities, 'waitForEdit'> {
  const world = (input: { context: { ref: { name: string } } }): World => {
    const found = worldOf(input.context.ref.name);
    if (found === undefined) throw new NodewaveError('BadInput', `no rollout ${input.context.ref.name}`);
    if (found.away) throw new NodewaveError('Infrastructure', 'the API server does not answer');
    return found;
  };
  const result = ({ options }: World, batchIndex: number): BatchResult => {
    const done = (batchIndex + 1) * nodesPerBatch;
    const eligible = options.batches * nodesPerBatch;
    const progress = { eligible, done, inFlight: 0, out: 0, deferred: 0, exposed: 1, batchGoal: done };
    return {
      verdict: 'done',
      progress,
      zones: [{ value: 'zone-a', eligible, done }],
      findings: [],
      redNodes: [],
      // As long as it ever gets, so that what goes through continue-as-new is of real size.
      touched: Array.from({ length: Math.min(200, done) }, (_, index) => `node-${index}.a.long.name.example.com`),
      touchedCount: done,
      deferred: ['node-of-old'],
      exposed: ['node-joined'],
    };
  };
  return {
    planRollout: async (input) => planOf(world(input).options),
    takeCensus: async (input) => censusOf(world(input).options.batches * nodesPerBatch),
    install: async () => ({ toHash: 'new' }),
    openWindow: async (input) => {
      world(input).live = 'target';
      return { toHash: 'new' };
    },
    closeWindow: async (input) => {
      world(input).live = 'good';
      return { liveHash: 'old' };
    },
    promote: async (input) => {
      world(input).live = 'target';
    },
    recordOutcome: async (input) => {
      world(input);
    },
    runBatch: async (input) => {
      const { batches, live } = world(input);
      batches.push({ batchIndex: input.batchIndex, epoch: input.context.holder.epoch, live });
      if (input.thenClose === undefined) return result(world(input), input.batchIndex);
      world(input).live = 'good';
      return { ...result(world(input), input.batchIndex), windowClosed: true };
    },
    watchSoak: async ({ batch }) => result(world(batch), batch.batchIndex),
    waitForEdit: async () => {
      // Nobody else changes anything, so the server is told to ask again much later.
      throw ApplicationFailure.create({ type: 'NoNews', category: 'BENIGN', nextRetryDelay: 3_600_000 });
    },
  };
}
