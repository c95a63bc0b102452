import { countedNodes, labelOf } from '../cluster/eligibility.ts';
import { poolOf } from '../cluster/place.ts';
import type { NodeView, SchedulingView } from '../cluster/view.ts';
import { keptWhy } from '../rollout/keep.ts';
import type { BatchPlan } from '../rollout/plan.ts';
import type { RolloutPolicy } from '../rollout/policy.ts';
import { zoneLabel } from '../rollout/step.ts';
import type { RolloutCost } from '../sync.ts';

/** What the cost of a rollout is counted from. */
export interface CostInput {
  policy: RolloutPolicy;
  plan: Pick<BatchPlan, 'batches' | 'budget'>;
  nodes: readonly NodeView[];
  scheduling: SchedulingView;
  minReadyMs: number;
  /** How long each pod that runs now took from its creation until it was ready, milliseconds. */
  startsMs: readonly number[];
}

/** Pods fewer than these say little of how long a node takes. */
const leastMeasured = 3;
const countedValues = 12;
/** Kubernetes writes times in whole seconds: what took none took up to one. */
const timestampMs = 1_000;

/**
 * What it costs to roll a DaemonSet out: the pods that restart, by zone and pool, and how long it takes when nothing fails. A node takes
 * what the pods that run now took to become ready, else as long as the policy allows at most.
 */
export function rolloutCost({ policy, plan, nodes, scheduling, minReadyMs, startsMs }: CostInput): RolloutCost {
  const taken = countedNodes(scheduling, nodes).filter((node) => keptWhy(policy, 'forward', node, false) === null);
  const basis = startsMs.length >= leastMeasured ? 'measured' : 'policy';
  const nodeMs = (basis === 'measured' ? slowOne(startsMs) : policy.readyWithinMs) + minReadyMs;
  return {
    pods: taken.length,
    zones: counts(taken.map((node) => labelOf(node, zoneLabel))),
    pools: counts(taken.map(poolOf)),
    nodeMs,
    basis,
    expectedMs: expected(plan, nodeMs, policy.podsPerMinute),
    approvals: plan.batches.filter(({ approval }) => approval !== undefined).length,
  };
}

/** A window is refilled as nodes arrive, so that a batch takes as many rounds as its nodes fill the budget. */
function expected({ batches, budget }: CostInput['plan'], nodeMs: number, podsPerMinute = Infinity): number {
  let before = 0;
  let sum = 0;
  for (const { goal, soakMs } of batches) {
    const news = Math.max(0, goal - before);
    before = Math.max(before, goal);
    sum += Math.max(Math.ceil(news / Math.max(1, budget)) * nodeMs, (news / podsPerMinute) * 60_000) + soakMs;
  }
  return Math.round(sum);
}

/** The upper quartile: a batch waits for its slow nodes. */
function slowOne(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.max(timestampMs, sorted[Math.floor(sorted.length * 0.75)] ?? 0);
}

function counts(values: readonly (string | undefined)[]): Record<string, number> {
  const found = new Map<string, number>();
  for (const value of values) if (value !== undefined) found.set(value, (found.get(value) ?? 0) + 1);
  const sorted = [...found].sort(([a, of], [b, than]) => than - of || (a < b ? -1 : 1));
  const others = sorted.slice(countedValues).reduce((sum, [, one]) => sum + one, 0);
  return Object.fromEntries([
    ...sorted.slice(0, countedValues),
    ...(others === 0 ? [] : [['others', others] as const]),
  ]);
}
