import type { NodeView, PodView } from '../../domain/cluster/view.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { Node, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { nodeView, podView } from '../cluster/project.ts';
import { openCollection } from '../rollout/collection.ts';
import { ensureFresh, wakeUp } from '../rollout/fresh.ts';

/** Nodes, and the pods that are left of a pruned DaemonSet, kept up to date. */
export interface PruneView {
  nodes(): NodeView[];
  pods(): PodView[];
  /** See `ensureFresh` in fresh.ts. */
  ensureFresh(): Promise<void>;
  /** Resolves on the next change. */
  changed(): Promise<void>;
  readonly failed: Promise<never>;
}

/** Opens the view; it lives until `signal` aborts. */
export async function openPruneView(
  client: ClusterClient,
  of: { namespace: string; uid: string; selector: string },
  signal: AbortSignal,
): Promise<PruneView> {
  const { onChange, changed } = wakeUp();
  const [nodes, pods] = await Promise.all([
    openCollection<NodeView>({ client, path: paths.nodes(), project: (raw: Node) => nodeView(raw), onChange, signal }),
    openCollection<PodView | null>({
      client,
      path: paths.pods(of.namespace),
      labelSelector: of.selector,
      project: (raw: Pod) => (isLeftOf(raw, of.uid) ? podView(raw) : null),
      onChange,
      signal,
    }),
  ]);
  return {
    nodes: () => [...nodes.items.values()],
    pods: () => [...pods.items.values()].filter((pod) => pod !== null),
    ensureFresh: () => ensureFresh([nodes, pods], signal),
    changed,
    failed: Promise.race([nodes.failed, pods.failed]),
  };
}

/** How many pods are left of a DaemonSet. */
export async function countLeft(
  client: ClusterClient,
  of: { namespace: string; uid: string; selector: string },
): Promise<number> {
  const { items } = await client.list(paths.pods(of.namespace), {
    labelSelector: of.selector,
    project: (raw: Pod) => isLeftOf(raw, of.uid),
  });
  return items.filter(Boolean).length;
}

/**
 * Whether a pod that the selector matches is one of the DaemonSet that is gone: a controller has made it, and none has it now. Pods
 * that a new DaemonSet has adopted belong to that one, and pods that people made themselves carry no hash.
 */
export function isLeftOf({ metadata }: Pod, uid: string): boolean {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  if (controller !== undefined && controller.uid !== uid) return false;
  return (metadata.labels?.['controller-revision-hash'] ?? '') !== '';
}
