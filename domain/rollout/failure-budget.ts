import type { Finding } from '../wire.ts';
import { allowanceOf } from './budget.ts';
import { policyDefaults } from './policy.ts';
import type { StepRules, StepView } from './step-types.ts';

/**
 * How many nodes may fail in one batch: a count, or a percentage of the batch rounded down, so that a canary of one node never
 * may; always fewer than all of them, for a batch in which nobody has arrived proves nothing. On the way back there is no batch, so nothing may.
 * @param size nodes of that batch, those of earlier ones not counted
 */
function allowedFailures(rules: StepRules, batch: number, size: number): number {
  const given = rules.rules[batch]?.failureBudget ?? rules.policy?.failureBudget;
  return allowanceOf(given ?? policyDefaults.failureBudget, size);
}

/**
 * Findings that fail the batch, and those that its budget lets pass. All of them fail it once one too many is there. What an
 * earlier batch has let pass is in that batch's budget, which its open grant tells, and never more than that budget was.
 * `maxFailedNodes` holds over all batches together.
 * @param sizes how many nodes each batch adds, up to the running one
 * @param eligible all nodes that the rollout is for
 */
export function splitFindings(
  rules: StepRules,
  view: StepView,
  judged: readonly Finding[],
  sizes: readonly number[],
  eligible: number,
): { failed: Finding[]; tolerated: Finding[] } {
  if (judged.length === 0) return { failed: [], tolerated: [] };
  const { batchIndex, rollout } = rules;
  const allowed = sizes.map((size, batch) => allowedFailures(rules, batch, size));
  const before = allowed.slice(0, batchIndex).reduce((sum, one) => sum + one, 0);
  const ofEarlier = new Set(
    view.grants.filter((grant) => grant.rollout === rollout && grant.batch < batchIndex).map((grant) => grant.node),
  );
  const failing = new Set(judged.map((finding) => finding.node));
  const passed = Math.min(before, [...failing].filter((node) => ofEarlier.has(node)).length);
  const inAll = rules.policy?.maxFailedNodes;
  const tooMany = inAll !== undefined && failing.size > allowanceOf(inAll, eligible);
  if (tooMany || failing.size - passed > (allowed[batchIndex] ?? 0)) return { failed: [...judged], tolerated: [] };
  return { failed: [], tolerated: [...judged] };
}
