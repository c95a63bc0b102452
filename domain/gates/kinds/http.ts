import type * as z from 'zod';
import { mapping } from '../../application/parse-mapping.ts';
import * as value from '../../application/parse-values.ts';
import { describeValue } from '../../plain.ts';
import { address, auth, clash, headers, timeout, timeoutMsOf } from '../http-config.ts';
import { type Expectation, json, judgeAnswer, status } from '../http-expect.ts';
import { judgePods } from '../http-pods.ts';
import { fillIn, isPerNode, sampled } from '../placeholders.ts';
import { oneLine } from '../text.ts';
import type { GateKind, GatePod, GateRequest, GateScene, HttpAuth, Measurement } from '../types.ts';

/** A request to an address, or to a port of each pod of the batch, and what has to be answered. As the user writes it. */
export interface HttpGate extends Expectation {
  url?: string;
  port?: number;
  path?: string;
  scheme?: 'http' | 'https';
  /** Most pods that are asked, spread evenly over the batch. */
  sample: number;
  timeout: string;
  headers?: Record<string, string>;
  auth?: HttpAuth;
}

const mostBytes = 1024 * 1024;
const mostSample = 100;
/** Pods on last good that are asked as well, to tell a release that does not answer from a network that does not let us in. */
const controls = 2;

const port = value.field('a port from 1 to 65535', (given) =>
  typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= 65_535 ? { value: given } : undefined,
);

const path = value.text('a path such as /healthz', (text) =>
  /^\/[\x21-\x7e]{0,1023}$/.test(text) && !text.includes('#')
    ? undefined
    : `expected a path such as /healthz, got ${describeValue(text)}`,
);

const sample = value.field(`a number of pods from 1 to ${mostSample}`, (given) =>
  typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= mostSample
    ? { value: given }
    : undefined,
);

const schema: z.ZodType<HttpGate> = mapping('a mapping with url, or with port and path', {
  url: address.optional(),
  port: port.optional(),
  path: path.optional(),
  scheme: value.choice(['http', 'https']).optional(),
  sample: sample.default(10),
  status: status.default(200),
  json: json.optional(),
  timeout,
  headers: headers.optional(),
  auth: auth.optional(),
}).superRefine((given, context) => {
  const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  if (context.issues.length > 0) return;
  const twice = clash(given);
  if (twice !== undefined) refuse('headers', twice);
  if ((given.url === undefined) === (given.port === undefined)) {
    context.addIssue({ code: 'custom', message: 'expected exactly one of url, and port for a port of each pod' });
  }
  if (given.url === undefined) return;
  if (given.path !== undefined) refuse('path', 'belongs to port; put it into url');
  if (given.scheme !== undefined) refuse('scheme', 'belongs to port; put it into url');
});

/**
 * An address is asked once, or once for each sampled node when it names `{{node}}`; a port is asked at the pods of the batch. A pod
 * that does not answer is held against the release only when another pod of the DaemonSet answers.
 */
export const httpGate: GateKind<HttpGate> = {
  kind: 'http',
  schema,
  describe: (config) =>
    `${config.url ?? `port ${config.port}${config.path ?? '/'} of the pods`} answers ${show(config)}`,
  ask: (config, scene) => {
    if (config.url !== undefined) {
      const { url } = config;
      return subjects(config, scene).map((pod) => request(config, fillIn(url, scene, pod)));
    }
    return [...podsAsked(config, scene), ...controlPods(scene)].map((pod) => request(config, addressOf(config, pod)));
  },
  judge: (config, scene, answers) => {
    const judged = answers.map((answer) => judgeAnswer(config, answer));
    if (config.url === undefined) {
      const asked = podsAsked(config, scene);
      const fresh = asked.map((pod, index) => ({ pod, judged: judged[index] }));
      return judgePods(fresh, judged.slice(asked.length), scene.fresh.length);
    }
    if (isPerNode(config.url)) {
      const fresh = subjects(config, scene).flatMap((pod, index) =>
        pod === null ? [] : [{ pod, judged: judged[index] }],
      );
      return judgePods(fresh, [], scene.fresh.length);
    }
    return judgeOne(judged[0]);
  },
};

function judgeOne(one: ReturnType<typeof judgeAnswer> | undefined): Measurement {
  if (one === undefined) return { outcome: 'error', sentence: 'the address was not asked' };
  return { outcome: one.outcome, sentence: oneLine(one.why), ...(one.outcome === 'error' ? {} : { samples: 1 }) };
}

function subjects({ url = '', sample: most }: HttpGate, { fresh }: GateScene): (GatePod | null)[] {
  return isPerNode(url) ? sampled(fresh, most) : [null];
}

/** A pod without an address cannot be asked. */
function podsAsked({ sample: most }: HttpGate, { fresh }: GateScene): GatePod[] {
  return sampled(
    fresh.filter(({ ip }) => ip !== null),
    most,
  );
}

function controlPods({ rest }: GateScene): GatePod[] {
  return sampled(
    rest.filter(({ ip, available }) => ip !== null && available),
    controls,
  );
}

function addressOf({ scheme = 'http', port: at = 0, path: where = '/' }: HttpGate, { ip }: GatePod): string {
  return `${scheme}://${ip?.includes(':') === true ? `[${ip}]` : ip}:${at}${where}`;
}

function request(config: HttpGate, url: string): GateRequest {
  return {
    form: 'http',
    url,
    method: 'GET',
    headers: { accept: config.json === undefined ? '*/*' : 'application/json', ...config.headers },
    timeoutMs: timeoutMsOf(config.timeout),
    ...(config.auth === undefined ? {} : { auth: config.auth }),
    maxBytes: mostBytes,
  };
}

function show({ status: wanted, json: field }: HttpGate): string {
  const text = Array.isArray(wanted) ? wanted.join(' or ') : `${wanted}`;
  if (field === undefined) return text;
  return `${text}, with ${field.path} ${field.condition === undefined ? `equal to ${field.equals}` : `such that ${field.condition}`}`;
}
