import { kubectl, podOf, type Rule } from '../../rule.ts';
import { crashes } from '../symptoms.ts';
import { answerOf, containerIn, failuresOf, killOf } from './probe-texts.ts';

/** The kubelet restarts a container, or is about to, because its startup probe fails. */
export const startupProbeFailing: Rule = {
  cause: 'StartupProbeFailing',
  row: {
    shows:
      'events `Unhealthy: Startup probe failed` and `Killing: … failed startup probe, will be restarted`; exit code 137 or 143',
    means: 'the program does not come up before its startup probe gives up, so the kubelet restarts it',
    todo: 'see what the start waits for; or raise `failureThreshold` or `periodSeconds` of the probe',
  },
  best: 'high',
  rank: 1,
  symptom: true,
  explains: [...crashes, 'LivenessProbeFailing', 'ReadinessProbeFailing'],
  changedBy: /startupProbe/,
  find(facts) {
    const kill = killOf(facts, 'Startup');
    const failure = failuresOf(facts, 'Startup')[0];
    const first = failure ?? kill;
    if (first === undefined) return null;
    const name = containerIn(kill);
    return {
      quotes: kill === undefined || kill === first ? [first] : [first, kill],
      confidence: kill === undefined ? 'medium' : 'high',
      what: `The startup probe${name === '' ? '' : ` of container ${name}`} fails${failure === undefined ? '' : ` (${answerOf(failure)})`}${kill === undefined ? '' : ', and the kubelet restarts the container'}.`,
      nextStep: `Read ${kubectl(facts, `logs ${podOf(facts)}${name === '' ? '' : ` -c ${name}`} --previous`)}; mend the program, or correct startupProbe in git.`,
    };
  },
};
