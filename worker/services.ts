import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { ClientError, connect, type NodewaveClient } from '../client/index.ts';
import type { ServicesConfig } from './config.ts';
import { type Problems, sharedReadiness } from './health.ts';
import { listen } from './http-server.ts';
import { createLogger, type Logger } from './log/logger.ts';
import { createMetrics } from './metrics.ts';
import { createOperationsServer } from './operations-server.ts';
import { createWebhookServer } from './webhook/server.ts';
import type { WorkerOverrides, WorkerRole } from './worker-role.ts';

/** Running services. */
export interface Services {
  /** URLs without a final slash; `webhook` is null without that role. */
  addresses: { webhook: string | null; operations: string };
  /** Rejects when a part stops by itself; pending otherwise. */
  failed: Promise<never>;
  /** Stops listening, drains the workers, closes connections. */
  shutdown(): Promise<void>;
}

/** What `main.ts` and tests hand in. */
export interface ServicesOptions extends WorkerOverrides {
  logger?: Logger;
  /** Where the SDK's metrics are, see `installRuntime`. */
  runtimeMetricsUrl?: string;
}

const retryTemporalMs = 1_000;

/**
 * Starts the roles of the configuration: Temporal workers, webhook server, operations listener. Returns once they serve.
 * Throws ClientError (Temporal, search attributes) or ConfigError with what to do; nothing is left running then.
 */
export async function startServices(config: ServicesConfig, options: ServicesOptions = {}): Promise<Services> {
  const logger = options.logger ?? createLogger(config);
  const metrics = createMetrics(options.runtimeMetricsUrl);
  const isWorker = config.roles.includes('worker');
  const client = await connect(config.temporal, { identity: config.identity, lazy: true });
  const servers: FastifyInstance[] = [];
  let worker: WorkerRole | undefined;

  const readiness = sharedReadiness(async () => ({
    ...(await temporalProblem(client)),
    ...(isWorker && worker === undefined ? { worker: 'starting' } : worker?.problems()),
  }));
  const shutdown = async (): Promise<void> => {
    // New requests first, so that nothing is accepted that nobody will hand on.
    await Promise.allSettled(servers.map((server) => server.close()));
    await worker?.stop();
    await client.close();
  };

  try {
    if (isWorker) {
      await waitForTemporal(client, config.temporalWaitMs, logger);
      const { registered } = await client.verifySearchAttributes({ register: config.registerSearchAttributes });
      if (registered.length > 0) logger.info({ registered }, 'search attributes registered');
      // Not at the top: the webhook server alone must not load the SDK's native part and the cluster clients.
      const { startWorkerRole } = await import('./worker-role.ts');
      worker = await startWorkerRole(config, logger, options);
    }
    const operations = createOperationsServer({ logger, metrics, readiness });
    servers.push(operations);
    const addresses: Services['addresses'] = {
      webhook: null,
      operations: await listen(operations, config.operationsAddress),
    };
    if (config.roles.includes('webhook')) {
      const { receivers } = config;
      const webhook = createWebhookServer({ client, receivers, logger, metrics, readiness });
      servers.push(webhook);
      addresses.webhook = await listen(webhook, config.webhookAddress);
    }
    return { addresses, failed: worker?.failed ?? new Promise<never>(() => undefined), shutdown };
  } catch (error) {
    await shutdown();
    throw error;
  }
}

async function temporalProblem(client: NodewaveClient): Promise<Problems> {
  try {
    await client.check();
    return {};
  } catch (error) {
    return { temporal: error instanceof Error ? error.message : String(error) };
  }
}

/** Temporal may be starting as well: both are often started together. Only its absence is waited for. */
async function waitForTemporal(client: NodewaveClient, waitMs: number, logger: Logger): Promise<void> {
  const endMs = Date.now() + waitMs;
  while (true) {
    try {
      await client.check();
      return;
    } catch (error) {
      if (!(error instanceof ClientError) || error.kind !== 'unavailable' || Date.now() > endMs) throw error;
      logger.warn({ cure: error.cure }, `waiting for Temporal: ${error.message}`);
      await delay(retryTemporalMs);
    }
  }
}
