import { kubectl, nodeOf, podOf, type Rule, seek } from '../../rule.ts';
import { placeTexts } from './scheduler.ts';

const wordings = [/^(?:Unschedulable|FailedScheduling|SchedulerError)\b/, /\d+\/\d+ nodes are available/];

/** The scheduler has no place for the pod, for a reason that no other rule knows. */
export const unschedulable: Rule = {
  cause: 'Unschedulable',
  row: {
    shows:
      '`PodScheduled` is False with `Unschedulable`, event `FailedScheduling`, and a reason that no other row knows',
    means: 'the scheduler does not put the pod on its node: anti-affinity, topology spread, a plugin of the scheduler',
    todo: 'read the reason; correct the rules of placement in the template',
  },
  best: 'medium',
  rank: 0,
  symptom: true,
  find(facts) {
    const hit = seek(facts, placeTexts, wordings);
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'medium',
      what: `The scheduler does not place the pod on node ${nodeOf(facts)}.`,
      nextStep: `Read the reason in ${kubectl(facts, `describe pod ${podOf(facts)}`)} and correct the template's rules of placement in git.`,
    };
  },
};
