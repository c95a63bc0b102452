import type { FastifyInstance } from 'fastify';
import { addHealth, type Readiness } from './health.ts';
import { createHttpServer } from './http-server.ts';
import type { Logger } from './log/logger.ts';
import type { Metrics } from './metrics.ts';

/** The second listener: health, readiness and metrics, for probes and Prometheus and not for the internet. */
export function createOperationsServer(deps: {
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
}): FastifyInstance {
  const server = createHttpServer(deps.logger);
  addHealth(server, deps.readiness);
  server.get('/metrics', async (_request, reply) =>
    reply.type(deps.metrics.contentType).send(await deps.metrics.text()),
  );
  return server;
}
