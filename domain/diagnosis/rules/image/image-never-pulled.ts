import { capital, nodeOf, type Rule } from '../../rule.ts';
import { imageOf, seekPull } from './pull.ts';

/** The image is not on the node and must not be pulled. */
export const imageNeverPulled: Rule = {
  cause: 'ImageNeverPulled',
  row: {
    shows: '`ErrImageNeverPull`',
    means: '`imagePullPolicy: Never`, and the image is not on the node',
    todo: 'put the image on the nodes, or change `imagePullPolicy` to `IfNotPresent`',
  },
  best: 'high',
  rank: 3,
  changedBy: /\.image\b|imagePullPolicy/,
  find(facts) {
    const hit = seekPull(facts, [/ErrImageNeverPull/, /is not present with pull policy of Never/]);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${capital(imageOf(facts, hit))} is not on node ${nodeOf(facts)}, and imagePullPolicy Never forbids to pull it.`,
      nextStep: 'Put the image on the nodes, or set imagePullPolicy to IfNotPresent in git.',
    };
  },
};
