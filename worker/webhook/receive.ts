import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ClientError, type NodewaveClient } from '../../client/index.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics, WebhookResult } from '../metrics.ts';
import type { ReceiverConfig } from '../receivers-file.ts';
import type { Directory } from './directory.ts';
import { matchApplications, tell } from './fan-out.ts';
import type { Provider } from './provider.ts';
import type { Push, Scheme } from './push.ts';
import type { SecretStore } from './secret.ts';

/** An HTTP answer. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: { accepted: true; applications: string[]; note?: string } | { error: string };
}

/** What the receivers of one provider need. */
export interface ReceiveDeps {
  client: Pick<NodewaveClient, 'changed'>;
  directory: Directory;
  provider: Provider;
  scheme: Scheme;
  receivers: ReadonlyMap<string, { config: ReceiverConfig; secrets: SecretStore }>;
  logger: Logger;
  metrics: Metrics;
}

const retryAfterSeconds = 5;

function refuse(status: number, error: string, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: { error } };
}

function accept(applications: string[], note?: string): Answer {
  return { status: 202, headers: {}, body: { accepted: true, applications, ...(note === undefined ? {} : { note }) } };
}

/**
 * Makes the function that answers a request: signature over the raw bytes first, then read, match and tell. 202 means that
 * Temporal has stored a signal for every application that is named.
 */
export function createReceive(
  deps: ReceiveDeps,
): (receiver: string, headers: IncomingHttpHeaders, body: Buffer) => Promise<Answer> {
  const { scheme, provider, metrics } = deps;
  const decoy = randomBytes(32).toString('hex');

  return async (name, headers, body) => {
    const receiver = deps.receivers.get(name);
    const logger = deps.logger.child({ provider, receiver: receiver === undefined ? undefined : name });
    const finish = (result: WebhookResult, answer: Answer, facts: object = {}): Answer => {
      metrics.webhook(provider, receiver === undefined ? 'unknown' : name, result);
      const level = answer.status === 503 ? 'error' : answer.status >= 400 ? 'warn' : 'info';
      logger[level]({ result, status: answer.status, ...facts }, 'webhook answered');
      return answer;
    };
    if (receiver === undefined) {
      // The same work as for a receiver that exists, so that names cannot be found by the clock.
      await scheme.refusal(headers, body, [decoy]);
      return finish('unknownReceiver', refuse(404, `there is no ${provider} receiver of that name`));
    }
    let secrets: string[];
    try {
      secrets = receiver.secrets.current();
    } catch (error) {
      const answer = refuse(503, 'the secret of this receiver cannot be read; see the log of the server', retryLater);
      return finish('noSecret', answer, { err: error });
    }
    const refusal = await scheme.refusal(headers, body, secrets);
    if (refusal !== null) return finish('badSignature', refuse(401, refusal), { why: refusal });

    const reading = scheme.read(headers, body);
    if (reading.kind === 'invalid') return finish('badPayload', refuse(400, reading.why), { why: reading.why });
    if (reading.kind === 'ignored') return finish('ignored', accept([], reading.why), { why: reading.why });
    return handOn(reading.push, receiver.config, `webhook/${provider}/${name}`, finish, logger);
  };

  async function handOn(
    push: Push,
    config: ReceiverConfig,
    source: string,
    finish: (result: WebhookResult, answer: Answer, facts: object) => Answer,
    logger: Logger,
  ): Promise<Answer> {
    const facts = {
      deliveryId: push.deliveryId,
      repository: push.repositories[0],
      refs: push.refs,
      commit: push.commit,
    };
    try {
      const matches = await matchApplications(deps.directory, config, push);
      if (matches.kind === 'unknown') {
        return finish('unknownApplication', refuse(404, matches.why), { ...facts, why: matches.why });
      }
      if (matches.kind === 'none') return finish('noMatch', accept([], matches.why), { ...facts, why: matches.why });
      const applications = await tell(deps.client, matches.applications, source, push);
      for (const application of applications) {
        logger.info({ ...facts, application }, 'application told that git may have changed');
      }
      return finish('accepted', accept(applications), { ...facts, applications });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const answer = refuse(503, `not accepted, send it again: ${error.message}`, retryLater);
      return finish('temporalUnavailable', answer, { ...facts, err: error, cure: error.cure });
    }
  }
}

const retryLater = { 'retry-after': String(retryAfterSeconds) };
