import { nameOr, type Rule, seek } from '../../rule.ts';
import { refusals } from './admission-texts.ts';

const wordings = [
  /no PriorityClass with name (?<name>[\w.-]{1,253}) was found/,
  /priorityclasses\.scheduling\.k8s\.io "(?<name>[\w.-]{1,253})" not found/,
];

/** The priority class of the template does not exist. */
export const priorityClassMissing: Rule = {
  cause: 'PriorityClassMissing',
  row: {
    shows: 'event `FailedCreate`: `no PriorityClass with name NAME was found`',
    means: 'the template names a priority class that the cluster does not have; no pod is created',
    todo: 'create the PriorityClass, or correct `priorityClassName`',
  },
  best: 'high',
  rank: 3,
  explains: ['AdmissionDenied'],
  changedBy: /priorityClassName/,
  find(facts) {
    const hit = seek(facts, refusals, wordings);
    if (hit === null) return null;
    const name = nameOr(hit.get('name'), 'NAME');
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `PriorityClass ${name} does not exist.`,
      nextStep: `Create PriorityClass ${name}, or correct priorityClassName in git; "kubectl get priorityclasses" shows what there is.`,
    };
  },
};
