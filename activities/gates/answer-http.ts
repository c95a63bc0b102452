import { Agent, type Dispatcher, request as send } from 'undici';
import type { GateAnswer, GateRequest } from '../../domain/gates/types.ts';
import { httpProblem } from './http-problem.ts';
import { problem } from './problem.ts';
import { guardedLookup, hostProblem } from './reach.ts';
import { type Credentials, credentialsOf, type SecretReader } from './secrets.ts';

/** What a request is made with. */
export interface HttpScope {
  secrets: SecretReader;
  /** See `GateReach`. */
  allowLocal: boolean;
  /** Ends the request; its reason is thrown. */
  signal: AbortSignal;
}

type HttpRequest = Extract<GateRequest, { form: 'http' }>;

const mostRedirects = 3;
const redirects = new Set([301, 302, 303, 307, 308]);
const mostHeaderBytes = 16 * 1024;

/**
 * Asks one address. The time limit covers everything from the look-up of the name to the last byte. No proxy of the environment is used,
 * redirects are followed on the same host only, and a connection serves one request. Whatever goes wrong is a problem in a
 * sentence; no credential is in any of them, nor in the answer, even where the server repeats it.
 * Throws only the reason of `signal`.
 */
export async function answerHttp(request: HttpRequest, scope: HttpScope): Promise<GateAnswer> {
  const { signal, allowLocal, secrets } = scope;
  signal.throwIfAborted();
  const credentials = await credentialsOf(request.auth, secrets, signal);
  if ('problem' in credentials) return problem(credentials.problem);
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const limit = AbortSignal.any([signal, deadline]);
  let host = URL.parse(request.url)?.host ?? request.url;
  try {
    const agent = agentFor(credentials, allowLocal, request);
    try {
      let url = new URL(request.url);
      for (let followed = 0; ; followed += 1) {
        host = url.host;
        const refused = allowLocal ? undefined : hostProblem(url.hostname);
        if (refused !== undefined) return problem(refused.message);
        const answer = await exchange(url, request, credentials, agent, limit);
        if (!redirects.has(answer.statusCode)) return await readAnswer(answer, request, credentials, secrets);
        answer.body.destroy();
        const next = redirectTo(url, request, answer);
        if (typeof next === 'string') return problem(`${host} ${next}`);
        if (followed === mostRedirects) return problem(`${host} redirects more than ${mostRedirects} times`);
        url = next;
      }
    } finally {
      // Not close(): that would wait for an answer that is cut off.
      await agent.destroy();
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (deadline.aborted) return problem(`${host} did not answer within ${request.timeoutMs / 1_000} s`, true);
    const { sentence, unanswered } = httpProblem(error, host);
    return problem(sentence, unanswered);
  }
}

function agentFor({ ca, serverName }: Credentials, allowLocal: boolean, { timeoutMs }: HttpRequest): Agent {
  return new Agent({
    connections: 1,
    pipelining: 1,
    // See cluster/kube-config.ts: an HTTP/2 peer that dies ends the process.
    allowH2: false,
    maxHeaderSize: mostHeaderBytes,
    connect: {
      timeout: timeoutMs,
      ...(ca === undefined ? {} : { ca }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(allowLocal ? {} : { lookup: guardedLookup }),
    },
  });
}

async function exchange(
  url: URL,
  { method, headers, body }: HttpRequest,
  credentials: Credentials,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const answer = await send(url, {
    method,
    headers: { 'user-agent': 'nodewave', ...headers, ...credentials.headers },
    body: body ?? null,
    dispatcher,
    signal,
    // The signal has the deadline of the whole exchange.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  // A body that is left unread fails with nobody listening, which would end the process.
  answer.body.on('error', () => undefined);
  return answer;
}

/** Where to go on, or what is wrong with it. Credentials go along, so nowhere else than where they were meant to go. */
function redirectTo(from: URL, { method }: HttpRequest, answer: Dispatcher.ResponseData): URL | string {
  const { location } = answer.headers;
  const to = typeof location === 'string' ? URL.parse(location, from.href) : null;
  if (to === null) return `redirects (HTTP ${answer.statusCode}) without saying where to`;
  const upgraded = from.protocol === 'http:' && from.port === '' && to.protocol === 'https:' && to.port === '';
  if (to.hostname !== from.hostname || !(to.origin === from.origin || upgraded)) {
    return `redirects to ${to.host === '' ? to.protocol : `${to.protocol}//${to.host}`}, which is not followed; write the address that is meant`;
  }
  if (method !== 'GET' && answer.statusCode !== 307 && answer.statusCode !== 308) {
    return `redirects to ${to.pathname}, which is not followed with a body; write the address that is meant`;
  }
  [to.username, to.password, to.hash] = ['', '', ''];
  return to;
}

async function readAnswer(
  answer: Dispatcher.ResponseData,
  { url, maxBytes }: HttpRequest,
  { hidden }: Credentials,
  secrets: SecretReader,
): Promise<GateAnswer> {
  const { statusCode: status, headers } = answer;
  const tooLarge = (): GateAnswer => {
    answer.body.destroy();
    return problem(
      `${new URL(url).host} answered with more than ${maxBytes / 1024 / 1024} MiB (HTTP ${status}), which is not read`,
    );
  };
  if (status === 401 || status === 403) secrets.doubt();
  if (Number(headers['content-length'] ?? 0) > maxBytes) return tooLarge();
  const encoding = `${headers['content-encoding'] ?? 'identity'}`;
  if (encoding !== 'identity') {
    answer.body.destroy();
    return problem(`${new URL(url).host} answered compressed (${encoding.slice(0, 20)}) without being asked to`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return tooLarge();
    chunks.push(chunk);
  }
  let body = Buffer.concat(chunks).toString();
  // Shorter ones would blot out half of the answer, and protect nothing.
  for (const value of hidden) if (value.length >= 4) body = body.replaceAll(value, '***');
  return { form: 'http', status, contentType: `${headers['content-type'] ?? ''}`, body };
}
