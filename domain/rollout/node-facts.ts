import { newestLivePod } from '../cluster/availability.ts';
import type { NodeView, PodView } from '../cluster/view.ts';
import type { Grant } from '../record.ts';
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
  /** A grant is open: the node counts as out until it is available on the target. */
  granted: boolean;
  onTarget: boolean;
  /** Runs another template than the one to reach. */
  onOtherHash: boolean;
  /** Runs the target although this rollout never took it: joined or came back while a window was open. */
  exposed: boolean;
  /** NotReady before this rollout touched it (S10); on the way back every NotReady node. */
  deferred: boolean;
  /** Counts against the budget, whatever its revision (S14). */
  out: boolean;
  /** The grant for exactly this pod exists, so it may be deleted. */
  removable: boolean;
  /** Could be granted now. */
  takeable: boolean;
}

/** Derives the facts of every eligible node. */
export function nodeFacts(rules: StepRules, view: StepView, eligible: readonly NodeView[]): NodeFacts[] {
  const podsByNode = new Map<string, PodView[]>();
  for (const pod of view.pods) podsByNode.set(pod.node, [...(podsByNode.get(pod.node) ?? []), pod]);
  const grantsByNode = new Map<string, Grant[]>();
  for (const grant of view.grants) grantsByNode.set(grant.nodeUid, [...(grantsByNode.get(grant.nodeUid) ?? []), grant]);
  return eligible.map((node) =>
    factsOf(rules, view, node, podsByNode.get(node.name) ?? [], grantsByNode.get(node.uid) ?? []),
  );
}

function factsOf(rules: StepRules, view: StepView, node: NodeView, pods: PodView[], allGrants: Grant[]): NodeFacts {
  const pod = newestLivePod(pods) ?? null;
  const available = pod !== null && view.isAvailable(pod);
  const onTarget = available && pod.hash === rules.toHash;
  // A grant of an older rollout is void once its worker can no longer act on it; until then the node counts as out.
  const grants = allGrants.filter(
    (grant) => grant.rollout === rules.rollout || (!onTarget && view.nowMs - grant.atMs < foreignGrantMs),
  );
  const granted = grants.length > 0;
  const touched = view.touched.has(node.uid);
  const deferred = !node.ready && (rules.direction === 'back' || !(touched || granted));
  const onOtherHash = pod !== null && pod.hash !== rules.toHash;
  const removable =
    onOtherHash && node.ready && grants.some((grant) => grant.podUid === pod.uid && grant.rollout === rules.rollout);
  return {
    node,
    pod,
    terminating: pods.filter((other) => other.terminatingUntilMs !== undefined),
    available,
    touched,
    granted,
    onTarget,
    onOtherHash,
    exposed: pod !== null && pod.hash === rules.toHash && !touched && !granted && rules.direction === 'forward',
    deferred,
    out: !deferred && (!available || (granted && !onTarget)),
    removable,
    // A node that still has a terminating pod would only queue a second deletion behind it (S13).
    takeable: onOtherHash && node.ready && !removable && !pods.some((other) => other.terminatingUntilMs !== undefined),
  };
}
