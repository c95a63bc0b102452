import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** How a webhook ended, as a label. */
export type WebhookResult =
  | 'accepted'
  | 'noMatch'
  | 'ignored'
  | 'badSignature'
  | 'badPayload'
  | 'unknownReceiver'
  | 'unknownApplication'
  | 'noSecret'
  | 'temporalUnavailable';

/** What this process counts. Labels are bounded: paths are route patterns and receivers are configured ones. */
export interface Metrics {
  webhook(provider: string, receiver: string, result: WebhookResult): void;
  /** Counts every answer of a server. */
  observe(server: FastifyInstance): void;
  /** The Prometheus text of this process, the Temporal SDK's included where its URL is known. */
  text(): Promise<string>;
  contentType: string;
}

const scrapeDeadlineMs = 2_000;

/** Makes the process's metrics. `runtimeUrl` is where the SDK's native part serves its own. */
export function createMetrics(runtimeUrl?: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'nodewave_http_requests_total',
    help: 'Answers by route pattern, method and status',
    labelNames: ['path', 'method', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'nodewave_http_request_duration_seconds',
    help: 'Time from the first byte of a request to its answer',
    labelNames: ['path'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const webhooks = new Counter({
    name: 'nodewave_webhooks_total',
    help: 'Webhook requests by receiver and how they ended',
    labelNames: ['provider', 'receiver', 'result'],
    registers: [registry],
  });
  return {
    webhook: (provider, receiver, result) => webhooks.inc({ provider, receiver, result }),
    observe(server) {
      server.addHook('onResponse', async (request, reply) => {
        const path = request.routeOptions.url ?? 'none';
        requests.inc({ path, method: request.method, status: String(reply.statusCode) });
        seconds.observe({ path }, reply.elapsedTime / 1000);
      });
    },
    async text() {
      const own = await registry.metrics();
      if (runtimeUrl === undefined) return own;
      try {
        const answer = await fetch(runtimeUrl, { signal: AbortSignal.timeout(scrapeDeadlineMs) });
        return `${own}\n${await answer.text()}`;
      } catch {
        return `${own}\n# the metrics of the Temporal SDK could not be read\n`;
      }
    },
    contentType: registry.contentType,
  };
}
