import { kubectl, nameOr, type Rule, seek } from '../../rule.ts';
import { creation, mounts } from '../symptoms.ts';

const wordings = [
  /couldn'?t find key (?<key>[\w.-]{1,253}) in (?<kind>ConfigMap|Secret) (?:[\w.-]{1,63}\/)?(?<name>[\w.-]{1,253})/i,
  /(?:volume "(?<volume>[\w.-]{1,63})" : )?references non-existent (?<kind>config|secret) key(?:: (?<key>[\w./-]{1,253}))?/,
  /(?<kind>configmap|secret) "(?<name>[\w.-]{1,253})" does not (?:contain|have) key "?(?<key>[\w.-]{1,253})"?/i,
];

/** ConfigMap or Secret exist, and a key that the template names is not in it. */
export const keyMissing: Rule = {
  cause: 'KeyMissing',
  row: {
    shows:
      "`couldn't find key KEY in ConfigMap NS/NAME`, or event `FailedMount` with `references non-existent config key`",
    means: 'ConfigMap or Secret are there, and the key that the template names is not in them',
    todo: 'add the key, or correct its name in the template',
  },
  best: 'high',
  rank: 3,
  explains: [...creation, ...mounts],
  changedBy: /configMap|secret|envFrom|\.env\b|volumes/i,
  find(facts) {
    const hit = seek(facts, ['waiting', 'event'], wordings);
    if (hit === null) return null;
    const kind = /secret/i.test(hit.get('kind')) ? 'Secret' : 'ConfigMap';
    const key = nameOr(hit.get('key'), 'KEY');
    const name = hit.get('name') === '' ? '' : ` ${nameOr(hit.get('name'), 'NAME')}`;
    const where = name !== '' ? name : hit.get('volume') === '' ? '' : ` of volume ${hit.get('volume')}`;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `${kind}${where} has no key ${key}.`,
      nextStep: `Add key ${key} to ${kind}${where}, or correct the reference in git; ${kubectl(facts, `describe ${kind.toLowerCase()}${name === '' ? 's' : name}`)} shows what there is.`,
    };
  },
};
