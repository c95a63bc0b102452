import { kubectl, nameOr, namespaceOf, type Rule, seek } from '../../rule.ts';
import { creation, mounts } from '../symptoms.ts';

const wordings = [
  /configmaps? "(?<name>[\w.-]{1,253})" not found/i,
  /ConfigMap \S{1,63}\/(?<name>[\w.-]{1,253}) not found/i,
];

/** A ConfigMap that the template refers to does not exist. */
export const configMapMissing: Rule = {
  cause: 'ConfigMapMissing',
  row: {
    shows: '`CreateContainerConfigError` or event `FailedMount` with `configmap "NAME" not found`',
    means: "the template refers to a ConfigMap that is not in the pod's namespace, by `env`, `envFrom` or a volume",
    todo: 'add the ConfigMap to git, or correct its name; mark the reference `optional` if it may be missing',
  },
  best: 'high',
  rank: 3,
  explains: [...creation, ...mounts],
  changedBy: /configMap|envFrom|\.env\b|volumes/,
  find(facts) {
    const hit = seek(facts, ['waiting', 'event', 'refusal'], wordings);
    if (hit === null) return null;
    const name = nameOr(hit.get('name'), 'NAME');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `ConfigMap ${name} does not exist in namespace ${namespaceOf(facts)}.`,
      nextStep: `Add ConfigMap ${name} to the manifests in git, or correct the reference; see what there is with ${kubectl(facts, 'get configmaps')}.`,
    };
  },
};
