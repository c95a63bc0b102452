import type { PodView } from '../cluster/view.ts';
import type { Finding } from '../wire.ts';

/** A pod that its disruption budget does not let go. */
export interface Refusal {
  /** Of the first refusal, in milliseconds. */
  sinceMs: number;
  tries: number;
  /** What the API server said last. */
  said: string;
}

const firstRetryMs = 1_000;
const slowestRetryMs = 15_000;

/** How long to wait after so many refusals: doubled each time, for budgets are full as long as other pods take to start. */
export function retryAfterMs(tries: number): number {
  return Math.min(slowestRetryMs, firstRetryMs * 2 ** (tries - 1));
}

/** Name of the budget in an API server's refusal; null when it names none. */
export function budgetName(said: string): string | null {
  return /disruption budget (\S+) /i.exec(said)?.[1] ?? null;
}

/** What is wrong with a node whose pod was refused for longer than a pod may take to become ready (S15). */
export function refusalFinding(pod: PodView, refusal: Refusal, withinMs: number): Finding {
  const name = budgetName(refusal.said);
  const budget = name === null ? 'its PodDisruptionBudget' : `PodDisruptionBudget ${name}`;
  const unhealthy = pod.ready
    ? ''
    : '; a pod that is not ready is let go only with unhealthyPodEvictionPolicy: AlwaysAllow';
  return {
    cause: 'DisruptionBudget',
    node: pod.node,
    pod: pod.name,
    evidence: `${budget} has refused the eviction for ${Math.round(withinMs / 1000)} s: ${refusal.said}`.slice(0, 400),
    nextStep: `see which pods ${budget} counts as healthy, let it allow a disruption more, or use removal: delete${unhealthy}`,
  };
}
