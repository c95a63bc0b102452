import type { NodeView } from './view.ts';

/** Node annotations that rules read; everything else of them is dropped from a node's view. */
export const readAnnotations = ['weave.works/kured-reboot-in-progress'] as const;

/**
 * Taints that say that someone takes the node away or down, whatever their effect: a DaemonSet that tolerates everything is
 * still eligible there. Cluster Autoscaler's DeletionCandidate is not among them: a candidate usually stays.
 */
const taints = new Map([
  ['ToBeDeletedByClusterAutoscaler', 'being removed by Cluster Autoscaler'],
  ['karpenter.sh/disrupted', 'being drained by Karpenter'],
  // Karpenter before v1.
  ['karpenter.sh/disruption', 'being drained by Karpenter'],
  ['node.kubernetes.io/out-of-service', 'out of service'],
]);

/**
 * Why a node is under maintenance by someone else, for people; null when it is not (S10, S35).
 * @param upgrading names of nodes on which System Upgrade Controller runs an upgrade: it puts no mark on the node itself
 */
export function maintenanceOf(node: NodeView, upgrading?: ReadonlySet<string>): string | null {
  if (node.deleting === true) return 'being deleted';
  for (const { key } of node.taints) {
    const why = taints.get(key);
    if (why !== undefined) return why;
  }
  if (upgrading?.has(node.name) === true) return 'being upgraded by System Upgrade Controller';
  const rebooting = node.annotations?.['weave.works/kured-reboot-in-progress'];
  return rebooting === undefined ? null : 'being rebooted by kured';
}
