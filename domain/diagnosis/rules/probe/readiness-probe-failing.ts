import { kubectl, podOf, type Rule } from '../../rule.ts';
import { answerOf, failuresOf } from './probe-texts.ts';

/** The program runs and says that it is not ready. */
export const readinessProbeFailing: Rule = {
  cause: 'ReadinessProbeFailing',
  row: {
    shows:
      'event `Unhealthy: Readiness probe failed` with a status, a refusal or the output of a command; the pod runs and is not Ready',
    means: 'the program is up and says that it is not ready: often because of something that it waits for',
    todo: 'read its log and what the probe answers; or correct path and port of the probe',
  },
  best: 'medium',
  rank: 1,
  symptom: true,
  changedBy: /readinessProbe/,
  find(facts) {
    const failure = failuresOf(facts, 'Readiness')[0];
    if (failure === undefined) return null;
    return {
      quotes: [failure],
      confidence: 'medium',
      what: `The readiness probe fails: ${answerOf(failure)}.`,
      nextStep: `Read ${kubectl(facts, `logs ${podOf(facts)}`)} for what the program waits for; or correct readinessProbe in git.`,
    };
  },
};
