import type { GateAnswer, NeighbourNode, NeighbourPod } from '../../domain/gates/types.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { Condition, Node, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';

/**
 * Nodes with their conditions and the pods of others there. Both are read as whole collections page by page, keeping only what is
 * asked for: with 500 objects a page that is far fewer requests than one for each node.
 * @param ownUid uid of the DaemonSet, whose own pods are left out
 */
export async function answerNeighbours(
  client: ClusterClient,
  nodes: readonly string[],
  ownUid: string,
  signal: AbortSignal,
): Promise<GateAnswer> {
  const wanted = new Set(nodes);
  try {
    const [found, pods] = await Promise.all([
      client.list(paths.nodes(), { signal, project: (node: Node) => (wanted.has(node.metadata.name) ? node : null) }),
      client.list(paths.allPods(), {
        // A pod that has ended is no witness of its node's health.
        fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
        signal,
        project: (pod: Pod) => (wanted.has(pod.spec?.nodeName ?? '') && !ownedBy(pod, ownUid) ? pod : null),
      }),
    ]);
    const byNode = new Map<string, NeighbourPod[]>();
    for (const pod of pods.items) {
      if (pod === null) continue;
      const node = pod.spec?.nodeName ?? '';
      byNode.set(node, [...(byNode.get(node) ?? []), neighbourPod(pod)]);
    }
    return {
      form: 'neighbours',
      nodes: found.items.flatMap((node) => (node === null ? [] : [neighbourNode(node, byNode)])),
    };
  } catch (error) {
    if (!hasStatus(error, 403)) throw error;
    return {
      form: 'problem',
      problem: 'Nodewave may not list nodes and the pods of all namespaces: see deploy/rbac.yaml',
    };
  }
}

function neighbourNode(node: Node, pods: ReadonlyMap<string, NeighbourPod[]>): NeighbourNode {
  const bad = (node.status?.conditions ?? []).filter(isBad);
  return {
    node: node.metadata.name,
    bad: bad.map(({ type, message, lastTransitionTime }) => ({
      type,
      message: message ?? '',
      sinceMs: Date.parse(lastTransitionTime ?? ''),
    })),
    pods: pods.get(node.metadata.name) ?? [],
  };
}

/** Kubernetes' own conditions: `Ready` must be True, pressure and the network being away must be False. Others' words are theirs. */
function isBad({ type, status }: Condition): boolean {
  if (type === 'Ready') return status !== 'True';
  return ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'].includes(type) && status === 'True';
}

function neighbourPod({ metadata, status }: Pod): NeighbourPod {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const ends = (status?.containerStatuses ?? []).flatMap(({ state, lastState }) => {
    const at = (state?.terminated ?? lastState?.terminated)?.finishedAt;
    return at === undefined ? [] : [Date.parse(at)];
  });
  const isReady = ready?.status === 'True';
  // A pod that is being deleted has somebody who wants it gone.
  const leaving = metadata.deletionTimestamp !== undefined;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    ready: isReady || leaving,
    ...(isReady || leaving || ready?.lastTransitionTime === undefined
      ? {}
      : { notReadySinceMs: Date.parse(ready.lastTransitionTime) }),
    ...(ends.length === 0 || leaving ? {} : { endedMs: Math.max(...ends) }),
  };
}

function ownedBy(pod: Pod, uid: string): boolean {
  return pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
}
