import { type Rule, seek } from '../../rule.ts';

const wordings = [
  /(?<why>[Uu]sage of EmptyDir volume "(?<volume>[\w.-]{1,253})" exceeds the limit "?[\w.]{1,20}"?)/,
  /(?<why>(?:Container|container) \S{1,63} exceeded its local ephemeral storage limit "?[\w.]{1,20}"?)/,
  /(?<why>Pod ephemeral local storage usage exceeds the total limit of containers [\w.]{1,20})/,
];

/** The pod wrote more to local disk than its limit allows, and was evicted for it. */
export const ephemeralStorageExceeded: Rule = {
  cause: 'EphemeralStorageExceeded',
  row: {
    shows:
      'pod reason `Evicted`: `Usage of EmptyDir volume "NAME" exceeds the limit`, `exceeded its local ephemeral storage limit`',
    means: 'the pod itself writes more to the disk of the node than its limits allow',
    todo: 'raise `limits.ephemeral-storage` or `sizeLimit`, or see why it writes so much',
  },
  best: 'high',
  rank: 3,
  explains: ['NodePressure'],
  changedBy: /resources|volumes|sizeLimit|\.image\b/,
  find(facts) {
    const hit = seek(facts, ['pod', 'event'], wordings);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `The pod was evicted for its own use of disk: ${hit.get('why')}.`,
      nextStep: `Raise ${hit.get('volume') === '' ? 'limits.ephemeral-storage' : `sizeLimit of volume ${hit.get('volume')}`} in git, or find out what the program writes.`,
    };
  },
};
