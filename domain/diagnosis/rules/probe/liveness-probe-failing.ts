import { kubectl, podOf, type Rule } from '../../rule.ts';
import { crashes } from '../symptoms.ts';
import { answerOf, containerIn, failuresOf, killOf } from './probe-texts.ts';

/** The kubelet restarts a container, or is about to, because its liveness probe fails. */
export const livenessProbeFailing: Rule = {
  cause: 'LivenessProbeFailing',
  row: {
    shows:
      'events `Unhealthy: Liveness probe failed` and `Killing: … failed liveness probe, will be restarted`; exit code 137 or 143',
    means: 'the program runs and does not answer its liveness probe, so the kubelet restarts it again and again',
    todo: 'see why the program does not answer; or correct path, port and `failureThreshold` of the probe',
  },
  best: 'high',
  rank: 1,
  symptom: true,
  explains: [...crashes, 'ReadinessProbeFailing'],
  changedBy: /livenessProbe/,
  find(facts) {
    const kill = killOf(facts, 'Liveness');
    const failure = failuresOf(facts, 'Liveness')[0];
    const first = failure ?? kill;
    if (first === undefined) return null;
    const name = containerIn(kill);
    return {
      quotes: kill === undefined || kill === first ? [first] : [first, kill],
      confidence: kill === undefined ? 'medium' : 'high',
      what: `The liveness probe${name === '' ? '' : ` of container ${name}`} fails${failure === undefined ? '' : ` (${answerOf(failure)})`}${kill === undefined ? '' : ', and the kubelet restarts the container'}.`,
      nextStep: `Read ${kubectl(facts, `logs ${podOf(facts)}${name === '' ? '' : ` -c ${name}`} --previous`)}; mend the program, or correct livenessProbe in git.`,
    };
  },
};
