import Fastify, { type FastifyInstance } from 'fastify';
import type { ListenAddress } from './config-values.ts';
import type { Logger } from './log/logger.ts';

/** Largest body that is read, bytes; pushes of forges are far smaller. */
export const bodyLimitBytes = 1_048_576;

const bodyAndAnswerMs = 15_000;
const headersMs = 10_000;

/**
 * Makes an HTTP server with limits on size and time, JSON errors, and no request log of its own: the handlers know what a
 * line must say.
 */
export function createHttpServer(logger: Logger): FastifyInstance {
  const server = Fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: bodyAndAnswerMs,
    connectionTimeout: 2 * bodyAndAnswerMs,
    keepAliveTimeout: 30_000,
    http: { headersTimeout: headersMs, maxHeaderSize: 16_384 },
    routerOptions: { maxParamLength: 100 },
    logger: false,
  });
  server.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: 'there is nothing at this path' }),
  );
  server.setErrorHandler(async (error, request, reply) => {
    const { code, statusCode } = facts(error);
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
      return reply.code(413).send({ error: `the body is larger than ${bodyLimitBytes} bytes` });
    }
    if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
      return reply.code(415).send({
        error: 'the content type is not accepted: set it to application/json in the settings of the webhook',
      });
    }
    if (statusCode >= 400 && statusCode < 500) return reply.code(statusCode).send({ error: messageOf(error) });
    logger.error({ err: error, path: request.routeOptions.url }, 'a request failed');
    return reply.code(500).send({ error: 'the request failed; see the log of the server' });
  });
  return server;
}

function facts(error: unknown): { code: string; statusCode: number } {
  if (!(error instanceof Error)) return { code: '', statusCode: 500 };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const statusCode = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  return { code, statusCode };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Starts to listen; returns the URL, with the port that was taken when 0 was asked for. */
export async function listen(server: FastifyInstance, address: ListenAddress): Promise<string> {
  await server.listen({ host: address.host, port: address.port });
  const bound = server.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  // A person can open 127.0.0.1 and not 0.0.0.0.
  const host = address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
