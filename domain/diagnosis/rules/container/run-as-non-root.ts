import { type Rule, seek, speaker } from '../../rule.ts';
import { creation } from '../symptoms.ts';

const wordings = [
  /container has runAsNonRoot and image will run as root/,
  /container's runAsUser breaks non-root policy/,
  /runAsNonRoot and image has non-numeric user \((?<user>[^)]{1,60})\)/,
];

/** The pod forbids root, and the image would run as root or as a user whose number is not known. */
export const runAsNonRoot: Rule = {
  cause: 'RunAsNonRoot',
  row: {
    shows: '`CreateContainerConfigError` with `container has runAsNonRoot and image will run as root`',
    means: 'the template demands a user other than root, and the image names root, or a user by name instead of number',
    todo: 'set `runAsUser` to a number in the template, or `USER` to a number in the image',
  },
  best: 'high',
  rank: 3,
  explains: creation,
  changedBy: /securityContext|\.image\b/,
  find(facts) {
    const hit = seek(facts, ['waiting', 'event'], wordings);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${speaker(facts, hit.quote).replace(/^./, (first) => first.toUpperCase())} must not run as root, and its image ${hit.get('user') === '' ? 'would' : `names its user "${hit.get('user')}" without a number`}.`,
      nextStep: 'Set securityContext.runAsUser to a number other than 0 in git, or USER to one in the image.',
    };
  },
};
