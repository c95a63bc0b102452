import { budgetOf } from './budget.ts';
import type { NodeFacts } from './node-facts.ts';
import { policyDefaults } from './policy.ts';
import type { StepRules } from './step-types.ts';
import { isInFlight, usedUpGroup } from './window.ts';

/** Most names in a sentence. */
const named = 5;

/**
 * Why no further node is taken because too many are set aside (S10), for people; null while that is not so. Nodes in flight
 * finish. Never on the way back, which must not wait for nodes that are ill.
 */
export function tooManyDeferred(rules: StepRules, facts: readonly NodeFacts[]): string | null {
  if (rules.direction === 'back') return null;
  const deferred = facts.filter((fact) => fact.deferred);
  const { maxDeferred = policyDefaults.maxDeferred } = rules.policy ?? {};
  // A percentage always lets one node be away; a count of 0 means none.
  const most = typeof maxDeferred === 'number' ? maxDeferred : budgetOf(maxDeferred, facts.length);
  if (deferred.length <= most) return null;
  const who = list(deferred.map((fact) => `${fact.node.name}: ${fact.away}`));
  return `${deferred.length} nodes are set aside (${who}) and at most ${most} may be; no further node is taken until some are back, or maxDeferred is raised`;
}

/** Who stands in the way when nothing of the rollout is in flight and still no node may be taken. */
export function blockedBy(
  rules: StepRules,
  chosen: readonly NodeFacts[],
  present: readonly NodeFacts[],
  budget: number,
  failing: ReadonlySet<string>,
): string | null {
  const waiting = chosen.filter((fact) => fact.takeable);
  const [first] = waiting;
  if (first === undefined || present.some((fact) => isInFlight(fact) && !failing.has(fact.node.name))) return null;
  const out = present.filter((fact) => fact.out).map((fact) => fact.node.name);
  const passed = out.filter((name) => failing.has(name));
  const tolerated = passed.length === 0 ? '' : `, ${passed.length} of them fail within the failure budget`;
  if (out.length >= budget) {
    return `${out.length} nodes have no available pod (${list(out)})${tolerated} and the budget is ${budget}; no further node is taken until they are available again, or maxUnavailable is raised`;
  }
  const group = usedUpGroup(rules, present, first);
  if (group === null) return null;
  const label = group.value === '' ? `without label ${group.key}` : `with ${group.key}=${group.value}`;
  return `${group.out} nodes ${label} have no available pod and at most ${group.max} may be out there; none of these is taken until they are available again`;
}

function list(names: readonly string[]): string {
  const first = names.slice(0, named).join(', ');
  return names.length > named ? `${first} and ${names.length - named} more` : first;
}
