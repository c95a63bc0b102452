import { eligibility } from './eligibility.ts';
import type { NodeView, SchedulingView } from './view.ts';

/** Most nodes named in the sentence. */
const named = 5;

/**
 * Whether Nodewave counts as many nodes for the live template as the DaemonSet controller does (S1): null when both agree, else
 * a sentence with both numbers and nodes where that may come from. A predicate that differs would take nodes on which no pod
 * comes back, or leave nodes out.
 *
 * The controller's number may be old: a node that has a pod and only gains or loses a NoSchedule taint, as every node does that turns
 * NotReady, makes it count again only with the next event of the DaemonSet. Such nodes explain a difference.
 * @param desired `status.desiredNumberScheduled` of the generation that is live
 * @param podNodes names of nodes that have a pod of the DaemonSet
 */
export function disagreement(input: {
  desired: number;
  nodes: readonly NodeView[];
  podNodes: ReadonlySet<string>;
  scheduling: SchedulingView;
}): string | null {
  const { desired, nodes, podNodes, scheduling } = input;
  const ours = nodes.filter((node) => eligibility(scheduling, node).shouldRun);
  if (ours.length === desired) return null;
  const tolerated = nodes.filter((node) => {
    const { shouldRun, shouldContinue } = eligibility(scheduling, node);
    return !shouldRun && shouldContinue && podNodes.has(node.name);
  });
  if (desired > ours.length && desired <= ours.length + tolerated.length) return null;
  if (desired < ours.length && ours.every((node) => podNodes.has(node.name))) return null;
  const suspects = nodes.flatMap((node) => {
    const { shouldRun, shouldContinue } = eligibility(scheduling, node);
    if (shouldRun && !podNodes.has(node.name)) return [`${node.name} (eligible, no pod)`];
    if (!shouldRun && podNodes.has(node.name)) {
      return [`${node.name} (${shouldContinue ? 'a pod, but no new one would be made' : 'a pod, but not eligible'})`];
    }
    return [];
  });
  const more = suspects.length > named ? ` and ${suspects.length - named} more` : '';
  const where = suspects.length === 0 ? 'no node stands out' : `look at ${suspects.slice(0, named).join(', ')}${more}`;
  return `the DaemonSet controller counts ${desired} nodes for the live template, Nodewave ${ours.length}: ${where}`;
}
