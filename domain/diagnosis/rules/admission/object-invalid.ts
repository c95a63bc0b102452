import { type Rule, seek } from '../../rule.ts';
import { refusals } from './admission-texts.ts';

const wordings = [
  /(?:DaemonSet\.apps|Pod|pods?) "(?<name>[^"]{1,253})" is invalid: (?<why>.{1,300})/,
  /(?:failed to create typed patch object|unable to decode|strict decoding error).{0,200}?: (?<why>.{1,300})/,
];

/** The API server does not accept an object of the release. */
export const objectInvalid: Rule = {
  cause: 'ObjectInvalid',
  row: {
    shows:
      'the API server answers `DaemonSet.apps "NAME" is invalid: FIELD: …`, or event `FailedCreate` with `Pod "NAME" is invalid`',
    means: 'a field of the manifest has a value that this version of Kubernetes does not accept',
    todo: 'correct the field that the answer names',
  },
  best: 'high',
  rank: 2,
  releaseOnly: true,
  find(facts) {
    const hit = seek(facts, refusals, wordings);
    if (hit === null || /selector/.test(hit.get('why'))) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `The API server does not accept the manifest: ${hit.get('why').slice(0, 250)}.`,
      nextStep:
        'Correct the field that the answer names in git, check it with "kubectl apply --dry-run=server -f FILE", and commit.',
    };
  },
};
