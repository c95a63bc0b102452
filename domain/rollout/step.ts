import { countedNodes } from '../cluster/eligibility.ts';
import type { PodView } from '../cluster/view.ts';
import type { Grant } from '../record.ts';
import type { NodeAside } from '../wire.ts';
import { arrange } from './arrange.ts';
import { coverage } from './batches.ts';
import { blockedBy, tooManyDeferred } from './blocked.ts';
import { splitFindings } from './failure-budget.ts';
import { inForce } from './hooks.ts';
import { judgeBatch } from './judge-batch.ts';
import { type NodeFacts, nodeFacts } from './node-facts.ts';
import { massOutage } from './outage.ts';
import { judgeProgress } from './overdue.ts';
import type { Step, StepRules, StepView } from './step-types.ts';
import { budgetOfStep, grantWindow, isInFlight, removalWindow, type Window } from './window.ts';

/** Label that groups nodes for people. */
export const zoneLabel = 'topology.kubernetes.io/zone';

/** One decision of a batch: which nodes to take, which pods to delete, whether it is done or has failed. Pure. */
export function decideStep(rules: StepRules, view: StepView): Step {
  const eligible = countedNodes(view.scheduling, view.nodes);
  const facts = nodeFacts(rules, view, eligible);
  const present = facts.filter((fact) => !fact.deferred);
  const { chosen, sizes, earlier } = chooseNodes(rules, present);
  const outage = massOutage(facts);
  // What a person has let pass on the way forward must still come back.
  const ignored = new Set(rules.direction === 'forward' ? rules.ignoredNodes : []);
  const judged = judgeBatch(rules, view, facts).filter((finding) => !ignored.has(finding.node));
  const { failed, tolerated } =
    outage === null ? splitFindings(rules, view, judged, sizes, eligible.length) : { failed: [], tolerated: [] };
  const failing = new Set(tolerated.map((finding) => finding.node));
  const waited = chosen.filter((fact) => !ignored.has(fact.node.name) && !failing.has(fact.node.name));
  const overdue = outage === null && failed.length === 0 ? judgeProgress(rules, view, waited) : null;
  const findings = overdue === null ? failed : [overdue];
  const well = findings.length === 0 && outage === null;
  const mayMove = !rules.observeOnly && well;
  const budget = budgetOfStep(rules, facts);
  const crowded = tooManyDeferred(rules, facts);
  const remove = mayMove ? chooseRemovals(chosen, removalWindow(rules, view, present, budget)) : [];
  const grant =
    mayMove && crowded === null ? chooseGrants(chosen, grantWindow(rules, view, present, chosen, budget, failing)) : [];
  const idle = mayMove && grant.length + remove.length === 0;
  const blocked = idle ? blockedBy(rules, chosen, present, budget, failing) : null;
  return {
    grant,
    remove,
    settled: settledGrants(rules, view, facts),
    done: well && crowded === null && waited.every((fact) => fact.onTarget),
    findings,
    progress: {
      eligible: eligible.length,
      done: present.filter((fact) => fact.onTarget).length,
      inFlight: present.filter(isInFlight).length,
      out: present.filter((fact) => fact.out).length,
      deferred: facts.length - present.length,
      exposed: present.filter((fact) => fact.exposed).length,
      batchGoal: chosen.length,
      kept: present.filter((fact) => fact.kept !== null).length,
      failing: failing.size,
    },
    zones: zoneCounts(facts),
    deferred: facts.filter((fact) => fact.deferred).map((fact) => fact.node.name),
    aside: facts.flatMap(asideOf),
    exposed: present.filter((fact) => fact.exposed).map((fact) => fact.node.name),
    tolerated,
    soaking: soakingPods(rules, waited, earlier),
    touchedNames: facts.filter((fact) => fact.touched || fact.granted).map((fact) => fact.node.name),
    outage,
    blocked: well ? (crowded ?? blocked) : null,
  };
}

