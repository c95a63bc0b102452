import type * as z from 'zod';
import { mapping } from '../../application/parse-mapping.ts';
import * as value from '../../application/parse-values.ts';
import { describeValue } from '../../plain.ts';
import type { Tolerance } from '../compare.ts';
import { condition, conditionOf } from '../condition.ts';
import { address, auth, clash, headers, timeout, timeoutMsOf } from '../http-config.ts';
import { fillIn, isPerNode, namesEveryNode, placeholderProblem, sampled } from '../placeholders.ts';
import { judgeCompare } from '../prometheus/judge-compare.ts';
import { judgeCondition } from '../prometheus/judge-condition.ts';
import { enoughSamples } from '../prometheus/judge-samples.ts';
import { mostSeries, readAnswer } from '../prometheus/read-answer.ts';
import { oneLine } from '../text.ts';
import type { GateKind, GatePod, GateRequest, GateScene, HttpAuth } from '../types.ts';

/** A query to Prometheus, and either a condition on its values or a comparison of nodes. As the user writes it. */
export interface PrometheusGate {
  url: string;
  query: string;
  condition?: string;
  compare?: 'updated-vs-rest';
  /** How much worse than the rest is accepted: in the unit of the values, or `10%` of the rest's median. */
  tolerance?: number | string;
  worse: 'higher' | 'lower';
  /** Label that names the node or pod. */
  nodeLabel?: string;
  /** A second query, for one number: on how many events the first one rests. */
  samples?: string;
  timeout: string;
  headers?: Record<string, string>;
  auth?: HttpAuth;
}

const mostBytes = 4 * 1024 * 1024;
const mostQuery = 4_096;

const server = address.superRefine((text, context) => {
  if (isPerNode(text)) context.addIssue({ code: 'custom', message: 'names a node or pod, which only the query may' });
  const url = URL.parse(text);
  if (url === null) return;
  const extra = url.search !== '' ? 'a query string' : /\/api\/v1(\/|$)/.test(url.pathname) ? '/api/v1' : undefined;
  if (extra === undefined) return;
  context.addIssue({
    code: 'custom',
    message: `has ${extra}; write the address of the server, to which /api/v1/query is added`,
  });
});

const query = value.text('a query in PromQL', (text) => {
  if (text.trim() === '' || text.length > mostQuery) return `has ${text.length} characters; expected 1 to ${mostQuery}`;
  return placeholderProblem(text);
});

const samples = value.text('a query in PromQL', (text) => {
  const refused = query.safeParse(text);
  if (!refused.success) return refused.error.issues[0]?.message;
  return isPerNode(text) ? 'is asked once; use {{nodes}} or {{pods}} instead of {{node}} or {{pod}}' : undefined;
});

const tolerance = value.field<number | string>('a number such as 0.02, or a percentage such as 10%', (given) => {
  if (typeof given === 'number') return Number.isFinite(given) && given >= 0 ? { value: given } : undefined;
  return typeof given === 'string' && toleranceOf(given) !== undefined ? { value: given } : undefined;
});

const nodeLabel = value.text('a label such as node', (text) =>
  /^[A-Za-z_]\w{0,127}$/.test(text) ? undefined : `${describeValue(text)} is no label of Prometheus`,
);

const schema: z.ZodType<PrometheusGate> = mapping('a mapping with url, query and condition', {
  url: server,
  query,
  condition: condition.optional(),
  compare: value.choice(['updated-vs-rest']).optional(),
  tolerance: tolerance.optional(),
  worse: value.choice(['higher', 'lower']).default('higher'),
  nodeLabel: nodeLabel.optional(),
  samples: samples.optional(),
  timeout,
  headers: headers.optional(),
  auth: auth.optional(),
}).superRefine((given, context) => {
  const refuse = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', path, message });
  if (context.issues.length > 0) return;
  const twice = clash(given);
  if (twice !== undefined) refuse(twice, 'headers');
  if ((given.condition === undefined) === (given.compare === undefined)) {
    refuse('expected exactly one of condition, such as "value < 0.05", and compare: updated-vs-rest');
  } else if (given.compare === undefined) {
    if (given.tolerance !== undefined) refuse('belongs to compare; put it into the condition', 'tolerance');
  } else if (given.samples !== undefined) {
    refuse('belongs to condition; a comparison counts nodes', 'samples');
  } else if (given.tolerance === undefined) {
    refuse('is missing; say how much worse than the rest is accepted, such as 0.02 or 10%', 'tolerance');
  } else if (isPerNode(given.query) || namesEveryNode(given.query)) {
    refuse(
      'compares nodes, so it has to ask about all of them; write by (pod) instead of naming nodes or pods',
      'query',
    );
  }
});

/**
 * An instant query, asked once, or once for each sampled node of the batch when it names `{{node}}` or `{{pod}}`. What cannot be asked or
 * read is an error, what has no data is inconclusive.
 */
export const prometheusGate: GateKind<PrometheusGate> = {
  kind: 'prometheus',
  schema,
  needsRest: ({ compare }) => compare !== undefined,
  describe: ({ query: text, condition: wanted, worse, tolerance: accepted }) =>
    oneLine(
      wanted === undefined
        ? `updated nodes against the rest, at most ${accepted} ${worse}: ${text}`
        : `${wanted.replace(/^value/, 'the value')} of ${text}`,
    ),
  ask: (config, scene) => [
    ...subjects(config, scene).map((pod) => request(config, scene, fillIn(config.query, scene, pod))),
    ...(config.samples === undefined ? [] : [request(config, scene, fillIn(config.samples, scene, null))]),
  ],
  judge: (config, scene, answers, schedule) => {
    const asked = subjects(config, scene).map((pod, index) => ({ pod, queried: readAnswer(answers[index]) }));
    const rule = config.nodeLabel === undefined ? {} : { nodeLabel: config.nodeLabel };
    const counts = config.samples === undefined ? undefined : readAnswer(answers[asked.length]);
    const measured =
      config.condition === undefined
        ? judgeCompare(
            { ...rule, tolerance: toleranceOf(config.tolerance) ?? { by: 0 }, worse: config.worse },
            scene,
            asked[0]?.queried ?? { problem: 'the query was not asked' },
            schedule,
          )
        : judgeCondition(
            {
              ...rule,
              condition: conditionOf(config.condition),
              text: config.condition,
              everyNode: namesEveryNode(config.query),
            },
            scene,
            asked,
          );
    return counts === undefined ? measured : enoughSamples(measured, counts, schedule);
  },
};

function subjects({ query: text }: PrometheusGate, { fresh }: GateScene): (GatePod | null)[] {
  return isPerNode(text) ? sampled(fresh) : [null];
}

function request(config: PrometheusGate, scene: GateScene, text: string): GateRequest {
  const timeoutMs = timeoutMsOf(config.timeout);
  // One more than is read, so that too many are noticed rather than cut off. Older servers do not know it.
  const body = new URLSearchParams({ query: text, timeout: `${timeoutMs}ms`, limit: `${mostSeries + 1}` });
  return {
    form: 'http',
    url: `${fillIn(config.url, scene, null).replace(/\/+$/, '')}/api/v1/query`,
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...config.headers },
    body: body.toString(),
    timeoutMs,
    ...(config.auth === undefined ? {} : { auth: config.auth }),
    maxBytes: mostBytes,
  };
}

function toleranceOf(given: number | string | undefined): Tolerance | undefined {
  if (typeof given === 'number') return { by: given };
  const [, percent] = /^(\d{1,4}(?:\.\d+)?)%$/.exec(given ?? '') ?? [];
  return percent === undefined ? undefined : { share: Number(percent) / 100 };
}
