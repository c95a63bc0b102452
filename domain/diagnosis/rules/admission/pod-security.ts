import { daemonSetOf, namespaceOf, type Rule, seek } from '../../rule.ts';
import { refusals } from './admission-texts.ts';

const wordings = [
  /violates PodSecurity "(?<level>[\w:.-]{1,60})": (?<why>.{1,250})/,
  /PodSecurityPolicy: unable to admit pod: ?(?<why>.{0,250})/,
  /unable to validate against any (?:pod security policy|security context constraint): ?(?<why>.{0,250})/,
];

/** The namespace's Pod Security level, or an older or other such policy, forbids the pod. */
export const podSecurity: Rule = {
  cause: 'PodSecurity',
  row: {
    shows:
      'event `FailedCreate`: `violates PodSecurity "restricted:latest"`, or `unable to validate against any security context constraint`',
    means:
      'the pod asks for rights (privileged, host paths, host network, root) that the level of its namespace forbids; no pod is created',
    todo: 'take these settings out of the template, or have the namespace raised to `privileged`, as node agents often need',
  },
  best: 'high',
  rank: 3,
  explains: ['AdmissionDenied'],
  changedBy: /securityContext|hostPath|hostNetwork|hostPID|hostPort|volumes|privileged/,
  find(facts) {
    const hit = seek(facts, refusals, wordings);
    if (hit === null) return null;
    const level = hit.get('level');
    const namespace = namespaceOf(facts);
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `Pods of ${daemonSetOf(facts)} are forbidden by ${level === '' ? 'the security policy of the cluster' : `Pod Security level ${level}`} in namespace ${namespace}: ${hit.get('why').slice(0, 150)}.`,
      nextStep:
        level === ''
          ? "Give the pod's service account a policy that allows this, or take the settings out of the template in git."
          : `Take these settings out of the template, or have an administrator run "kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite".`,
    };
  },
};
