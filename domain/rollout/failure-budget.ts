import type { Finding } from '../wire.ts';
import { policyDefaults } from './policy.ts';
import type { StepRules, StepView } from './step-types.ts';

/**
 * How many nodes may fail in the running batch: a count, or a percentage of the batch rounded down, so that a canary of one
 * node never may. Always 0 on the way back.
 * @param batchSize nodes of this batch, those of earlier ones not counted
 */
export function allowedFailures(rules: StepRules, batchSize: number): number {
  if (rules.direction === 'back') return 0;
  const given = rules.rules[rules.batchIndex]?.failureBudget ?? rules.policy?.failureBudget;
  const value = given ?? policyDefaults.failureBudget;
  if (typeof value === 'number') return value;
  return Math.floor((Number.parseInt(value, 10) * batchSize) / 100);
}

/** Whether a batch has a failure budget at all, so that nothing is counted where it has none. */
export function hasFailureBudget(rules: StepRules): boolean {
  return allowedFailures(rules, 1_000_000) > 0;
}

/**
 * Findings that fail the batch, and those that its budget lets pass. All of them fail it once one too many is there. A node that
 * an earlier batch has let pass is in that batch's budget: its grant is still open.
 */
export function splitFindings(
  rules: StepRules,
  view: StepView,
  judged: readonly Finding[],
  batchSize: number,
): { failed: Finding[]; tolerated: Finding[] } {
  const earlier = new Set(
    view.grants
      .filter((grant) => grant.rollout === rules.rollout && grant.batch < rules.batchIndex)
      .map((grant) => grant.node),
  );
  const failing = new Set(judged.map((finding) => finding.node).filter((node) => !earlier.has(node)));
  if (failing.size > allowedFailures(rules, batchSize)) return { failed: [...judged], tolerated: [] };
  return { failed: [], tolerated: [...judged] };
}
