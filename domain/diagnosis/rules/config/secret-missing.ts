import { kubectl, nameOr, namespaceOf, type Rule, seek } from '../../rule.ts';
import { creation, mounts } from '../symptoms.ts';

const wordings = [/secrets? "(?<name>[\w.-]{1,253})" not found/i, /Secret \S{1,63}\/(?<name>[\w.-]{1,253}) not found/];

/** A Secret that the template refers to does not exist. */
export const secretMissing: Rule = {
  cause: 'SecretMissing',
  row: {
    shows: '`CreateContainerConfigError` or event `FailedMount` with `secret "NAME" not found`',
    means: "the template refers to a Secret that is not in the pod's namespace",
    todo: 'create the Secret in the namespace (Nodewave does not carry secrets for you), or correct its name',
  },
  best: 'high',
  rank: 3,
  explains: [...creation, ...mounts],
  changedBy: /secret|envFrom|\.env\b|volumes/i,
  find(facts) {
    const hit = seek(facts, ['waiting', 'event', 'refusal'], wordings);
    if (hit === null) return null;
    const name = nameOr(hit.get('name'), 'NAME');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `Secret ${name} does not exist in namespace ${namespaceOf(facts)}.`,
      nextStep: `Create Secret ${name} in namespace ${namespaceOf(facts)}, or correct the reference in git; see what there is with ${kubectl(facts, 'get secrets')}.`,
    };
  },
};
