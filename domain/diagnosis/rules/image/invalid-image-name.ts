import { type Rule, speaker } from '../../rule.ts';
import { imageChange, seekPull } from './pull.ts';

const wordings = [
  /^InvalidImageName\b/,
  /invalid reference format/,
  /couldn'?t parse image (?:name|reference)/i,
  /Failed to apply default image tag "(?<image>[^"]{0,253})"/,
  /repository name must be lowercase/,
];

/** What stands in `image` is no image name. */
export const invalidImageName: Rule = {
  cause: 'InvalidImageName',
  row: {
    shows: '`InvalidImageName`, event `InspectFailed`, `invalid reference format`',
    means:
      'what stands in `image` can be no image: a capital letter, a space, two colons, an empty tag or a template that was not filled in',
    todo: 'correct `image` in git',
  },
  best: 'high',
  rank: 3,
  releaseOnly: true,
  changedBy: imageChange,
  find(facts) {
    const hit = seekPull(facts, wordings);
    if (hit === null) return null;
    const image = hit.quote.container?.image;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `The image name of ${speaker(facts, hit.quote)}${image === undefined ? '' : `, "${image}",`} is not valid.`,
      nextStep:
        'Correct the image name in git: [host[:port]/]path[:tag][@digest], the path in lower case; then commit.',
    };
  },
};
