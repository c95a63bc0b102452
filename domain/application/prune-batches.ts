import type { NodeView, PodView } from '../cluster/view.ts';
import type { Pruning } from '../record.ts';
import { resolveIntOrPercent } from '../rollout/budget.ts';
import { nodeOrder } from '../rollout/order.ts';
import { massOutage } from '../rollout/outage.ts';
import type { IntOrPercent } from '../rollout/policy.ts';

/** What the pods of a pruned DaemonSet are taken by. */
export interface PruneRules {
  inBatches: IntOrPercent;
  pauseMs: number;
  /** Uid of the DaemonSet: the order of nodes is the same whoever asks. */
  seed: string;
}

/** What is there now. */
export interface PruneView {
  nowMs: number;
  nodes: readonly NodeView[];
  /** The pods that are left, those that are being deleted included. */
  pods: readonly PodView[];
  pruning: Pruning;
}

/** What is done next. */
export type PruneMove =
  /** A batch: written to the record first, then its pods are deleted. `nodes` are the uids of those that are Ready. */
  | { do: 'take'; pods: PodView[]; nodes: string[] }
  /** Pods of the batch that is under way and was interrupted. */
  | { do: 'remove'; pods: PodView[] }
  /** Pods are being deleted. */
  | { do: 'wait'; pods: PodView[] }
  /** The batch is gone, which the record does not know yet. */
  | { do: 'close' }
  /** The others are watched before the next batch. */
  | { do: 'rest'; untilMs: number }
  /** Nothing is deleted while this lasts. */
  | { do: 'hold'; sentence: string }
  /** Nothing more is deleted before a person says so. */
  | { do: 'stop'; nodes: string[] }
  /** Nothing is left but pods on nodes that do not answer: they are marked, and go when the node is back. */
  | { do: 'done'; onAwayNodes: PodView[] };

/** Pods of one batch: never below 1. */
export function pruneBatchSize(inBatches: IntOrPercent, total: number): number {
  return Math.max(1, resolveIntOrPercent(inBatches, total));
}

/**
 * The next move, from what the cluster holds and nothing else, so that any worker goes on where another one stopped. Pods on
 * nodes that are NotReady go last, and are not waited for: until the node is back they could not end (S10).
 */
export function nextPruneMove(rules: PruneRules, view: PruneView): PruneMove {
  const { pruning, pods, nowMs } = view;
  const nodes = new Map(view.nodes.map((node) => [node.name, node]));
  const isReady = (pod: PodView): boolean => nodes.get(pod.node)?.ready === true;
  const live = pods.filter((pod) => pod.terminatingUntilMs === undefined);
  const ending = pods.filter((pod) => pod.terminatingUntilMs !== undefined && isReady(pod));
  const ready = live.filter(isReady);
  const pool = ready.length > 0 ? ready : live;
  const batch = new Set(pruning.batch);
  const interrupted = pool.filter((pod) => batch.has(pod.uid));

  if (interrupted.length === 0) {
    if (ending.length > 0) return { do: 'wait', pods: ending };
    if (batch.size > 0) return { do: 'close' };
    if (live.length === 0) return { do: 'done', onAwayNodes: [...pods] };
    const restMs = pruning.goneMs === null ? 0 : pruning.goneMs + rules.pauseMs;
    if (nowMs < restMs) return { do: 'rest', untilMs: restMs };
  }
  const outage = outageOf(view, pods);
  if (outage !== null) return { do: 'hold', sentence: outage };
  const lost = nodesLost(view);
  if (lost.length > 0) return { do: 'stop', nodes: lost };
  if (interrupted.length > 0) return { do: 'remove', pods: interrupted };

  const order = nodeOrder(rules.seed);
  const uidOf = (pod: PodView): string => nodes.get(pod.node)?.uid ?? pod.node;
  const taken = pool
    .toSorted((a, b) => order({ uid: uidOf(a) }, { uid: uidOf(b) }))
    .slice(0, pruneBatchSize(rules.inBatches, pruning.total));
  return { do: 'take', pods: taken, nodes: taken.filter(isReady).map(uidOf) };
}

/** Nodes that were Ready when their pod was taken, and are not any more; names, in alphabetical order (S21). */
function nodesLost({ nodes, pruning }: PruneView): string[] {
  const taken = new Set(pruning.taken);
  return nodes
    .filter((node) => taken.has(node.uid) && !node.ready && (node.notReadySinceMs ?? 0) > (pruning.acceptedMs ?? -1))
    .map((node) => node.name)
    .sort();
}

/** Counts the nodes that have, or had, a pod (S34). */
function outageOf({ nodes, pruning }: PruneView, pods: readonly PodView[]): string | null {
  const taken = new Set(pruning.taken);
  const names = new Set(pods.map((pod) => pod.node));
  const facts = nodes
    .filter((node) => taken.has(node.uid) || names.has(node.name))
    .map((node) => ({
      node,
      replaced: taken.has(node.uid),
      deferred: !node.ready && !taken.has(node.uid),
      away: node.ready ? null : 'NotReady',
    }));
  return massOutage(facts);
}
