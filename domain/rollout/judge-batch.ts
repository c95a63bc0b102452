import type { PodView } from '../cluster/view.ts';
import type { Finding } from '../wire.ts';
import { lastWordMs } from './hooks.ts';
import { judgePod, judgeTermination, type PodLimits } from './judge.ts';
import type { NodeFacts } from './node-facts.ts';
import type { StepRules, StepView } from './step-types.ts';

/** How long a node that we touched may be NotReady before that is held against the release (S21). */
export const nodeNotReadyGraceMs = 15_000;

/**
 * The built-in gates over all nodes that run the target: available within the deadline, restarts, waiting reasons, nodes that
 * turned NotReady after they were touched. On the way back only nodes whose pod this rollout replaced are judged: a
 * node that was ill before is not the rollback's fault.
 */
export function judgeBatch(rules: StepRules, view: StepView, facts: readonly NodeFacts[]): Finding[] {
  const findings: Finding[] = [];
  for (const fact of facts) {
    if (fact.deferred) continue;
    const seen = view.found?.get(fact.node.uid);
    if (seen === undefined && rules.direction === 'back' && !fact.replaced) continue;
    const finding = seen ?? judgeNode(rules, view, fact);
    if (finding !== null) findings.push(finding);
  }
  return findings;
}

function judgeNode(rules: StepRules, view: StepView, fact: NodeFacts): Finding | null {
  if (fact.replaced && !fact.node.ready) return judgeLostNode(view, fact);
  // The controller removes a failed pod at once, and its successor may run another template: by then nothing else tells of it.
  const failed = view.failedPods?.find((pod) => pod.node === fact.node.name && pod.hash === rules.toHash);
  if (failed !== undefined) return judgePod(failed, false, limitsOf(rules, view, failed), view.nowMs);
  for (const pod of fact.terminating) {
    const stuck = fact.replaced ? judgeTermination(pod, fact.node, view.seenSinceMs, view.nowMs) : null;
    if (stuck !== null) return stuck;
  }
  if (fact.pod !== null && fact.pod.hash === rules.toHash) {
    return judgePod(fact.pod, fact.available, limitsOf(rules, view, fact.pod), view.nowMs);
  }
  return fact.pod === null && fact.terminating.length === 0 ? judgeMissing(rules, view, fact) : null;
}

function limitsOf(rules: StepRules, view: StepView, pod: PodView): PodLimits {
  return {
    readyWithinMs: rules.readyWithinMs,
    maxRestarts: rules.maxRestarts,
    restartsBefore: view.restartsBefore.get(pod.uid) ?? 0,
    seenSinceMs: view.seenSinceMs,
  };
}

function judgeLostNode(view: StepView, fact: NodeFacts): Finding | null {
  // Rebooted or taken away by someone who says so: that it is down is no word on the release. It still counts as out.
  if (fact.maintenance !== null) return null;
  const sinceMs = fact.node.notReadySinceMs ?? view.nowMs;
  if (view.nowMs - Math.max(sinceMs, view.seenSinceMs) < nodeNotReadyGraceMs) return null;
  return {
    cause: 'NodeNotReady',
    node: fact.node.name,
    pod: fact.pod?.name ?? '',
    evidence: 'the node turned NotReady after its pod was replaced',
    nextStep: 'look at the kubelet and kernel log of the node before the release touches another one',
  };
}

function judgeMissing(rules: StepRules, view: StepView, fact: NodeFacts): Finding | null {
  const sinceMs = missingSinceMs(view, fact);
  if (sinceMs === null || view.nowMs - Math.max(sinceMs, view.seenSinceMs) <= rules.readyWithinMs) return null;
  return {
    cause: 'PodNotCreated',
    node: fact.node.name,
    pod: '',
    evidence: `the controller created no pod within ${Math.round(rules.readyWithinMs / 1000)} s`,
    nextStep: 'look at the events of the DaemonSet: quota, admission or the controller manager may stand in the way',
  };
}

/** A node that has arrived has no grant any more; when its pod vanishes later and none comes, only what was seen tells since when. */
function missingSinceMs(view: StepView, fact: NodeFacts): number | null {
  if (!fact.granted) return fact.touched ? (view.emptySinceMs?.get(fact.node.name) ?? null) : null;
  return Math.max(0, ...view.grants.filter((grant) => grant.nodeUid === fact.node.uid).map(lastWordMs));
}
