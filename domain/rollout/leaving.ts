import { eligibility } from '../cluster/eligibility.ts';
import type { NodeView, SchedulingView } from '../cluster/view.ts';
import { budgetOf } from './budget.ts';
import type { IntOrPercent } from './policy.ts';

/** What a new template does to nodes that it does not fit any more. */
export interface Leaving {
  /** More nodes than may be out at once. */
  tooMany: boolean;
  /** For people. */
  sentence: string;
}

const namedNodes = 5;

/**
 * Nodes that the new template does not fit, by its nodeSelector, affinity or tolerations (S1). The controller removes their pods as
 * soon as it is live, all at once, whatever the update strategy: no batch, window or gate comes into it. Null when there are none.
 */
export function leavingNodes(
  nodes: readonly NodeView[],
  from: SchedulingView,
  to: SchedulingView,
  maxUnavailable: IntOrPercent,
): Leaving | null {
  const runs = nodes.filter((node) => eligibility(from, node).shouldRun);
  const leaving = runs.filter((node) => !eligibility(to, node).shouldContinue);
  if (leaving.length === 0) return null;
  const budget = budgetOf(maxUnavailable, runs.length);
  const names = leaving.slice(0, namedNodes).map(({ name }) => name);
  const others = leaving.length - names.length;
  const listed = `${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
  const what =
    `The new template does not fit ${leaving.length} of the ${runs.length} nodes that run the DaemonSet now (${listed}): ` +
    'Kubernetes removes their pods as soon as it is live, all at once, without batches or gates';
  if (leaving.length <= budget) return { tooMany: false, sentence: `${what}.` };
  const cure =
    `${budget} may be out at once. Correct nodeSelector, affinity or tolerations; or take the nodes away in steps of at most that ` +
    'many by their labels; or raise maxUnavailable for this commit if all of them may go at once';
  return { tooMany: true, sentence: `${what}, and only ${cure}` };
}
