import type * as z from 'zod';
import { mapping } from '../../application/parse-mapping.ts';
import * as value from '../../application/parse-values.ts';
import { describeValue } from '../../plain.ts';
import { judgeLogs } from '../logs/judge-logs.ts';
import { pattern } from '../logs/pattern.ts';
import { sampled } from '../placeholders.ts';
import { oneLine } from '../text.ts';
import type { GateKind, GatePod, GateRequest, GateScene } from '../types.ts';

/** Error lines of updated pods that pods on last good do not log. As the user writes it. */
export interface LogsGate {
  pattern: string;
  /** Lines that are no error although they hold the pattern. */
  ignore?: string;
  container?: string;
  maxLines: number;
  /** Most pods whose log is read, of the batch and of the rest each. */
  pods: number;
  /** `none`: every line that holds the pattern counts. */
  compare: 'updated-vs-rest' | 'none';
}

const mostPods = 50;
const mostLines = 5_000;
const mostBytes = 256 * 1024;
/** The first batch is often one node; one pod alone is a poor witness of what has always been logged. */
const controlsOfFirstBatch = 3;

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
 * Reads logs once for each batch, of sampled pods of the batch and as many of the rest: over a whole rollout that is at most two
 * requests for each node.
 */
export const logsGate: GateKind<LogsGate> = {
  kind: 'logs',
  schema,
  once: true,
  needsRest: ({ compare }) => compare === 'updated-vs-rest',
  // Half a minute, so that there is something to read.
  defaults: { count: 1, failureLimit: 0, initialDelayMs: 30_000 },
  describe: ({ pattern: text, compare }) =>
    oneLine(
      compare === 'none'
        ? `no line of the updated pods' logs matches ${text}`
        : `no line of the updated pods' logs matches ${text}, unless pods on last good log it too`,
    ),
  ask: (config, scene) => [...tested(config, scene), ...controls(config, scene)].map((pod) => request(config, pod)),
  judge: (config, scene, answers) => {
    const updated = tested(config, scene);
    return judgeLogs(
      config,
      updated.map((pod, index) => ({ pod, answer: answers[index] })),
      controls(config, scene).map((pod, index) => ({ pod, answer: answers[updated.length + index] })),
    );
  },
};

function tested(config: LogsGate, { fresh }: GateScene): GatePod[] {
  return sampled(fresh, config.pods);
}

function controls(config: LogsGate, scene: GateScene): GatePod[] {
  if (config.compare === 'none') return [];
  const first = scene.updated.length === scene.fresh.length;
  const least = first ? controlsOfFirstBatch : 1;
  return sampled(scene.rest, Math.min(config.pods, Math.max(least, scene.fresh.length)));
}

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
