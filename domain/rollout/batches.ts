import type { NodeView } from '../cluster/view.ts';
import { resolveIntOrPercent } from './budget.ts';
import type { BatchSpec } from './policy.ts';

/** Label value used for nodes that lack the label of `per`: they form a group of their own instead of being left out. */
const unlabelled = '';

/**
 * The nodes that the batches up to and including `upTo` cover. Pure and recomputed at every step, so that nodes may come and
 * go: percentages are of the nodes that are there now, and a node once taken stays covered (S3).
 * @param ordered eligible nodes in the rollout's order, those already taken first
 */
export function coveredNodes(ordered: readonly NodeView[], rules: readonly BatchSpec[], upTo: number): Set<string> {
  const covered = new Set<string>();
  for (const rule of rules.slice(0, upTo + 1)) {
    for (const group of groups(ordered, rule.per)) cover(covered, group, rule);
  }
  return covered;
}

function cover(covered: Set<string>, group: readonly NodeView[], rule: BatchSpec): void {
  const before = group.filter((node) => covered.has(node.uid)).length;
  const goal = typeof rule.nodes === 'number' ? before + rule.nodes : resolveIntOrPercent(rule.nodes, group.length);
  let missing = goal - before;
  for (const node of group) {
    if (missing <= 0) return;
    if (covered.has(node.uid)) continue;
    covered.add(node.uid);
    missing -= 1;
  }
}

function groups(ordered: readonly NodeView[], per: string | undefined): NodeView[][] {
  if (per === undefined) return [[...ordered]];
  const byValue = new Map<string, NodeView[]>();
  for (const node of ordered) {
    const value = node.labels[per] ?? unlabelled;
    byValue.set(value, [...(byValue.get(value) ?? []), node]);
  }
  return [...byValue.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, nodes]) => nodes);
}

/** Name of the batch that Nodewave adds when the rules end below all nodes. */
export const restBatchName = 'rest';

/** The rules, ending in a batch of 100 %; `added` says that one was appended, which the plan must tell. */
export function completeRules(rules: readonly BatchSpec[]): { rules: BatchSpec[]; added: boolean } {
  const last = rules.at(-1);
  // With `per`, 100 % of every group are all nodes too: those without the label are a group of their own.
  if (last !== undefined && last.nodes === '100%') return { rules: [...rules], added: false };
  return { rules: [...rules, { name: restBatchName, nodes: '100%', soakMs: 0 }], added: true };
}
