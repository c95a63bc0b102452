import { nodeOf, type Rule, seek } from '../../rule.ts';
import { placeTexts, reasonsOf } from './scheduler.ts';

const wordings = [
  /didn't match Pod's node affinity(?:\/selector)?/,
  /didn't match node selector/,
  /didn't satisfy plugin\(s\) \[NodeAffinity\]/,
  /Predicate (?:NodeAffinity|MatchNodeSelector) failed|^NodeAffinity\b/,
];

/** No node, or not this one, fits the node affinity of the pod. */
export const nodeAffinityMismatch: Rule = {
  cause: 'NodeAffinityMismatch',
  row: {
    shows: "`didn't match Pod's node affinity/selector` as the only reason, or `Predicate NodeAffinity failed`",
    means:
      'labels of the node do not fit `nodeSelector` or `affinity` any more, or the node is gone; other nodes are always told so beside the real reason',
    todo: 'compare the labels of the node with `nodeSelector` and `affinity`',
  },
  best: 'medium',
  rank: 1,
  explains: ['Unschedulable'],
  changedBy: /nodeSelector|affinity/i,
  find(facts) {
    const hit = seek(facts, placeTexts, wordings);
    // All nodes but one are told so of every pod of a DaemonSet: beside another reason it is not the reason.
    if (hit === null || reasonsOf(hit.quote.text).some((reason) => !matches(reason))) return null;
    return {
      quotes: [hit.quote],
      confidence: 'medium',
      what: `Node ${nodeOf(facts)} does not fit the node selector or affinity of the pod.`,
      nextStep: `Compare "kubectl get node ${nodeOf(facts)} --show-labels" with nodeSelector and affinity of the template in git.`,
    };
  },
};

function matches(reason: string): boolean {
  return wordings.some((wording) => wording.test(reason));
}
