import { nodeOf, type Rule, seek } from '../../rule.ts';
import { otherNodes, placeTexts } from './scheduler.ts';

const wordings = [
  /untolerated taint\(?s?\)? ?\{(?<taint>[^}]{1,200})\}/,
  /had taints? \{(?<taint>[^}]{1,200})\}, that the pod didn't tolerate/,
  // Newer schedulers do not name it.
  /had untolerated taint\(s\)/,
  /had taints that the pod didn't tolerate/,
  /Predicate TaintToleration failed/,
];

/** The node has a taint that the pod does not tolerate. */
export const taintNotTolerated: Rule = {
  cause: 'TaintNotTolerated',
  row: {
    shows:
      "`had untolerated taint(s)`, or the older `{KEY: VALUE}` after it and `had taint …, that the pod didn't tolerate`",
    means: 'the node was tainted after the pod was made for it, or the template lost a toleration',
    todo: 'add the toleration to the template, or remove the taint',
  },
  best: 'medium',
  rank: 2,
  explains: otherNodes,
  changedBy: /tolerations/,
  find(facts) {
    const hit = seek(facts, placeTexts, wordings);
    if (hit === null) return null;
    const taint = hit.get('taint').replace(/: ?$/, '');
    return {
      quotes: [hit.quote],
      confidence: 'medium',
      what: `The pod does not tolerate ${taint === '' ? 'a taint' : `taint ${taint}`} of node ${nodeOf(facts)}.`,
      nextStep: `Add a toleration for ${taint === '' ? 'the taint' : taint} to the template in git, or run "kubectl taint node ${nodeOf(facts)} ${taint === '' ? 'KEY' : taint.split(/[:=]/)[0]}-".`,
    };
  },
};