function asideOf(fact: NodeFacts): NodeAside[] {
  const node = fact.node.name;
  if (fact.deferred) return [{ node, kind: 'deferred', why: fact.away ?? '' }];
  return fact.kept === null ? [] : [{ node, kind: 'kept', why: fact.kept }];
}

function soakingPods(rules: StepRules, waited: NodeFacts[], earlier: ReadonlySet<string>): Step['soaking'] {
  return waited.flatMap(({ node, pod, available }) =>
    pod === null || pod.hash !== rules.toHash || earlier.has(node.uid) ? [] : [{ pod, available }],
  );
}

/** The nodes of all batches so far, in order, how many of them each batch adds, and the uids of those of earlier batches. */
function chooseNodes(
  rules: StepRules,
  present: NodeFacts[],
): { chosen: NodeFacts[]; sizes: number[]; earlier: ReadonlySet<string> } {
  const taking = present.filter((fact) => fact.kept === null);
  if (rules.direction === 'back') {
    // Only what a release has changed goes back; a node that kept last good keeps its pod, whatever its health.
    const chosen = taking
      .filter((fact) => fact.replaced || fact.onOtherHash)
      .sort(
        (a, b) =>
          Number(a.available) - Number(b.available) || Number(a.late) - Number(b.late) || rules.order(a.node, b.node),
      );
    return { chosen, sizes: [], earlier: new Set() };
  }
  const ordered = arrange(taking, rules.order, rules.policy?.spread);
  const nodes = ordered.map((fact) => fact.node);
  const late = new Set(ordered.filter((fact) => fact.late).map((fact) => fact.node.uid));
  const { covered, sizes } = coverage(nodes, rules.rules, rules.batchIndex, late);
  // A node once taken stays in the batch, though the cluster has shrunk and a percentage covers fewer nodes now (S3).
  const chosen = ordered.filter((fact) => covered.has(fact.node.uid) || fact.touched || fact.granted);
  // In a set that is filled batch by batch those of earlier ones come first.
  const before = sizes.slice(0, rules.batchIndex).reduce((sum, size) => sum + size, 0);
  return { chosen, sizes, earlier: new Set([...covered].slice(0, before)) };
}

/** Pods whose nodes are granted and whose hooks are done. */
function chooseRemovals(chosen: NodeFacts[], window: Window): PodView[] {
  const pods: PodView[] = [];
  for (const fact of chosen) {
    if (!fact.removable || fact.held || fact.pod === null || !window.admits(fact)) continue;
    window.take(fact);
    pods.push(fact.pod);
  }
  return pods;
}

function chooseGrants(chosen: NodeFacts[], window: Window): Step['grant'] {
  const grants: Step['grant'] = [];
  // Nodes that are out already come first: replacing their pods costs the cluster nothing (S14). The sort is stable.
  const candidates = chosen
    .filter((fact) => fact.takeable)
    .sort((a, b) => Number(a.late) - Number(b.late) || Number(a.available) - Number(b.available));
  for (const fact of candidates) {
    if (fact.pod === null || !window.admits(fact)) continue;
    window.take(fact);
    grants.push({ node: fact.node.name, nodeUid: fact.node.uid, podUid: fact.pod.uid });
  }
  return grants;
}

function settledGrants(rules: StepRules, view: StepView, facts: NodeFacts[]): Grant[] {
  const granted = new Set(view.grants.map((grant) => grant.nodeUid));
  const byUid = new Map(facts.flatMap((fact) => (granted.has(fact.node.uid) ? [[fact.node.uid, fact]] : [])));
  return view.grants.filter((grant) => {
    // What hooks have done is still to be undone, be it that the node is gone or runs the DaemonSet no more.
    if (inForce(grant)) return false;
    const fact = byUid.get(grant.nodeUid);
    if (fact === undefined) return true;
    if (fact.condemned && grant.podUid === fact.pod?.uid) return false;
    const keepsIt = fact.kept !== null && !fact.replaced;
    return fact.onTarget || keepsIt || grant.rollout !== rules.rollout;
  });
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
