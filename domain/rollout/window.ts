import { labelOf } from '../cluster/eligibility.ts';
import type { PodView } from '../cluster/view.ts';
import { budgetOf, mayTake } from './budget.ts';
import type { NodeFacts } from './node-facts.ts';
import type { StepRules, StepView } from './step-types.ts';

/** What bounds how many nodes may be taken at this moment. Every node that is taken must be told by `take`. */
export interface Window {
  admits(fact: NodeFacts): boolean;
  take(fact: NodeFacts): void;
}

/** Creation times are whole seconds, rounded down: a pod may be up to a second younger than it says. */
const minuteMs = 61_000;

/** The nodes on which percentages are counted: kept ones are no part of the rollout. */
export function budgetOfStep(rules: StepRules, facts: readonly NodeFacts[]): number {
  return budgetOf(rules.maxUnavailable, facts.filter((fact) => fact.kept === null).length);
}

/**
 * Whether nodes that are down on what they have to leave do not count against the budget. A release that fails late is down on
 * more nodes than that, and a first install that failed on all of them: if they counted, nothing could ever go back (S39),
 * and no fix could ever replace the install.
 */
export function nothingToLose(rules: StepRules): boolean {
  return rules.direction === 'back' || rules.lastGoodHash === null;
}

/** One bound: of all nodes, or of those with one value of a label. */
interface Limit {
  max: number;
  out: number;
  /** Nodes that are being replaced, for bounds that do not count those with nothing to lose. */
  replacing: number;
}

/**
 * The window for new grants: the budget, the bound of each label value, the ramp and the rate (S14).
 * @param present eligible nodes that are not deferred
 * @param chosen those of the batches so far
 * @param failing nodes that the failure budget lets pass; they are out, and on their way nowhere
 */
export function grantWindow(
  rules: StepRules,
  view: StepView,
  present: readonly NodeFacts[],
  chosen: readonly NodeFacts[],
  budget: number,
  failing: ReadonlySet<string>,
): Window {
  const limits = limitsOf(rules, present, chosen, budget, (fact) => fact.out);
  const free = nothingToLose(rules);
  let flights = rampRoom(rules, present, failing);
  let replacements = rateRoom(
    rules,
    view,
    present.filter((fact) => fact.pending && !failing.has(fact.node.name)).length,
  );
  return {
    admits: (fact) =>
      flights > 0 &&
      replacements > 0 &&
      !tooYoung(rules, view, fact) &&
      limits(fact).every(({ max, out, replacing }) =>
        free && fact.sunk ? replacing < max : mayTake({ budget: max, out, nodeIsOut: fact.out }),
      ),
    take: (fact) => {
      flights -= 1;
      replacements -= 1;
      for (const limit of limits(fact)) {
        if (!fact.out) limit.out += 1;
        limit.replacing += 1;
      }
    },
  };
}

/**
 * The window for pods whose nodes are granted. Everything is asked again: between a grant and its delete a worker may have been
 * dead for long, and other nodes may have lost their pods meanwhile.
 */
export function removalWindow(rules: StepRules, view: StepView, present: readonly NodeFacts[], budget: number): Window {
  const limits = limitsOf(rules, present, [], budget, (fact) => !serves(fact));
  let replacements = rateRoom(rules, view, present.filter((fact) => fact.granted && fact.pod === null).length);
  return {
    admits: (fact) => {
      if (replacements <= 0 || tooYoung(rules, view, fact)) return false;
      if (nothingToLose(rules) && !fact.available) return true;
      return limits(fact).every(({ max, out }) => mayTake({ budget: max, out, nodeIsOut: !serves(fact) }));
    },
    take: (fact) => {
      replacements -= 1;
      if (serves(fact)) for (const limit of limits(fact)) limit.out += 1;
    },
  };
}

function serves(fact: NodeFacts): boolean {
  return fact.available && !fact.hooked;
}

