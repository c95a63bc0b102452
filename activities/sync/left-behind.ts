import type { NodeView, PodView } from '../../domain/cluster/view.ts';
import { digest } from '../../domain/digest.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet, Node, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { nodeView, podView } from '../cluster/project.ts';
import { labelSelectorOf } from '../cluster/selector.ts';

/**
 * Whether a Ready node still runs a pod from before last good although last good is live: it was set aside (NotReady, drained)
 * while the others were rolled, and under OnDelete nobody else would ever replace its pod. Asks the cluster for pods only
 * where the controller's own counts say that there may be one.
 */
export async function hasLeftBehind(client: ClusterClient, live: DaemonSet, record: DaemonSetRecord): Promise<boolean> {
  const [good] = record.good;
  if (good === undefined || good.templateDigest !== digest(live.spec.template)) return false;
  const { metadata, status } = live;
  if (status?.observedGeneration !== metadata.generation) return false;
  if (status?.updatedNumberScheduled === status?.desiredNumberScheduled) return false;
  const [pods, nodes] = await Promise.all([
    client.list(paths.pods(metadata.namespace ?? ''), {
      labelSelector: labelSelectorOf(live),
      project: (pod: Pod): PodView | null =>
        pod.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid) ? podView(pod) : null,
    }),
    client.list(paths.nodes(), { project: (node: Node) => nodeView(node) }),
  ]);
  const ready = new Set(nodes.items.filter((node: NodeView) => node.ready).map((node) => node.name));
  return pods.items.some(
    (pod) => pod !== null && pod.terminatingUntilMs === undefined && pod.hash !== good.hash && ready.has(pod.node),
  );
}
