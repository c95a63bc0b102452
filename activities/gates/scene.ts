import type { NodeView, PodView } from '../../domain/cluster/view.ts';
import type { GatePod, GateScene } from '../../domain/gates/types.ts';
import { restartsOf } from '../../domain/rollout/judge.ts';
import { zoneLabel } from '../../domain/rollout/step.ts';
import type { BatchInput } from '../contract.ts';

/** What the soak sees, for gates. */
export interface SceneView {
  nodes: readonly NodeView[];
  pods: readonly PodView[];
  isAvailable: (pod: PodView) => boolean;
  /** UIDs of the pods of the batch that soaks. */
  fresh: ReadonlySet<string>;
}

/** What the gates of a batch are measured against now: pods on the target, those of the batch among them, and those on last good. */
export function gateScene(batch: BatchInput, commit: string, sinceMs: number, view: SceneView): GateScene {
  const { ref } = batch.context;
  const { name = '', soakMs = 0 } = batch.rules[batch.batchIndex] ?? {};
  const zones = new Map(view.nodes.map((node) => [node.name, node.labels[zoneLabel] ?? null]));
  const living = view.pods.filter((pod) => pod.terminatingUntilMs === undefined && zones.has(pod.node));
  const on = (hash: string | null): PodView[] => living.filter((pod) => pod.hash === hash);
  const gatePod = (pod: PodView): GatePod => ({
    node: pod.node,
    name: pod.name,
    uid: pod.uid,
    ip: pod.ip ?? null,
    zone: zones.get(pod.node) ?? null,
    createdMs: pod.createdMs,
    restarts: restartsOf(pod),
    available: view.isAvailable(pod),
  });
  const updated = on(batch.toHash).map(gatePod);
  return {
    nowMs: Date.now(),
    sinceMs,
    cluster: ref.cluster,
    namespace: ref.namespace,
    daemonset: ref.name,
    commit,
    batch: name,
    soakMs,
    updated,
    fresh: updated.filter(({ uid }) => view.fresh.has(uid)),
    // Without a last good that differs there is nobody to compare with.
    rest: batch.lastGoodHash === batch.toHash ? [] : on(batch.lastGoodHash).map(gatePod),
  };
}