/** The label value of `maxUnavailablePer` whose bound is used up for a node; null when none is. */
export function usedUpGroup(
  rules: StepRules,
  present: readonly NodeFacts[],
  node: NodeFacts,
): { key: string; value: string; out: number; max: number } | null {
  for (const { key, max } of rules.policy?.maxUnavailablePer ?? []) {
    const value = groupOf(node, key);
    const members = present.filter((fact) => groupOf(fact, key) === value);
    const out = members.filter((fact) => fact.out).length;
    const most = budgetOf(max, members.filter((fact) => fact.kept === null).length);
    if (!mayTake({ budget: most, out, nodeIsOut: node.out })) return { key, value, out, max: most };
  }
  return null;
}

function limitsOf(
  rules: StepRules,
  present: readonly NodeFacts[],
  chosen: readonly NodeFacts[],
  budget: number,
  isOut: (fact: NodeFacts) => boolean,
): (fact: NodeFacts) => Limit[] {
  const replaced = new Set(chosen.filter((fact) => fact.out && !fact.sunk));
  const limitOf = (members: readonly NodeFacts[], max: number): Limit => ({
    max,
    out: members.filter(isOut).length,
    replacing: members.filter((fact) => replaced.has(fact)).length,
  });
  const all = limitOf(present, budget);
  const groups = (rules.policy?.maxUnavailablePer ?? []).map(({ key, max }) => {
    const members = new Map<string, NodeFacts[]>();
    for (const fact of present) {
      const value = groupOf(fact, key);
      const group = members.get(value);
      if (group === undefined) members.set(value, [fact]);
      else group.push(fact);
    }
    const limits = new Map(
      [...members].map(([value, group]) => [
        value,
        limitOf(group, budgetOf(max, group.filter((fact) => fact.kept === null).length)),
      ]),
    );
    return { key, limits };
  });
  return (fact) => [all, ...groups.flatMap(({ key, limits }) => limits.get(groupOf(fact, key)) ?? [])];
}

/** Nodes without the label form a group of their own, instead of being without a bound. */
function groupOf(fact: NodeFacts, key: string): string {
  return labelOf(fact.node, key) ?? '';
}

/** Granted and neither there yet nor back on what it had: a pause sends nodes back to last good with their grants open. */
export function isInFlight(fact: NodeFacts): boolean {
  return fact.granted && !fact.onTarget && !fact.takeable;
}

/** How many more nodes the ramp lets go on their way now: `startWith`, and one more for each that has arrived. */
function rampRoom(rules: StepRules, present: readonly NodeFacts[], failing: ReadonlySet<string>): number {
  const ramp = rules.policy?.ramp;
  if (ramp === undefined || rules.direction === 'back') return Number.POSITIVE_INFINITY;
  const arrived = present.filter((fact) => fact.touched && fact.onTarget).length;
  const flying = present.filter((fact) => isInFlight(fact) && !failing.has(fact.node.name)).length;
  return Math.min(ramp.cap ?? Number.POSITIVE_INFINITY, ramp.startWith + arrived) - flying;
}

/**
 * How many more pods may be replaced within this minute. Counted on the cluster, so that a worker that starts anew or takes over
 * cannot exceed it: pods that are younger than a minute, on whichever template, and those that will be made because of us.
 */
function rateRoom(rules: StepRules, view: StepView, coming: number): number {
  const most = rules.policy?.podsPerMinute;
  if (most === undefined) return Number.POSITIVE_INFINITY;
  const young = view.pods.filter((pod) => isYoung(view, pod));
  return most - young.length - coming;
}

/** With a rate, a pod of this very minute is not replaced again: once it is gone nobody could count it any more. */
function tooYoung(rules: StepRules, view: StepView, fact: NodeFacts): boolean {
  return rules.policy?.podsPerMinute !== undefined && fact.pod !== null && isYoung(view, fact.pod);
}

function isYoung(view: StepView, pod: PodView): boolean {
  return view.nowMs - pod.createdMs < minuteMs;
}
