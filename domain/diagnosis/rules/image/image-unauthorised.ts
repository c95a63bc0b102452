import { capital, kubectl, matching, namespaceOf, type Rule, seek } from '../../rule.ts';
import { imageOf, seekPull } from './pull.ts';

const certain = [
  /\b401 Unauthorized|\b403 Forbidden|status(?: code)?:? 40[13]\b/i,
  /no basic auth credentials|authentication required|not authorized|unauthorized:/i,
  /\bdenied: (?!requested access)/i,
];
/** Registries that hide what they have give the same answer for an image that does not exist. */
const either = [/pull access denied|requested access to the resource is denied|insufficient_scope/i];
const noSecret = [
  /FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets \((?<secret>[^)]{1,300})\)/,
];

/** The registry refuses to give the image to the node. */
export const imageUnauthorised: Rule = {
  cause: 'ImageUnauthorised',
  row: {
    shows: '`ErrImagePull` or `ImagePullBackOff` with `401`, `403`, `pull access denied`, `no basic auth credentials`',
    means:
      'the node may not pull this image: pull secret missing, expired or for another registry; some registries answer the same for an image that does not exist',
    todo: 'check `imagePullSecrets` of the template or service account, and the name of the image',
  },
  best: 'high',
  rank: 3,
  changedBy: /\.image\b|imagePullSecrets|serviceAccountName/,
  find(facts) {
    const hit = seekPull(facts, [...either, ...certain]);
    if (hit === null) return null;
    const image = imageOf(facts, hit);
    const secret = seek(facts, ['event'], noSecret);
    const unsure = secret === null && matching(hit.quote, either) !== null;
    const missing =
      secret === null ? '' : ` Pull secret ${secret.get('secret')} does not exist in namespace ${namespaceOf(facts)}.`;
    return {
      quotes: secret === null ? [hit.quote] : [hit.quote, secret.quote],
      confidence: unsure ? 'medium' : 'high',
      what: `${capital(image)} is refused to the node${unsure ? ', or does not exist: this registry answers both alike' : ''}.${missing}`,
      nextStep:
        secret === null
          ? `Check that the pull secrets of the template (${kubectl(facts, 'get secrets --field-selector type=kubernetes.io/dockerconfigjson')}) give access to ${image}, and that its name is right.`
          : `Create Secret ${secret.get('secret')} of type kubernetes.io/dockerconfigjson in namespace ${namespaceOf(facts)}, or correct imagePullSecrets.`,
    };
  },
};
