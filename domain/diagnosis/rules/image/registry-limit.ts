import { capital, matching, type Rule } from '../../rule.ts';
import { imageOf, registryOf, seekPull } from './pull.ts';

const ownLimit = [/pull QPS exceeded/i];
const wordings = [/toomanyrequests/i, /\b429\b.{0,20}Too Many Requests|status(?: code)?:? 429/i, /pull rate limit/i];

/** The registry, or the kubelet, lets no more images be pulled for now. */
export const registryLimit: Rule = {
  cause: 'RegistryLimit',
  row: {
    shows: '`ErrImagePull` with `toomanyrequests` or `429`; or `pull QPS exceeded` from the kubelet',
    means: 'too many pulls in a short time for this account, address or node; the image itself may be fine',
    todo: 'pull as a known account or through a mirror, and lower `podsPerMinute` of the policy',
  },
  best: 'high',
  rank: 3,
  explains: ['ImageUnauthorised', 'RegistryUnreachable', 'ImageMissing'],
  find(facts) {
    const hit = seekPull(facts, [...ownLimit, ...wordings]);
    if (hit === null) return null;
    const own = matching(hit.quote, ownLimit) !== null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: own
        ? 'The kubelet of the node pulls fewer images per second than the pods ask for.'
        : `${capital(registryOf(facts, hit))} refuses further pulls of ${imageOf(facts, hit)} for now.`,
      nextStep: own
        ? 'Wait, or raise registryPullQPS and registryBurst of the kubelet; lower podsPerMinute in the policy.'
        : 'Give the nodes an account or a mirror for this registry, set podsPerMinute in the policy, then send retry.',
    };
  },
};
