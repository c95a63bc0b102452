import { kubectl, namespaceOf, type Rule, seek } from '../../rule.ts';
import { refusals } from './admission-texts.ts';

const wordings = [
  /(?<why>(?:maximum|minimum) [\w./-]{1,60} usage per (?:Container|Pod) is .{1,150})/,
  /(?<why>[\w.-]{1,60} max limit to request ratio per (?:Container|Pod) is .{1,150})/,
];

/** Requests or limits of the template lie outside of what the namespace's LimitRange allows. */
export const limitRangeExceeded: Rule = {
  cause: 'LimitRangeExceeded',
  row: {
    shows: 'event `FailedCreate`: `maximum memory usage per Container is 1Gi, but limit is 2Gi`',
    means: "requests or limits of the template lie outside of the namespace's LimitRange; no pod is created",
    todo: 'change requests and limits, or the LimitRange',
  },
  best: 'high',
  rank: 3,
  explains: ['AdmissionDenied'],
  changedBy: /resources/,
  find(facts) {
    const hit = seek(facts, refusals, wordings);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `The LimitRange of namespace ${namespaceOf(facts)} refuses the pod: ${hit.get('why')}.`,
      nextStep: `Change requests and limits of the template in git to fit ${kubectl(facts, 'describe limitrange')}, or change the LimitRange.`,
    };
  },
};
