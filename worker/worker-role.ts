import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { NativeConnection, TransportError, type Worker } from '@temporalio/worker';
import { ensureWorkflowBundle } from './bundle.ts';
import { type Clusters, clusterNamed, clusterUid, createClusterRegister, openClusters } from './clusters.ts';
import { createProductActivities } from './compose.ts';
import type { ServicesConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { Problems } from './health.ts';
import type { Logger } from './log/logger.ts';
import { createClusterWorkers, createWorkflowWorker, type QueueActivities } from './workers.ts';

/** What tests replace. */
export interface WorkerOverrides {
  /** Other workflow code than the product's. */
  workflowsPath?: string;
  activities?: QueueActivities;
}

/** The running role `worker`. */
export interface WorkerRole {
  /** What keeps it from serving. */
  problems(): Problems;
  /** Rejects when a worker stops by itself; pending otherwise. */
  failed: Promise<never>;
  /** Drains and closes everything. */
  stop(): Promise<void>;
}

const retryClusterMs = 10_000;
const retryTemporalMs = 1_000;

/** Temporal was there a moment ago, and may have gone away since: a restart of it must not end this process too. */
async function connectPatiently(config: ServicesConfig, logger: Logger): Promise<NativeConnection> {
  const endMs = Date.now() + config.temporalWaitMs;
  while (true) {
    try {
      return await NativeConnection.connect(config.temporal.connectionOptions);
    } catch (error) {
      if (!(error instanceof TransportError) || Date.now() > endMs) throw error;
      logger.warn({ err: error }, 'waiting for Temporal, which has gone away while this process was starting');
      await delay(retryTemporalMs);
    }
  }
}

/**
 * Starts the workers of all queues. A cluster that cannot be reached is tried again until it can, and served from then on:
 * it must not keep the others waiting. Throws ConfigError for two names of one cluster.
 */
export async function startWorkerRole(
  config: ServicesConfig,
  logger: Logger,
  overrides: WorkerOverrides = {},
): Promise<WorkerRole> {
  const clusters = openClusters(config.clusters);
  const bundleFile = await ensureWorkflowBundle(config.bundleDir, overrides.workflowsPath);
  const connection = await connectPatiently(config, logger);
  const activities = overrides.activities ?? productActivities(config, connection, clusters);
  const basis = { config, connection };
  const register = createClusterRegister();
  const stopping = new AbortController();
  const running: { worker: Worker; done: Promise<void> }[] = [];
  const unserved = new Map<string, string>();
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  // Handled by whoever waits for it; without this line a failure during start would end the process unexplained.
  failed.catch(() => undefined);

  const run = (workers: Worker[]): void => {
    for (const worker of workers) running.push({ worker, done: worker.run().catch(fail) });
  };
  const serveCluster = async (name: string): Promise<void> => {
    register.claim(name, await clusterUid(clusterNamed(clusters, name)));
    if (stopping.signal.aborted) return;
    run(await createClusterWorkers(basis, name, activities.clusterQueues));
    unserved.delete(name);
    logger.info({ cluster: name }, 'cluster served');
  };
  const tryCluster = async (name: string): Promise<void> => {
    try {
      await serveCluster(name);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      unserved.set(name, message);
      logger.warn({ cluster: name, error: message }, 'cluster cannot be used yet; trying again');
    }
  };
  const stop = async (): Promise<void> => {
    stopping.abort();
    for (const { worker } of running) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.allSettled(running.map(({ done }) => done));
    await connection.close();
  };

  try {
    await Promise.all([...clusters.keys()].map(tryCluster));
    run([await createWorkflowWorker(basis, bundleFile, activities.workflowQueue)]);
  } catch (error) {
    await stop();
    throw error;
  }
  void retryClusters(unserved, tryCluster, stopping.signal).catch(fail);

  return {
    problems() {
      const down = running.filter(({ worker }) => worker.getState() !== 'RUNNING');
      const problems: Problems = {};
      for (const { worker } of down) problems[worker.options.taskQueue] = `worker is ${worker.getState()}`;
      if (unserved.size === clusters.size && clusters.size > 0) {
        for (const [name, message] of unserved) problems[`cluster ${name}`] = message;
      }
      return problems;
    },
    failed,
    stop,
  };
}

function productActivities(config: ServicesConfig, connection: NativeConnection, clusters: Clusters): QueueActivities {
  const { namespace, payloadCodecs } = config.temporal;
  const client = new Client({
    connection,
    namespace,
    identity: config.identity,
    ...(payloadCodecs === undefined ? {} : { dataConverter: { payloadCodecs } }),
  });
  return createProductActivities({ config, client, clusterFor: (name) => clusterNamed(clusters, name) });
}

async function retryClusters(
  unserved: ReadonlyMap<string, string>,
  tryCluster: (name: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (unserved.size > 0 && !signal.aborted) {
    try {
      await delay(retryClusterMs, undefined, { signal });
    } catch {
      return;
    }
    for (const name of [...unserved.keys()]) await tryCluster(name);
  }
}
