import type * as z from 'zod';
import { mapping } from '../../application/parse-mapping.ts';
import * as value from '../../application/parse-values.ts';
import { describeValue } from '../../plain.ts';
import { hasLines, judgeLogs } from '../logs/judge-logs.ts';
import { pattern } from '../logs/pattern.ts';
import { controlsOf, lookedAt, restsNow } from '../logs/reads.ts';
import { oneLine } from '../text.ts';
import type { GateKind, GatePod, GateRequest } from '../types.ts';

/** Error lines of updated pods that pods on last good do not log. As the user writes it. */
export interface LogsGate {
  pattern: string;
  /** Lines that are no error although they hold the pattern. */
  ignore?: string;
  container?: string;
  maxLines: number;
  /** Most pods whose log one look reads, of the batch and of the rest each. */
  pods: number;
  /** `none`: every line that holds the pattern counts. */
  compare: 'updated-vs-rest' | 'none';
}

const mostPods = 50;
const mostLines = 5_000;
const mostBytes = 256 * 1024;

const upTo = (most: number, what: string) =>
  value.field(`a number of ${what} from 1 to ${most}`, (given) =>
    typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= most ? { value: given } : undefined,
  );

const container = value.text('the name of a container', (text) =>
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text) ? undefined : `${describeValue(text)} is no name of a container`,
);

const schema: z.ZodType<LogsGate> = mapping('a mapping such as {pattern: "(?i)error|panic"}', {
  pattern: pattern.default(String.raw`(?i)\b(error|fatal|panic|exception)\b`),
  ignore: pattern.optional(),
  container: container.optional(),
  maxLines: upTo(mostLines, 'lines').default(1_000),
  pods: upTo(mostPods, 'pods').default(10),
  compare: value.choice(['updated-vs-rest', 'none']).default('updated-vs-rest'),
});

/**
 * Reads logs of sampled pods of the batch, and again through its soak; of the rest only where a line counts. Over a whole rollout that
 * is at most two requests for each node.
 */
export const logsGate: GateKind<LogsGate> = {
  kind: 'logs',
  schema,
  rests: restsNow,
  needsRest: ({ compare }) => compare === 'updated-vs-rest',
  // Half a minute, so that there is something to read.
  defaults: { count: 1, failureLimit: 0, initialDelayMs: 30_000 },
  describe: ({ pattern: text, compare }) =>
    oneLine(
      compare === 'none'
        ? `no line of the updated pods' logs matches ${text}`
        : `no line of the updated pods' logs matches ${text}, unless pods on last good log it too`,
    ),
  ask: (config, scene) => lookedAt(config, scene).map((pod) => request(config, pod)),
  askMore: (config, scene, answers) =>
    hasLines(config, answers) ? controlsOf(config, scene).map((pod) => request(config, pod)) : [],
  judge: (config, scene, answers) => {
    const updated = lookedAt(config, scene);
    const asked = controlsOf(config, scene).slice(0, Math.max(0, answers.length - updated.length));
    return judgeLogs(
      config,
      updated.map((pod, index) => ({ pod, answer: answers[index] })),
      asked.map((pod, index) => ({ pod, answer: answers[updated.length + index] })),
    );
  },
};

function request({ container: name, maxLines }: LogsGate, pod: GatePod): GateRequest {
  return {
    form: 'logs',
    pod,
    ...(name === undefined ? {} : { container: name }),
    // The log of a pod begins with it, by the node's own clock.
    sinceMs: 0,
    maxLines,
    maxBytes: mostBytes,
  };
}
