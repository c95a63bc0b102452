import { newestLivePod } from '../../domain/cluster/availability.ts';
import { eligibility } from '../../domain/cluster/eligibility.ts';
import type { NodeView, PodView, SchedulingView } from '../../domain/cluster/view.ts';
import type { Grant } from '../../domain/record.ts';

/** What is looked at to tell which nodes are back. */
export interface BackView {
  nodes: readonly NodeView[];
  pods: readonly PodView[];
  scheduling: SchedulingView;
  isAvailable: (pod: PodView) => boolean;
  /** Grants that keep their nodes, whatever runs there. */
  grants: readonly Grant[];
}

/**
 * Tells of a node's uid whether nothing of this DaemonSet is out there any more: the node is gone, its newest pod is available, or
 * no pod belongs there.
 */
export function nodesBack(view: BackView): (nodeUid: string) => boolean {
  const granted = new Set(view.grants.map((grant) => grant.nodeUid));
  const nodes = new Map(view.nodes.map((node) => [node.uid, node]));
  const pods = Map.groupBy(view.pods, (pod) => pod.node);
  return (nodeUid) => {
    if (granted.has(nodeUid)) return false;
    const node = nodes.get(nodeUid);
    if (node === undefined) return true;
    const pod = newestLivePod(pods.get(node.name) ?? []);
    if (pod !== undefined) return view.isAvailable(pod);
    return !eligibility(view.scheduling, node).shouldRun;
  };
}
