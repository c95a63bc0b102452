import type { Judged } from './http-expect.ts';
import { counted, oneLine } from './text.ts';
import type { GatePod, Measurement } from './types.ts';
import { namesOf } from './words.ts';

/** A pod that was asked, and what came of it. */
export interface PodAnswer {
  pod: GatePod;
  judged: Judged | undefined;
}

/**
 * The answers of many pods together: a failure anywhere fails, naming the nodes; then errors, then what is inconclusive. A pod
 * that does not answer is a failure when another one did, of the batch or of `controls`: then the network lets us in, and it is the
 * release that is silent. When none does, it may as well be the network, which is no word on the release.
 * @param total how many pods the batch has
 */
export function judgePods(asked: readonly PodAnswer[], controls: readonly Judged[], total: number): Measurement {
  if (asked.length === 0)
    return { outcome: 'inconclusive', sentence: 'the batch has no pod with an address', samples: 0 };
  const answered = (one: Judged | undefined): boolean => one !== undefined && one.unanswered !== true;
  const reached = asked.some(({ judged }) => answered(judged)) || controls.some(answered);
  const outcomeOf = ({ judged }: PodAnswer): Judged['outcome'] =>
    judged === undefined ? 'error' : judged.unanswered === true && reached ? 'failure' : judged.outcome;
  const samples = asked.filter(({ judged }) => answered(judged) || (judged !== undefined && reached)).length;
  const of = asked.length === total ? counted(total, 'pod') : `${asked.length} sampled pods of ${total}`;
  for (const outcome of ['failure', 'error', 'inconclusive'] as const) {
    const found = asked.filter((one) => outcomeOf(one) === outcome);
    const [first] = found;
    if (first === undefined) continue;
    const nodes = found.map(({ pod }) => pod.node);
    const why = first.judged?.why ?? 'it was not asked';
    const hint = outcome === 'error' && !reached ? '; no pod could be reached, so this may be the network' : '';
    const sentence = oneLine(`${found.length} of ${of} (${namesOf(nodes)}): ${why}${hint}`);
    if (outcome === 'error') return { outcome, sentence };
    return { outcome, sentence, samples, ...(outcome === 'failure' ? { nodes } : {}) };
  }
  return { outcome: 'success', sentence: oneLine(`${of}: ${asked[0]?.judged?.why}`), samples };
}
