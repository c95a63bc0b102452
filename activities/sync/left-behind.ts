import type { PodView } from '../../domain/cluster/view.ts';
import { digest } from '../../domain/digest.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import { stragglersOf } from '../../domain/rollout/stragglers.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet, Node, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { nodeView, podView, schedulingView } from '../cluster/project.ts';
import { labelSelectorOf } from '../cluster/selector.ts';

/**
 * Nodes that still run a pod from before last good although last good is live: they were set aside (NotReady, drained) while
 * the others were rolled, and under OnDelete nobody else would ever replace their pods. Asks the cluster for pods and
 * nodes only where the controller's own counts say that there may be one.
 */
export async function leftBehind(
  client: ClusterClient,
  live: DaemonSet,
  record: DaemonSetRecord,
  policy: RolloutPolicy | undefined,
): Promise<string[]> {
  const [good] = record.good;
  if (good === undefined || good.templateDigest !== digest(live.spec.template)) return [];
  const { metadata, status } = live;
  if (status?.observedGeneration !== metadata.generation) return [];
  if (status?.updatedNumberScheduled === status?.desiredNumberScheduled) return [];
  const [pods, nodes] = await Promise.all([
    client.list(paths.pods(metadata.namespace ?? ''), {
      labelSelector: labelSelectorOf(live),
      project: (pod: Pod): PodView | null =>
        pod.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid) ? podView(pod) : null,
    }),
    client.list(paths.nodes(), { project: (node: Node) => nodeView(node) }),
  ]);
  return stragglersOf({
    nodes: nodes.items,
    pods: pods.items.filter((pod) => pod !== null),
    scheduling: schedulingView(live.spec.template),
    hash: good.hash,
    policy,
  });
}
