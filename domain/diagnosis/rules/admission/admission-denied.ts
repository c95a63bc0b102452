import { type Rule, seek } from '../../rule.ts';
import { refusals } from './admission-texts.ts';

const wordings = [
  /admission webhook "(?<name>[\w.-]{1,253})" denied the request(?: without explanation)?:? ?(?<why>.{0,250})/,
  /ValidatingAdmissionPolicy '(?<name>[^']{1,253})' (?:with binding '[^']{1,253}' )?denied request:? ?(?<why>.{0,250})/,
  /FailedCreate: .{0,30}pods "[^"]{1,253}" is forbidden: (?<why>.{1,250})/,
];

/** A policy of the cluster refuses the pod or the DaemonSet. */
export const admissionDenied: Rule = {
  cause: 'AdmissionDenied',
  row: {
    shows:
      '`admission webhook "NAME" denied the request`, `ValidatingAdmissionPolicy \'NAME\' … denied request`, in event `FailedCreate` or as answer to Nodewave',
    means: 'a policy of the cluster refuses what is in git, and says why',
    todo: 'change the manifest as the policy asks, or talk to whoever keeps the policy',
  },
  best: 'high',
  rank: 2,
  find(facts) {
    const hit = seek(facts, refusals, wordings);
    if (hit === null) return null;
    const name = hit.get('name');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${name === '' ? 'The API server' : `Policy ${name}`} forbids it: ${hit.get('why') === '' ? 'no reason given' : hit.get('why').slice(0, 200)}.`,
      nextStep: `Change the manifest in git as ${name === '' ? 'the answer' : `policy ${name}`} asks, or have an exception made for this namespace.`,
    };
  },
};
