import type { NodeValue } from '../compare.ts';
import type { GatePod } from '../types.ts';
import type { Series } from './read-answer.ts';

/** Labels that name a pod or node, the most exact one first: a series of a pod that is gone has its node's label too. */
const defaultLabels = ['pod', 'node', 'instance'] as const;

/** Finds the pod that a series is about; undefined for one that is about none of them. */
export type PodOf = (series: Series) => { pod: GatePod; rank: number } | undefined;

/**
 * By which labels series belong to pods: `label` where the policy names one, else pod, node and instance. The value may be the pod's
 * or the node's name, or the pod's address, with a port or without.
 */
export function podFinder(pods: readonly GatePod[], label: string | undefined): PodOf {
  const byName = new Map<string, GatePod>();
  for (const pod of pods) {
    byName.set(pod.name, pod);
    if (pod.ip !== null) byName.set(pod.ip, pod);
  }
  // Last, so that a node's name wins.
  for (const pod of pods) byName.set(pod.node, pod);
  const labels: readonly string[] = label === undefined ? defaultLabels : [label];
  return ({ labels: given }) => {
    for (const [rank, name] of labels.entries()) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      const pod = value === undefined ? undefined : (byName.get(value) ?? byName.get(host(value)));
      if (pod !== undefined) return { pod, rank };
    }
    return undefined;
  };
}

/**
 * The values of each of the pods by its node, null for one without any. Where a node has series of several labels only those of the
 * most exact one count. Series about no pod of the DaemonSet are left out.
 */
export function valuesOf(pods: readonly GatePod[], series: readonly Series[], podOf: PodOf): NodeValue[] {
  const found = new Map<string, { rank: number; values: number[] }>();
  for (const one of series) {
    const match = podOf(one);
    if (match === undefined) continue;
    const { node } = match.pod;
    const before = found.get(node);
    if (before === undefined || match.rank < before.rank) found.set(node, { rank: match.rank, values: [one.value] });
    else if (match.rank === before.rank) before.values.push(one.value);
  }
  return pods.flatMap(({ node }) => (found.get(node)?.values ?? [null]).map((value) => ({ node, value })));
}

/** `10.1.2.3` of `10.1.2.3:9100`, `fd00::1` of `[fd00::1]:9100`. */
function host(value: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*)):\d+$/.exec(value) ?? [];
  return bracketed ?? plain ?? value;
}
