import type * as z from 'zod';
import { mapping } from '../../application/parse-mapping.ts';
import * as value from '../../application/parse-values.ts';
import { formatDuration } from '../../duration.ts';
import { podTemplate } from '../../policy/pod-template.ts';
import type { GateKind } from '../types.ts';
import { namesOf } from '../words.ts';

/** A Job that is run once on nodes of the batch. */
export interface JobGate {
  template: Record<string, unknown>;
  /** How long each Job may take. */
  withinMs: number;
  /** Most nodes of the batch that it is run on. */
  nodes: number;
}

const schema: z.ZodType<JobGate> = mapping('a mapping with template', {
  template: podTemplate,
  within: value.duration(1_000, 24 * 3_600_000, 'between 1s and 24h').default(10 * 60_000),
  nodes: value.count(1).default(10),
}).transform(({ within, ...rest }) => ({ ...rest, withinMs: within }));

/** A template run as a Job on nodes of the batch, pinned to each; all of them must succeed. Run once for each batch. */
export const jobGate: GateKind<JobGate> = {
  kind: 'job',
  schema,
  once: true,
  defaults: { count: 1, failureLimit: 0 },
  write: ({ withinMs, ...rest }) => ({ ...rest, within: formatDuration(withinMs) }),
  describe: ({ nodes, withinMs }) =>
    `a Job on at most ${nodes} nodes of the batch succeeds within ${Math.round(withinMs / 1000)} s`,
  ask: ({ template, withinMs, nodes }, { fresh }) =>
    fresh.length === 0
      ? []
      : [{ form: 'job', nodes: fresh.slice(0, nodes).map(({ node }) => node), template, withinMs }],
  judge: (_config, _scene, [answer]) => {
    if (answer?.form === 'problem') return { outcome: 'error', sentence: answer.problem };
    if (answer?.form !== 'job' || answer.ended.length === 0) {
      return { outcome: 'inconclusive', sentence: 'no node was there to run the Job on', samples: 0 };
    }
    const samples = answer.ended.length;
    const failed = answer.ended.filter(({ succeeded }) => !succeeded);
    const [first] = failed;
    if (first === undefined) return { outcome: 'success', sentence: `the Job succeeded on ${samples} nodes`, samples };
    const nodes = failed.map(({ node }) => node);
    const sentence = `the Job failed on ${failed.length} of ${samples} nodes (${namesOf(nodes)}); ${first.node}: ${first.sentence}`;
    return { outcome: 'failure', sentence, samples, nodes };
  },
};
