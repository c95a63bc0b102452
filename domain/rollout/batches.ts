import { labelOf } from '../cluster/eligibility.ts';
import type { NodeView } from '../cluster/view.ts';
import { resolveIntOrPercent } from './budget.ts';
import type { BatchSpec } from './policy.ts';
import { selects } from './selection.ts';

/** Label value used for nodes that lack the label of `per`: they form a group of their own instead of being left out. */
const unlabelled = '';

/**
 * The nodes that the batches up to and including `upTo` cover. Pure and recomputed at every step, so that nodes may come and
 * go: percentages are of the nodes that are there now, and a node once taken stays covered (S3).
 * @param ordered eligible nodes in the rollout's order, those already taken first and those of `late` last
 * @param late uids of nodes that come after all others: no batch covers one while others of its selection are left
 */
export function coveredNodes(
  ordered: readonly NodeView[],
  rules: readonly BatchSpec[],
  upTo: number,
  late: ReadonlySet<string> = new Set(),
): Set<string> {
  return coverage(ordered, rules, upTo, late).covered;
}

/** The same, with how many nodes each of these batches adds. */
export function coverage(
  ordered: readonly NodeView[],
  rules: readonly BatchSpec[],
  upTo: number,
  late: ReadonlySet<string>,
): { covered: Set<string>; sizes: number[] } {
  const covered = new Set<string>();
  const sizes = rules.slice(0, upTo + 1).map((rule) => {
    const before = covered.size;
    coverBatch(covered, ordered, rule, late);
    return covered.size - before;
  });
  return { covered, sizes };
}

function coverBatch(
  covered: Set<string>,
  ordered: readonly NodeView[],
  rule: BatchSpec,
  late: ReadonlySet<string>,
): void {
  const nodes = batchNodes(ordered, rule);
  const due = groups(nodes, rule.per).map((group) => ({ group, missing: missingOf(covered, group, rule) }));
  for (const one of due) cover(covered, one, (uid) => !late.has(uid));
  if (nodes.some(({ uid }) => !late.has(uid) && !covered.has(uid))) return;
  for (const one of due) cover(covered, one, () => true);
}

/** The nodes that a batch is made from. */
export function batchNodes(ordered: readonly NodeView[], { select }: BatchSpec): readonly NodeView[] {
  return select === undefined ? ordered : ordered.filter((node) => selects(select, node));
}

/** How many nodes of a group the batch still has to cover. */
function missingOf(covered: ReadonlySet<string>, group: readonly NodeView[], rule: BatchSpec): number {
  if (typeof rule.nodes === 'number') return rule.nodes;
  const before = group.filter((node) => covered.has(node.uid)).length;
  return resolveIntOrPercent(rule.nodes, group.length) - before;
}

function cover(
  covered: Set<string>,
  due: { group: readonly NodeView[]; missing: number },
  may: (uid: string) => boolean,
): void {
  for (const { uid } of due.group) {
    if (due.missing <= 0) return;
    if (covered.has(uid) || !may(uid)) continue;
    covered.add(uid);
    due.missing -= 1;
  }
}

function groups(ordered: readonly NodeView[], per: string | undefined): (readonly NodeView[])[] {
  if (per === undefined) return [ordered];
  const byValue = new Map<string, NodeView[]>();
  for (const node of ordered) {
    const value = labelOf(node, per) ?? unlabelled;
    const group = byValue.get(value);
    if (group === undefined) byValue.set(value, [node]);
    else group.push(node);
  }
  return [...byValue.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, nodes]) => nodes);
}

/** Name of the batch that Nodewave adds when the rules end below all nodes. */
export const restBatchName = 'rest';

/** The rules, ending in a batch of 100 %; `added` says that one was appended, which the plan must tell. */
export function completeRules(rules: readonly BatchSpec[]): { rules: BatchSpec[]; added: boolean } {
  const last = rules.at(-1);
  // With `per`, 100 % of every group are all nodes too: those without the label are a group of their own.
  if (last !== undefined && last.nodes === '100%' && last.select === undefined)
    return { rules: [...rules], added: false };
  return { rules: [...rules, { name: restBatchName, nodes: '100%', soakMs: 0 }], added: true };
}
