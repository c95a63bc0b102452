import type { FastifyInstance } from 'fastify';
import type { NodewaveClient } from '../../client/index.ts';
import { addHealth, type Readiness } from '../health.ts';
import { createHttpServer } from '../http-server.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics } from '../metrics.ts';
import type { ReceiverConfig } from '../receivers-file.ts';
import { ci } from './ci.ts';
import { openDirectory } from './directory.ts';
import { generic } from './generic.ts';
import { github } from './github.ts';
import { type Provider, providers } from './provider.ts';
import type { Scheme } from './push.ts';
import { createReceive } from './receive.ts';
import { openSecrets } from './secret.ts';

/** What the webhook server is made from. */
export interface WebhookDeps {
  client: Pick<NodewaveClient, 'changed' | 'report' | 'listRepositories'>;
  receivers: Readonly<Record<string, ReceiverConfig>>;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
}

const schemes: Readonly<Record<Provider, Scheme>> = { github, generic, ci };

/** Makes the server behind `POST /webhooks/PROVIDER/RECEIVER`, with `/healthz` and `/readyz` beside it. */
export function createWebhookServer(deps: WebhookDeps): FastifyInstance {
  const server = createHttpServer(deps.logger);
  deps.metrics.observe(server);
  addHealth(server, deps.readiness);
  // The signature covers the bytes as they came, so nothing may parse them first; other types are refused with 415.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const directory = openDirectory(deps.client);
  for (const provider of providers) {
    const receivers = new Map(
      Object.entries(deps.receivers)
        .filter(([, receiver]) => receiver.provider === provider)
        .map(([name, config]) => [name, { config, secrets: openSecrets(config) }]),
    );
    const receive = createReceive({ ...deps, directory, provider, scheme: schemes[provider], receivers });
    server.post<{ Params: { receiver: string } }>(`/webhooks/${provider}/:receiver`, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const answer = await receive(request.params.receiver, request.headers, body);
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    });
  }
  return server;
}
