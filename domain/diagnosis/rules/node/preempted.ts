import { daemonSetOf, nodeOf, type Rule, seek } from '../../rule.ts';

/** The pod had to give way to one of higher priority. */
export const preempted: Rule = {
  cause: 'Preempted',
  row: {
    shows:
      'pod reason `Preempting`: `Preempted in order to admit critical pod`; event `Preempted by … on node`; condition `DisruptionTarget: PreemptionByScheduler`',
    means: 'a pod of higher priority took the place of this one',
    todo: 'give the DaemonSet a priority class such as `system-node-critical`, or make room',
  },
  best: 'high',
  rank: 3,
  changedBy: /priorityClassName/,
  find(facts) {
    const hit = seek(
      facts,
      ['pod', 'event', 'condition'],
      [
        /Preempted in order to admit critical pod/,
        /^Preempt(?:ing|ed)\b.{0,60}(?:by|in order)/,
        /PreemptionByScheduler|PreemptionByKubeScheduler/,
      ],
    );
    if (hit === null) return null;
    return {
      quotes: [hit.quote],
      confidence: 'high',
      what: `The pod had to give way to a pod of higher priority on node ${nodeOf(facts)}.`,
      nextStep: `Give ${daemonSetOf(facts)} a priorityClassName in git (system-node-critical for node agents), or make room on node ${nodeOf(facts)}.`,
    };
  },
};
