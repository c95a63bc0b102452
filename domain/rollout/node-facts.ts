import { newestLivePod } from '../cluster/availability.ts';
import { maintenanceOf } from '../cluster/maintenance.ts';
import type { NodeView, PodView } from '../cluster/view.ts';
import type { Grant } from '../record.ts';
import { hooksAllow, inForce, lastWordMs } from './hooks.ts';
import { goesLast, keptWhy } from './keep.ts';
import { foreignGrantMs, type StepRules, type StepView } from './step-types.ts';

/** Everything a decision needs to know of one eligible node. */
export interface NodeFacts {
  node: NodeView;
  /** The newest pod that is not terminating; null while there is none. */
  pod: PodView | null;
  /** Pods that are being deleted. */
  terminating: PodView[];
  available: boolean;
  /** Taken by this rollout, now or earlier. */
  touched: boolean;
  /** Taken, and the pod of that time is gone: what happens here now is held against the template it was taken for. */
  replaced: boolean;
  /** A grant of this rollout is open: the node is in flight until it is available on the target. */
  granted: boolean;
  /**
   * A grant names the pod that runs now, so whichever worker wrote the grant may delete it at any moment. A pod that came after
   * the granted one is safe: a DELETE names the uid.
   */
  condemned: boolean;
  /** Hooks are in force there, so it serves nobody although its pod may be well. */
  hooked: boolean;
  /** The hooks before the delete are not done yet. */
  held: boolean;
  /** Available on the target, and nothing is left to be undone. */
  onTarget: boolean;
  /** Runs another template than the one to reach. */
  onOtherHash: boolean;
  /** Runs neither the target nor last good: an earlier rollout left it behind on a release that is given up. */
  astray: boolean;
  /** Runs the target although this rollout never took it: joined or came back while a window was open. */
  exposed: boolean;
  /** NotReady or under maintenance before this rollout replaced its pod (S10, S35); on the way back every such node. */
  deferred: boolean;
  /** What others do to the node, for people; null when it is nothing. */
  maintenance: string | null;
  /** Why it is NotReady or under maintenance, for people; null when it is neither. */
  away: string | null;
  /** Why its pod is left alone whatever happens to others, for people; null when it is not. */
  kept: string | null;
  /** Taken after all others. */
  late: boolean;
  /** Granted, and the pod of that time is still there or its successor is not made yet. */
  pending: boolean;
  /** Counts against the budget, whatever its revision (S14). */
  out: boolean;
  /** The grant for exactly this pod exists, so it may be deleted. */
  removable: boolean;
  /** Could be granted now. */
  takeable: boolean;
  /** Down on a template that it has to leave: taking it costs the cluster nothing. */
  sunk: boolean;
}

/** Derives the facts of every eligible node. */
export function nodeFacts(rules: StepRules, view: StepView, eligible: readonly NodeView[]): NodeFacts[] {
  const podsByNode = Map.groupBy(view.pods, (pod) => pod.node);
  const grantsByNode = Map.groupBy(view.grants, (grant) => grant.nodeUid);
  return eligible.map((node) => {
    const pods = podsByNode.get(node.name) ?? [];
    const grants = grantsByNode.get(node.uid);
    return grants === undefined ? quietFacts(rules, view, node, pods) : factsOf(rules, view, node, pods, grants);
  });
}

/** What the facts of a node without grants were made from. Nothing else goes into them, the time neither. */
interface Quiet {
  rules: StepRules;
  pod: PodView | undefined;
  available: boolean;
  touched: boolean;
  upgrading: boolean;
  own: boolean;
  facts: NodeFacts;
}

/** A batch decides many times a second over thousands of nodes, and between two decisions hardly anything happens to most of them. */
const quietNodes = new WeakMap<NodeView, Quiet>();

function quietFacts(rules: StepRules, view: StepView, node: NodeView, pods: PodView[]): NodeFacts {
  const [pod] = pods;
  if (pods.length > 1) return factsOf(rules, view, node, pods, []);
  const available = pod !== undefined && view.isAvailable(pod);
  const touched = view.touched.has(node.uid);
  const upgrading = view.upgrading?.has(node.name) === true;
  const own = view.ownNodes?.has(node.name) === true;
  const last = quietNodes.get(node);
  const same =
    last !== undefined &&
    last.rules === rules &&
    last.pod === pod &&
    last.available === available &&
    last.touched === touched &&
    last.upgrading === upgrading &&
    last.own === own;
  if (same) return last.facts;
  const facts = factsOf(rules, view, node, pods, []);
  quietNodes.set(node, { rules, pod, available, touched, upgrading, own, facts });
  return facts;
}

function factsOf(rules: StepRules, view: StepView, node: NodeView, pods: PodView[], grants: Grant[]): NodeFacts {
  const pod = newestLivePod(pods) ?? null;
  const terminating = pods.filter((other) => other.terminatingUntilMs !== undefined);
  const available = pod !== null && view.isAvailable(pod);
  const hooked = grants.some(inForce);
  const onTarget = available && !hooked && pod.hash === rules.toHash;
  const onOtherHash = pod !== null && pod.hash !== rules.toHash;
  const touched = view.touched.has(node.uid);
  const granted = grants.some((grant) => grant.rollout === rules.rollout);
  const named = grants.filter((grant) => grant.podUid === pod?.uid);
  const spared = named.some((grant) => grant.rollout === rules.rollout);
  const awaited = onOtherHash && spared;
  const replaced = (touched || granted) && !spared;
  const kept = keptWhy(rules.policy, rules.direction, node, replaced);
  // Grants of an older rollout, of the way forward once it leads back, and of nodes that are to keep their pod by now are void when
  // no worker can act on them any more.
  const condemned =
    (awaited && kept === null) || named.some((grant) => view.nowMs - lastWordMs(grant) < foreignGrantMs);
  const maintenance = maintenanceOf(node, view.upgrading);
  const away = node.ready ? maintenance : maintenance === null ? 'NotReady' : `NotReady, ${maintenance}`;
  const deferred = away !== null && (rules.direction === 'back' || !replaced);
  const removable = awaited && away === null && kept === null;
  // A node that still has a terminating pod would only queue a second deletion behind it (S13).
  const takeable = onOtherHash && away === null && kept === null && !removable && terminating.length === 0;
  return {
    node,
    pod,
    terminating,
    available,
    touched,
    replaced,
    granted,
    condemned,
    hooked,
    held: named.some((grant) => !hooksAllow(grant)),
    onTarget,
    onOtherHash,
    astray: onOtherHash && rules.lastGoodHash !== null && pod.hash !== rules.lastGoodHash,
    exposed: pod !== null && pod.hash === rules.toHash && !touched && !granted && rules.direction === 'forward',
    deferred,
    maintenance,
    away,
    kept,
    // A node once taken keeps its place, or another one would be taken in its stead.
    late: !touched && !granted && goesLast(rules.policy, view.ownNodes, node),
    pending: granted && (awaited || pod === null),
    out: !deferred && (!available || condemned || hooked),
    removable,
    takeable,
    sunk: takeable && !available,
  };
}
