import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ClientError, type NodewaveClient } from '../../client/index.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics, WebhookResult } from '../metrics.ts';
import type { ReceiverConfig } from '../receivers-file.ts';
import type { Directory } from './directory.ts';
import { matchApplications, tell } from './fan-out.ts';
import type { Provider } from './provider.ts';
import type { Addressed, Reading, Scheme } from './push.ts';
import type { SecretStore } from './secret.ts';

/** An HTTP answer. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: { accepted: true; applications: string[]; note?: string } | { error: string };
}

/** What the receivers of one provider need. */
export interface ReceiveDeps {
  client: Pick<NodewaveClient, 'changed' | 'report'>;
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
    return handOn(messageOf(reading, `webhook/${provider}/${name}`), receiver.config, finish, logger);
  };

  async function handOn(
    { addressed, weight, facts, send, done }: Message,
    config: ReceiverConfig,
    finish: (result: WebhookResult, answer: Answer, facts: object) => Answer,
    logger: Logger,
  ): Promise<Answer> {
    try {
      const matches = await matchApplications(deps.directory, config, addressed, weight);
      if (matches.kind === 'unknown') {
        return finish('unknownApplication', refuse(404, matches.why), { ...facts, why: matches.why });
      }
      if (matches.kind === 'unsure') {
        const answer = refuse(503, `not accepted, send it again: ${matches.why}`, retryLater);
        return finish('temporalUnavailable', answer, { ...facts, why: matches.why });
      }
      if (matches.kind === 'none') return finish('noMatch', accept([], matches.why), { ...facts, why: matches.why });
      const applications = await tell(matches.applications, send);
      for (const application of applications) logger.info({ ...facts, application }, done);
      return finish('accepted', accept(applications), { ...facts, applications });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const answer = refuse(503, `not accepted, send it again: ${error.message}`, retryLater);
      return finish('temporalUnavailable', answer, { ...facts, err: error, cure: error.cure });
    }
  }

  function messageOf(reading: Extract<Reading, { kind: 'push' | 'report' }>, source: string): Message {
    if (reading.kind === 'push') {
      const { deliveryId, repositories, refs, commit } = reading.push;
      return {
        addressed: reading.push,
        weight: 'hint',
        facts: { deliveryId, repository: repositories[0], refs, commit },
        send: (application) => deps.client.changed(application, { deliveryId, source, refs }),
        done: 'application told that git may have changed',
      };
    }
    const { repositories, application: _, ...report } = reading.report;
    return {
      addressed: reading.report,
      weight: 'word',
      facts: { ...report, repository: repositories[0] },
      send: (application) => deps.client.report(application, { ...report, by: source }),
      done: 'application told what was reported',
    };
  }
}

/** What is handed on of a request. */
interface Message {
  addressed: Addressed;
  weight: 'hint' | 'word';
  /** For the log. */
  facts: object;
  send: (application: string) => Promise<void>;
  done: string;
}

const retryLater = { 'retry-after': String(retryAfterSeconds) };
