import type { Finding } from '../wire.ts';
import type { NodeFacts } from './node-facts.ts';
import { policyDefaults } from './policy.ts';
import type { StepRules, StepView } from './step-types.ts';
import { isInFlight } from './window.ts';

/**
 * What takes too long as a whole although no single node is too late: no node has arrived for the progress deadline while
 * some are on their way (S44), or the way back is not over at its own deadline (S40). Time in which the cluster could not be seen
 * does not count.
 * @param waited nodes that the batch waits for
 */
export function judgeProgress(rules: StepRules, view: StepView, waited: readonly NodeFacts[]): Finding | null {
  return judgeArrivals(rules, view, waited) ?? judgeWayBack(rules, view, waited);
}

function judgeArrivals(rules: StepRules, view: StepView, waited: readonly NodeFacts[]): Finding | null {
  const flying = waited.filter(isInFlight).flatMap((fact) => {
    const sinceMs = startedMs(fact);
    return sinceMs === null ? [] : [{ fact, sinceMs }];
  });
  const [oldest] = flying.sort((a, b) => a.sinceMs - b.sinceMs);
  if (oldest === undefined) return null;
  const arrivals = waited.filter((fact) => fact.touched && fact.onTarget).map((fact) => fact.pod?.readySinceMs ?? 0);
  const newestMs = arrivals.reduce((latest, atMs) => Math.max(latest, atMs), 0);
  const deadlineMs = progressDeadlineMs(rules);
  const quietMs = view.nowMs - Math.max(newestMs, oldest.sinceMs, view.seenSinceMs);
  if (quietMs <= deadlineMs) return null;
  return {
    cause: 'NoProgress',
    node: oldest.fact.node.name,
    pod: oldest.fact.pod?.name ?? '',
    evidence: `no node has arrived on the target for ${seconds(quietMs)} s, ${flying.length} are on their way, this one for longest`,
    nextStep: 'look at the pods of these nodes, or raise progressDeadline',
  };
}

/** The default never is below what a single pod may take: who is patient with pods need not say so twice. */
function progressDeadlineMs(rules: StepRules): number {
  const byDefault = policyDefaults.progressDeadlineMs;
  const deadlineMs = rules.policy?.progressDeadlineMs ?? byDefault;
  return deadlineMs === byDefault ? Math.max(deadlineMs, rules.readyWithinMs) : deadlineMs;
}

/**
 * Since when a node is on its way: its new pod is there, or the old one should be gone. Null before that, as long as windows,
 * budgets and hooks may keep a granted pod from being deleted.
 */
function startedMs(fact: NodeFacts): number | null {
  if (!fact.replaced) return null;
  if (fact.pod !== null) return fact.pod.createdMs;
  const ends = fact.terminating.map((pod) => pod.terminatingUntilMs ?? 0);
  return ends.length === 0 ? null : Math.max(...ends);
}

function judgeWayBack(rules: StepRules, view: StepView, waited: readonly NodeFacts[]): Finding | null {
  const { backDeadline } = rules;
  if (rules.direction === 'forward' || backDeadline === undefined) return null;
  const late = waited.filter((fact) => !fact.onTarget);
  const [first] = late;
  const tookMs = view.nowMs - Math.max(backDeadline.sinceMs, view.seenSinceMs);
  if (first === undefined || tookMs <= backDeadline.deadlineMs) return null;
  return {
    cause: 'RollbackTooSlow',
    node: first.node.name,
    pod: first.pod?.name ?? '',
    evidence: `${late.length} nodes are not on last good ${seconds(tookMs)} s after the rollback began, ${seconds(backDeadline.deadlineMs)} s are allowed`,
    nextStep: 'look at the pods of these nodes: the rollback has ended and takes no further one',
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
