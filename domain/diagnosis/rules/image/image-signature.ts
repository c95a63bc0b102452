import { capital, type Rule } from '../../rule.ts';
import { imageChange, imageOf, seekPull } from './pull.ts';

/** The runtime's policy wants a signature that the image does not have. */
export const imageSignature: Rule = {
  cause: 'ImageSignature',
  row: {
    shows: '`SignatureValidationFailed`, `Source image rejected`, `A signature was required`',
    means: 'the policy of the runtime on the node accepts only signed images, and this one is not, or by another key',
    todo: 'sign the image with the key that the policy names, or change the policy of the nodes',
  },
  best: 'high',
  rank: 3,
  explains: ['ImageUnauthorised', 'ImageMissing'],
  changedBy: imageChange,
  find(facts) {
    const hit = seekPull(facts, [/SignatureValidationFailed|Source image rejected|[Aa] signature was required/]);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${capital(imageOf(facts, hit))} is rejected by the signature policy of the node.`,
      nextStep: 'Sign the image with the key that the policy of the nodes accepts, or correct that policy.',
    };
  },
};
