import { HttpMethod, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { type Dispatcher, request as send } from 'undici';
import { NodewaveError } from '../../domain/failures.ts';
import { answerError, connectionError, type KubeRequest } from './kube-error.ts';

/** Query parameters; undefined ones are left out. */
export type Query = Record<string, string | number | boolean | undefined>;

/** One request to the API server. */
export interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Verb as in RBAC, for sentences. */
  verb: string;
  path: string;
  query?: Query;
  body?: unknown;
  contentType?: string;
  /**
   * After this nobody waits for the answer any more. Writes tell the API server, which then drops them (`timeout`, Kubernetes API
   * server, request_deadline.go): what has waited in it for long is not done behind the back of whoever gave up.
   */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** An answer whose status is below 400, with the body still to be read. */
export type Answer = Dispatcher.ResponseData;

/**
 * Sends one request with the KubeConfig's credentials, TLS settings and connections.
 * Throws KubeError for a status of 400 or more and when there is no answer in `timeoutMs`; rethrows the reason of
 * `signal` when the caller gave up.
 */
export async function call(config: KubeConfig, options: Call): Promise<Answer> {
  const server = serverOf(config);
  const url = new URL(server + options.path);
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  // What is left of a deadline comes in fractions, which AbortSignal refuses.
  const timeoutMs = Math.ceil(options.timeoutMs);
  if (options.method !== 'GET') url.searchParams.set('timeout', `${timeoutMs}ms`);
  const request: KubeRequest = { verb: options.verb, path: options.path };
  const context = new RequestContext(url.toString(), HttpMethod.GET);
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    options.signal?.throwIfAborted();
    // Inside the try: an exec plugin or a token file that fails is infrastructure too.
    await config.applySecurityAuthentication(context);
    const answer = await send(url, {
      method: options.method,
      headers: {
        ...context.getHeaders(),
        accept: 'application/json',
        'user-agent': 'nodewave',
        ...(options.body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
      },
      body: options.body === undefined ? null : JSON.stringify(options.body),
      dispatcher: context.getDispatcher(),
      signal: options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]),
      // undici would close the connection after a DELETE that has a body, so one TLS handshake for every pod.
      reset: false,
      // The deadline above covers the whole exchange; a watch's body has its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    if (answer.statusCode < 400) return answer;
    throw answerError(request, answer.statusCode, await answer.body.text());
  } catch (error) {
    throw translate(error, request, server, options, deadline);
  }
}

/** Like `call`, and reads the whole answer as JSON. */
export async function callJson<T>(config: KubeConfig, options: Call): Promise<T> {
  const answer = await call(config, options);
  try {
    return (await answer.body.json()) as T;
  } catch (error) {
    throw translate(error, { verb: options.verb, path: options.path }, serverOf(config), options, undefined);
  }
}

/** Like `call`, and hands the answer's body to `read`; what goes wrong while reading is told like what goes wrong before. */
export async function callReading<T>(
  config: KubeConfig,
  options: Call,
  read: (body: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const answer = await call(config, options);
  try {
    return await read(answer.body);
  } catch (error) {
    throw translate(error, { verb: options.verb, path: options.path }, serverOf(config), options, undefined);
  }
}

function serverOf(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new NodewaveError('BadInput', 'the kubeconfig has no current cluster');
  return cluster.server.replace(/\/+$/, '');
}

function translate(
  error: unknown,
  request: KubeRequest,
  server: string,
  options: Call,
  deadline: AbortSignal | undefined,
): unknown {
  if (error instanceof NodewaveError) return error;
  if (options.signal?.aborted) return options.signal.reason;
  const late = deadline?.aborted === true || (error instanceof Error && error.name === 'TimeoutError');
  const cause = late ? new Error(`no answer within ${options.timeoutMs / 1000} s`) : error;
  return connectionError(request, server, cause);
}
