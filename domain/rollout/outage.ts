import type { NodeFacts } from './node-facts.ts';

/** What is asked about a node. `replaced`: its pod was taken by us. */
export type OutageFacts = Pick<NodeFacts, 'deferred' | 'replaced' | 'away'> & {
  node: Pick<NodeFacts['node'], 'name' | 'ready'>;
};

/**
 * A third of the nodes (and at least three) NotReady at once is an outage of the cluster, not a verdict on a release (S34). So
 * it is when every node is set aside: a rollout that reached nobody has not succeeded. But when only touched nodes are down
 * and the others are well, it is the release that takes them down (S21).
 */
export function massOutage(facts: readonly OutageFacts[]): string | null {
  const down = facts.filter((fact) => !fact.node.ready);
  const nobodyLeft = facts.length > 0 && facts.every((fact) => fact.deferred);
  if (nobodyLeft && down.length < facts.length) {
    const [first] = facts.filter((fact) => fact.node.ready);
    return `all ${facts.length} nodes are set aside (${first?.node.name}: ${first?.away}); nothing is deleted or judged until one of them is back`;
  }
  if (!nobodyLeft && (down.length < 3 || down.length * 3 < facts.length)) return null;
  const othersAreWell = facts.some((fact) => !fact.replaced && fact.node.ready);
  if (othersAreWell && down.every((fact) => fact.replaced)) return null;
  return `${down.length} of ${facts.length} nodes are NotReady; nothing is deleted or judged until they are back`;
}
