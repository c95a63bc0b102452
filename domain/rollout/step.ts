import { eligibility } from '../cluster/eligibility.ts';
import type { PodView } from '../cluster/view.ts';
import type { Grant } from '../record.ts';
import { coveredNodes } from './batches.ts';
import { budgetOf, mayTake } from './budget.ts';
import { judgeBatch } from './judge-batch.ts';
import { type NodeFacts, nodeFacts } from './node-facts.ts';
import type { Step, StepRules, StepView } from './step-types.ts';

/** Label that groups nodes for people. */
export const zoneLabel = 'topology.kubernetes.io/zone';

/** One decision of a batch: which nodes to take, which pods to delete, whether it is done or has failed. Pure. */
export function decideStep(rules: StepRules, view: StepView): Step {
  const eligible = view.nodes.filter((node) => eligibility(view.scheduling, node).shouldRun);
  const facts = nodeFacts(rules, view, eligible);
  const present = facts.filter((fact) => !fact.deferred);
  const chosen = chooseNodes(rules, present);
  const out = present.filter((fact) => fact.out).length;
  const outage = massOutage(facts);
  // What a person has let pass on the way forward must still come back.
  const ignored = new Set(rules.direction === 'forward' ? rules.ignoredNodes : []);
  const judged = judgeBatch(rules, view, facts).filter((finding) => !ignored.has(finding.node));
  const findings = outage === null ? judged : [];
  const mayMove = !rules.observeOnly && findings.length === 0 && outage === null;
  const budget = budgetOf(rules.maxUnavailable, eligible.length);
  const remove = mayMove ? chooseRemovals(rules, chosen, present, budget) : [];
  const grant = mayMove ? chooseGrants(rules, chosen, present, budget) : [];
  return {
    grant,
    remove,
    settled: settledGrants(rules, view, facts),
    done:
      findings.length === 0 && outage === null && chosen.every((fact) => fact.onTarget || ignored.has(fact.node.name)),
    findings,
    progress: {
      eligible: eligible.length,
      done: present.filter((fact) => fact.onTarget).length,
      inFlight: present.filter((fact) => fact.granted && !fact.onTarget).length,
      out,
      deferred: facts.length - present.length,
      exposed: present.filter((fact) => fact.exposed).length,
      batchGoal: chosen.length,
    },
    zones: zoneCounts(facts),
    deferred: facts.filter((fact) => fact.deferred).map((fact) => fact.node.name),
    touchedNames: facts.filter((fact) => fact.touched || fact.granted).map((fact) => fact.node.name),
    outage,
    blocked: mayMove && grant.length + remove.length === 0 ? blockedBy(chosen, present, budget) : null,
  };
}

/** Who stands in the way when nothing of the rollout is in flight and still no node may be taken. */
function blockedBy(chosen: NodeFacts[], present: NodeFacts[], budget: number): string | null {
  if (!chosen.some((fact) => fact.takeable) || present.some((fact) => fact.granted && !fact.onTarget)) return null;
  const out = present.filter((fact) => fact.out).map((fact) => fact.node.name);
  if (out.length < budget) return null;
  const named = out.slice(0, 5).join(', ');
  const more = out.length > 5 ? ` and ${out.length - 5} more` : '';
  return `${out.length} nodes have no available pod (${named}${more}) and the budget is ${budget}; no further node is taken until they are available again, or maxUnavailable is raised`;
}

function chooseNodes(rules: StepRules, present: NodeFacts[]): NodeFacts[] {
  if (rules.direction === 'back') {
    // Only what a release has changed goes back; a node that kept last good keeps its pod, whatever its health.
    return present
      .filter((fact) => fact.replaced || fact.onOtherHash)
      .sort((a, b) => Number(a.available) - Number(b.available) || rules.order(a.node, b.node));
  }
  // Nodes that are left on a release that is given up wait for no batch that others would fill: the fix is for them.
  const ordered = [...present].sort(
    (a, b) =>
      Number(b.touched) - Number(a.touched) || Number(b.astray) - Number(a.astray) || rules.order(a.node, b.node),
  );
  const covered = coveredNodes(
    ordered.map((fact) => fact.node),
    rules.rules,
    rules.batchIndex,
  );
  // A node once taken stays in the batch, though the cluster has shrunk and a percentage covers fewer nodes now (S3).
  return ordered.filter((fact) => covered.has(fact.node.uid) || fact.touched || fact.granted);
}

