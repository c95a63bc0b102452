import { capital, type Rule } from '../../rule.ts';
import { imageChange, imageOf, seekPull } from './pull.ts';

const wordings = [
  /failed to resolve (?:reference|image) "[^"\s]+": [^\s"]+: not found/,
  /manifest (?:for \S+ )?(?:not found|unknown)/i,
  /(?:tag|name|repository) unknown\b|NAME_UNKNOWN|MANIFEST_UNKNOWN/i,
  /repository \S+ not found|repository does not exist(?! or may require)/i,
  /[Tt]ag \S+ not found in repository/,
  /unexpected status from HEAD request to \S+: 404/,
];

/** The registry answers that it has no such image. */
export const imageMissing: Rule = {
  cause: 'ImageMissing',
  row: {
    shows: '`ErrImagePull` or `ImagePullBackOff`; the runtime quotes the registry: `not found`, `manifest unknown`',
    means: 'the registry was reached and has no such repository, tag or digest',
    todo: 'correct the image in git, or push the missing tag; check that the build of that tag has finished',
  },
  best: 'high',
  rank: 3,
  changedBy: imageChange,
  find(facts) {
    const hit = seekPull(facts, wordings);
    if (hit === null) return null;
    const image = imageOf(facts, hit);
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${capital(image)} does not exist in its registry.`,
      nextStep: `Push ${image}, or correct its name, tag or digest in git and commit.`,
    };
  },
};
