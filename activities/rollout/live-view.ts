import { isAvailable } from '../../domain/cluster/availability.ts';
import type { NodeView, PodView } from '../../domain/cluster/view.ts';
import { restartsOf } from '../../domain/rollout/judge.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet, Node, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { nodeView, podView } from '../cluster/project.ts';
import { labelSelectorOf } from '../cluster/selector.ts';
import { openCollection } from './collection.ts';
import { ensureFresh, wakeUp } from './fresh.ts';
import { followNeighbours, type NodeNeighbours } from './own-nodes.ts';

/** Nodes and pods as a batch sees them. */
export interface LiveView {
  nodes(): NodeView[];
  pods(): PodView[];
  /** What else runs on the nodes, as far as it matters. */
  neighbours(): NodeNeighbours & { failedPods: PodView[]; emptySinceMs: ReadonlyMap<string, number> };
  isAvailable(pod: PodView): boolean;
  /** See `Collection.seenSinceMs`. */
  seenSinceMs(): number;
  /** Restarts of the pods that were there when the view was opened. */
  readonly restartsAtStart: ReadonlyMap<string, number>;
  /** See `ensureFresh` in fresh.ts. */
  ensureFresh(): Promise<void>;
  /** Resolves on the next change. */
  changed(): Promise<void>;
  readonly failed: Promise<never>;
}

/**
 * Opens the view of one DaemonSet; it lives until `signal` aborts.
 * @param order in which nodes are given: sorted once, they are quickly sorted again by every decision
 */
export async function openLiveView(
  client: ClusterClient,
  daemonSet: DaemonSet,
  minReadySeconds: number,
  signal: AbortSignal,
  order?: (a: NodeView, b: NodeView) => number,
): Promise<LiveView> {
  const wake = wakeUp();
  /** What was made of the collections, until they change. */
  let kept: { nodes?: NodeView[]; pods?: PodView[] } = {};
  const onChange = (): void => {
    kept = {};
    wake.onChange();
  };
  const readySince = new Map<string, number>();
  const failedPods = new Map<string, PodView>();
  let empty: ReadonlyMap<string, number> = new Map();
  const uid = daemonSet.metadata.uid;
  const [neighbours, nodes, pods] = await Promise.all([
    followNeighbours(client, signal),
    openCollection<NodeView>({
      client,
      path: paths.nodes(),
      project: (raw: Node) => nodeView(raw),
      order,
      onChange,
      signal,
    }),
    openCollection<PodView | null>({
      client,
      path: paths.pods(daemonSet.metadata.namespace ?? ''),
      labelSelector: labelSelectorOf(daemonSet),
      project: (raw: Pod) => (ownedBy(raw, uid) ? tracked(podView(raw), readySince, failedPods) : null),
      onChange,
      signal,
    }),
  ]);
  const liveNodes = (): NodeView[] => (kept.nodes ??= [...nodes.items.values()]);
  const livePods = (): PodView[] => (kept.pods ??= [...pods.items.values()].filter((pod) => pod !== null));
  return {
    nodes: liveNodes,
    pods: livePods,
    neighbours: () => {
      empty = emptyNodes(liveNodes(), livePods(), empty, Date.now());
      return { ...neighbours(), failedPods: [...failedPods.values()], emptySinceMs: empty };
    },
    isAvailable: (pod) => isAvailable(pod, minReadySeconds, readySince.get(pod.uid), Date.now()),
    seenSinceMs: () => Math.max(nodes.seenSinceMs, pods.seenSinceMs),
    restartsAtStart: new Map(livePods().map((pod) => [pod.uid, restartsOf(pod)])),
    ensureFresh: () => ensureFresh([nodes, pods], signal),
    changed: wake.changed,
    failed: Promise.race([nodes.failed, pods.failed]),
  };
}

/** Since when each node has had no pod: `before` where it had none at the last look either. */
function emptyNodes(
  nodes: readonly NodeView[],
  pods: readonly PodView[],
  before: ReadonlyMap<string, number>,
  nowMs: number,
): Map<string, number> {
  const taken = new Set(pods.map((pod) => pod.node));
  const without = nodes.filter((node) => !taken.has(node.name));
  return new Map(without.map(({ name }) => [name, before.get(name) ?? nowMs]));
}

/**
 * Remembers on this process' clock since when a pod is Ready (S24). A pod that was Ready when first seen has only the
 * kubelet's timestamp; one that turns Ready before our eyes is timed here, whatever the kubelet's clock says. And remembers
 * pods that failed, which the controller removes at once (S23).
 */
function tracked(pod: PodView, readySince: Map<string, number>, failedPods: Map<string, PodView>): PodView {
  if (pod.phase === 'Failed') failedPods.set(pod.uid, pod);
  if (!pod.ready) readySince.delete(pod.uid);
  else if (!readySince.has(pod.uid)) readySince.set(pod.uid, Math.max(pod.readySinceMs ?? 0, firstSight(pod)));
  return pod;
}

/** A Ready condition that is seconds old was seen turning Ready just now. */
function firstSight(pod: PodView): number {
  const ageMs = Date.now() - (pod.readySinceMs ?? 0);
  return ageMs < 5_000 ? Date.now() : (pod.readySinceMs ?? Date.now());
}

function ownedBy(pod: Pod, uid: string): boolean {
  return pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
}