/**
 * Pods whose nodes are granted. The budget is asked again: between a grant and its delete a worker may have been dead for
 * long, and other nodes may have lost their pods meanwhile.
 */
function chooseRemovals(rules: StepRules, chosen: NodeFacts[], present: NodeFacts[], budget: number): PodView[] {
  const serves = (fact: NodeFacts): boolean => fact.available && !fact.hooked;
  let out = present.filter((fact) => !serves(fact)).length;
  const pods: PodView[] = [];
  for (const fact of chosen) {
    if (!fact.removable || fact.held || fact.pod === null) continue;
    const free = nothingToLose(rules) && !fact.available;
    if (!free && !mayTake({ budget, out, nodeIsOut: !serves(fact) })) continue;
    if (serves(fact)) out += 1;
    pods.push(fact.pod);
  }
  return pods;
}

/**
 * Whether nodes that are down on what they have to leave do not count against the budget. A release that fails late is down on
 * more nodes than that, and a first install that failed on all of them: if they counted, nothing could ever go back (S39),
 * and no fix could ever replace the install.
 */
function nothingToLose(rules: StepRules): boolean {
  return rules.direction === 'back' || rules.lastGoodHash === null;
}

function chooseGrants(rules: StepRules, chosen: NodeFacts[], present: NodeFacts[], budget: number): Step['grant'] {
  const grants: Step['grant'] = [];
  let out = present.filter((fact) => fact.out).length;
  let replacing = chosen.filter((fact) => fact.out && !fact.sunk).length;
  // Nodes that are out already come first: replacing their pods costs the cluster nothing (S14).
  const candidates = chosen.filter((fact) => fact.takeable).sort((a, b) => Number(a.available) - Number(b.available));
  for (const fact of candidates) {
    const may = nothingToLose(rules) && fact.sunk ? replacing < budget : mayTake({ budget, out, nodeIsOut: fact.out });
    if (fact.pod === null || !may) continue;
    if (!fact.out) out += 1;
    replacing += 1;
    grants.push({ node: fact.node.name, nodeUid: fact.node.uid, podUid: fact.pod.uid });
  }
  return grants;
}

function settledGrants(rules: StepRules, view: StepView, facts: NodeFacts[]): Grant[] {
  const byUid = new Map(facts.map((fact) => [fact.node.uid, fact]));
  return view.grants.filter((grant) => {
    // What hooks have done is still to be undone, be it that the node is gone or runs the DaemonSet no more.
    if (grant.hooks !== undefined) return false;
    const fact = byUid.get(grant.nodeUid);
    if (fact === undefined) return true;
    if (fact.condemned && grant.podUid === fact.pod?.uid) return false;
    return fact.onTarget || grant.rollout !== rules.rollout;
  });
}

/**
 * A third of the nodes (and at least three) NotReady at once is an outage of the cluster, not a verdict on a release (S34). So
 * it is when every node is set aside: a rollout that reached nobody has not succeeded. But when only touched nodes are down
 * and the others are well, it is the release that takes them down (S21).
 */
function massOutage(facts: NodeFacts[]): string | null {
  const down = facts.filter((fact) => !fact.node.ready);
  const nobodyLeft = facts.length > 0 && facts.every((fact) => fact.deferred);
  if (!nobodyLeft && (down.length < 3 || down.length * 3 < facts.length)) return null;
  const othersAreWell = facts.some((fact) => !fact.replaced && fact.node.ready);
  if (othersAreWell && down.every((fact) => fact.replaced)) return null;
  return `${down.length} of ${facts.length} nodes are NotReady; nothing is deleted or judged until they are back`;
}

function zoneCounts(facts: NodeFacts[]): Step['zones'] {
  const zones = new Map<string, { eligible: number; done: number }>();
  for (const fact of facts) {
    const value = fact.node.labels[zoneLabel] ?? '(none)';
    const zone = zones.get(value) ?? { eligible: 0, done: 0 };
    zone.eligible += 1;
    if (fact.onTarget && !fact.deferred) zone.done += 1;
    zones.set(value, zone);
  }
  return [...zones.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, 50)
    .map(([value, zone]) => ({ value, ...zone }));
}
