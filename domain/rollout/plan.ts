import { eligibility } from '../cluster/eligibility.ts';
import type { NodeView, SchedulingView } from '../cluster/view.ts';
import { digest } from '../digest.ts';
import { completeRules, coveredNodes } from './batches.ts';
import { budgetOf } from './budget.ts';
import { nodeOrder } from './order.ts';
import type { BatchSpec, IntOrPercent, RolloutPolicy } from './policy.ts';
import { policyDefaults } from './policy.ts';
import { zoneLabel } from './step.ts';

/** One batch of the plan. */
export interface PlannedBatch {
  name: string;
  /** As written, e.g. "10%". */
  nodes: string;
  /** How many nodes are on the target after it, at planning time. */
  goal: number;
  approval?: 'before' | 'after';
  soakMs: number;
}

/** What was seen when the plan was made; shown to people, not hashed. */
export interface NodeCensus {
  eligible: number;
  /** Eligible nodes by zone, and by pool where nodes carry a pool label. */
  zones: Record<string, number>;
  pools: Record<string, number>;
}

/** The part of a plan that is computed from rules and nodes. */
export interface BatchPlan {
  rules: BatchSpec[];
  batches: PlannedBatch[];
  maxUnavailable: IntOrPercent;
  budget: number;
  census: NodeCensus;
  notes: string[];
}

/** Labels that clouds and provisioners put on the nodes of a pool; the first one found counts. */
const poolLabels = [
  'cloud.google.com/gke-nodepool',
  'eks.amazonaws.com/nodegroup',
  'kubernetes.azure.com/agentpool',
  'karpenter.sh/nodepool',
  'node.kubernetes.io/pool',
];

/** Counts the nodes on which a template runs. */
export function takeCensus(nodes: readonly NodeView[], scheduling: SchedulingView): NodeCensus {
  const eligible = nodes.filter((node) => eligibility(scheduling, node).shouldRun);
  return {
    eligible: eligible.length,
    zones: count(eligible, (node) => node.labels[zoneLabel]),
    pools: count(eligible, (node) =>
      poolLabels.map((label) => node.labels[label]).find((value) => value !== undefined),
    ),
  };
}

/** The batches of a rollout, with how many nodes each reaches now; sizes are recomputed as nodes come and go. */
export function planBatches(input: {
  policy: RolloutPolicy;
  manifestMaxUnavailable: IntOrPercent | null;
  nodes: readonly NodeView[];
  scheduling: SchedulingView;
  rollout: number;
}): BatchPlan {
  const { rules, added } = completeRules(input.policy.batches);
  const maxUnavailable = input.policy.maxUnavailable ?? input.manifestMaxUnavailable ?? policyDefaults.maxUnavailable;
  const census = takeCensus(input.nodes, input.scheduling);
  const ordered = input.nodes
    .filter((node) => eligibility(input.scheduling, node).shouldRun)
    .sort(nodeOrder(`${input.rollout}`));
  const batches = rules.map((rule, index) => ({
    name: rule.name,
    nodes: rule.per === undefined ? `${rule.nodes}` : `${rule.nodes} per ${rule.per}`,
    goal: coveredNodes(ordered, rules, index).size,
    ...(rule.approval === undefined ? {} : { approval: rule.approval }),
    soakMs: rule.soakMs,
  }));
  const notes = added
    ? [`The batches end below 100 %: a last batch "${rules.at(-1)?.name}" takes the other nodes.`]
    : [];
  return { rules, batches, maxUnavailable, budget: budgetOf(maxUnavailable, census.eligible), census, notes };
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
