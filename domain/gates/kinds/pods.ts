import type * as z from 'zod';
import { mapping } from '../../application/parse-mapping.ts';
import * as value from '../../application/parse-values.ts';
import { allowanceOf } from '../../rollout/budget.ts';
import type { IntOrPercent } from '../../rollout/policy.ts';
import type { GateKind, GatePod } from '../types.ts';
import { namesOf } from '../words.ts';

/** How many updated pods may be unavailable, and how often each of them may restart. */
export interface PodsGate {
  maxRestarts: number;
  maxUnavailable: IntOrPercent;
}

const schema: z.ZodType<PodsGate> = mapping('a mapping such as {maxRestarts: 0}', {
  maxRestarts: value.count(0).default(0),
  maxUnavailable: value.nodesOrNone.default(0),
});

/**
 * Looks at every pod on the new template, those of earlier batches included. Stricter than what every rollout does by itself:
 * restarts are held against a limit of its own, and a pod that stops being available fails it before `readyWithin` is over.
 */
export const podsGate: GateKind<PodsGate> = {
  kind: 'pods',
  schema,
  describe: ({ maxRestarts, maxUnavailable }) =>
    `updated pods: at most ${maxRestarts} restarts each, at most ${maxUnavailable} of them unavailable`,
  ask: () => [],
  judge: ({ maxRestarts, maxUnavailable }, { updated }) => {
    const samples = updated.length;
    if (samples === 0) return { outcome: 'inconclusive', sentence: 'no pod runs the new template', samples };
    const restarting = updated.filter((pod) => pod.restarts > maxRestarts);
    const down = updated.filter((pod) => !pod.available);
    const allowed = allowanceOf(maxUnavailable, samples);
    if (restarting.length > 0) {
      return failure(restarting, `of ${samples} updated pods restarted more than ${maxRestarts} times`, samples);
    }
    if (down.length > allowed)
      return failure(down, `of ${samples} updated pods unavailable, ${allowed} allowed`, samples);
    return {
      outcome: 'success',
      sentence: `${samples - down.length} of ${samples} updated pods are available`,
      samples,
    };
  },
};

function failure(pods: readonly GatePod[], what: string, samples: number) {
  const nodes = pods.map(({ node }) => node);
  return { outcome: 'failure', sentence: `${pods.length} ${what}: ${namesOf(nodes)}`, samples, nodes } as const;
}
