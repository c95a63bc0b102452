import { countedNodes, labelOf } from '../cluster/eligibility.ts';
import { poolOf } from '../cluster/place.ts';
import type { NodeView, SchedulingView } from '../cluster/view.ts';
import { digest } from '../digest.ts';
import { shorten } from '../markdown.ts';
import { arrange } from './arrange.ts';
import { batchNodes, completeRules, coveredNodes } from './batches.ts';
import { budgetOf } from './budget.ts';
import { goesLast, keptWhy } from './keep.ts';
import { nodeOrder } from './order.ts';
import type { NodeCensus, PlannedBatch } from './planned.ts';
import type { BatchSpec, IntOrPercent, NodeSelection, RolloutPolicy } from './policy.ts';
import { policyDefaults } from './policy.ts';
import { zoneLabel } from './step.ts';

export type { NodeCensus, PlannedBatch } from './planned.ts';

/** The part of a plan that is computed from rules and nodes. */
export interface BatchPlan {
  rules: BatchSpec[];
  batches: PlannedBatch[];
  maxUnavailable: IntOrPercent;
  budget: number;
  census: NodeCensus;
  notes: string[];
}

/** Counts the nodes on which a template runs. */
export function takeCensus(nodes: readonly NodeView[], scheduling: SchedulingView): NodeCensus {
  const eligible = countedNodes(scheduling, nodes);
  return { eligible: eligible.length, zones: count(eligible, zoneOf), pools: count(eligible, poolOf) };
}

function zoneOf(node: NodeView): string | undefined {
  return labelOf(node, zoneLabel);
}

/** The batches of a rollout, with how many nodes each reaches now; sizes are recomputed as nodes come and go. */
export function planBatches(input: {
  policy: RolloutPolicy;
  manifestMaxUnavailable: IntOrPercent | null;
  nodes: readonly NodeView[];
  scheduling: SchedulingView;
  rollout: number;
  ownNodes?: ReadonlySet<string>;
}): BatchPlan {
  const { rules, added } = completeRules(input.policy.batches);
  const maxUnavailable = input.policy.maxUnavailable ?? input.manifestMaxUnavailable ?? policyDefaults.maxUnavailable;
  const census = takeCensus(input.nodes, input.scheduling);
  const { ordered, late, kept } = orderedNodes(input);
  let before = new Set<string>();
  const batches = rules.map((rule, index) => {
    const covered = coveredNodes(ordered, rules, index, late);
    const news = ordered.filter((node) => covered.has(node.uid) && !before.has(node.uid));
    before = covered;
    return {
      name: rule.name,
      nodes: describeNodes(rule),
      goal: covered.size,
      ...(rule.approval === undefined ? {} : { approval: rule.approval }),
      soakMs: rule.soakMs,
      ...(index < countedBatches ? { zones: few(count(news, zoneOf)), pools: few(count(news, poolOf)) } : {}),
    };
  });
  const notes = [
    ...(added ? [`The batches end below 100 %: a last batch "${rules.at(-1)?.name}" takes the other nodes.`] : []),
    ...rules
      .filter((rule) => rule.select !== undefined && batchNodes(ordered, rule).length === 0)
      .map((rule) => `Batch "${rule.name}" selects no node that is there now: it is done as soon as it starts.`),
    ...(kept.length === 0 ? [] : [keptNote(kept)]),
  ];
  const budget = budgetOf(maxUnavailable, ordered.length);
  return { rules, batches, maxUnavailable, budget, census, notes };
}

/** Batches whose nodes are counted by zone and pool, and most values of each: a plan stays small. */
const countedBatches = 40;
const countedValues = 8;

function few(counts: Record<string, number>): Record<string, number> {
  const all = Object.entries(counts).sort(([a, of], [b, than]) => than - of || (a < b ? -1 : 1));
  if (all.length <= countedValues) return Object.fromEntries(all);
  const others = all.slice(countedValues - 1).reduce((total, [, one]) => total + one, 0);
  return Object.fromEntries([...all.slice(0, countedValues - 1), ['others', others]]);
}

/** The nodes that the rollout would take, in order, and those that keep what they run. */
function orderedNodes(input: Parameters<typeof planBatches>[0]): {
  ordered: NodeView[];
  late: Set<string>;
  kept: { node: string; why: string }[];
} {
  const { policy, ownNodes } = input;
  const eligible = countedNodes(input.scheduling, input.nodes).map((node) => ({
    node,
    why: keptWhy(policy, 'forward', node, false),
  }));
  const taken = eligible
    .filter(({ why }) => why === null)
    .map(({ node }) => ({ node, touched: false, astray: false, late: goesLast(policy, ownNodes, node) }));
  return {
    ordered: arrange(taken, nodeOrder(`${input.rollout}`), policy.spread).map(({ node }) => node),
    late: new Set(taken.filter(({ late }) => late).map(({ node }) => node.uid)),
    kept: eligible.flatMap(({ node, why }) => (why === null ? [] : [{ node: node.name, why }])),
  };
}

function keptNote(kept: readonly { node: string; why: string }[]): string {
  const names = kept.slice(0, 5).map(({ node, why }) => `${node}: ${why}`);
  const more = kept.length > names.length ? ` and ${kept.length - names.length} more` : '';
  return `${kept.length} eligible ${kept.length === 1 ? 'node keeps' : 'nodes keep'} what they run (${names.join(', ')}${more}).`;
}

/** What a batch takes, as a person wrote it. */
function describeNodes(rule: BatchSpec): string {
  const of = rule.select === undefined ? '' : ` of ${describeSelection(rule.select)}`;
  return `${rule.nodes}${of}${rule.per === undefined ? '' : ` per ${rule.per}`}`;
}

function describeSelection({ names = [], matchLabels = {}, matchExpressions = [] }: NodeSelection): string {
  const parts = [
    ...names,
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(
      ({ key, operator, values }) => `${key} ${operator}${values === undefined ? '' : ` (${values.join(', ')})`}`,
    ),
  ];
  return shorten(parts.join(', '), 120);
}

/** Digest that an approval names: everything that decides what will happen, and nothing that only was counted. */
export function planDigest(parts: {
  commit: string;
  renderedDigest: string;
  from: string | null;
  to: string;
  rules: readonly BatchSpec[];
  maxUnavailable: IntOrPercent;
  policy: RolloutPolicy;
}): string {
  return digest(parts);
}

/**
 * Why an approval that was given for `shown` does not hold for `now`; null while it does. Void when the eligible total moved
 * by more than 10 % or a zone or pool appeared or vanished.
 */
export function approvalVoid(shown: NodeCensus, now: NodeCensus): string | null {
  if (Math.abs(now.eligible - shown.eligible) * 10 > shown.eligible) {
    return `the eligible nodes went from ${shown.eligible} to ${now.eligible} since the plan was shown`;
  }
  for (const [kind, before, after] of [
    ['zone', shown.zones, now.zones],
    ['pool', shown.pools, now.pools],
  ] as const) {
    const appeared = Object.keys(after).find((key) => !Object.hasOwn(before, key));
    if (appeared !== undefined) return `${kind} ${appeared} appeared since the plan was shown`;
    const vanished = Object.keys(before).find((key) => !Object.hasOwn(after, key));
    if (vanished !== undefined) return `${kind} ${vanished} vanished since the plan was shown`;
  }
  return null;
}

function count(nodes: readonly NodeView[], labelOf: (node: NodeView) => string | undefined): Record<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const value = labelOf(node);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
