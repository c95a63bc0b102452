import { newestLivePod } from '../cluster/availability.ts';
import { eligibility } from '../cluster/eligibility.ts';
import type { NodeView, PodView, SchedulingView } from '../cluster/view.ts';
import { digest } from '../digest.ts';
import { annotationPrefix } from '../ids.ts';
import type { Grant, GrantHooks, NodeChange } from '../record.ts';
import type { Finding } from '../wire.ts';
import type { NodeHook } from './policy.ts';
import type { StepRules, StepView } from './step-types.ts';

/** Label by which cloud providers and MetalLB leave a node out; that it is there counts, not its value. */
export const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** Annotation on a node while hooks are in force there: for whom, and what will be put back. People read it; nothing acts on it. */
export const hooksAnnotation = `${annotationPrefix}hooks`;

/** The parts of a node that hooks change, as they are now. */
export interface HookedNode {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  unschedulable: boolean;
}

/** A patch of the same parts; null takes a key away. */
export interface NodePatch {
  labels: Record<string, string | null>;
  annotations: Record<string, string | null>;
  /** Left out when it stays as it is. */
  unschedulable?: boolean;
}

/**
 * The changes that hooks will make to a node. What is there already is no change, so it is never undone: a node that was
 * cordoned stays cordoned (S11).
 */
export function plannedChanges(hooks: readonly NodeHook[], node: HookedNode): NodeChange[] {
  const changes: NodeChange[] = [];
  for (const hook of hooks) {
    const change = plannedChange(hook, node);
    if (change !== null) changes.push(change);
  }
  return changes;
}

function plannedChange(hook: NodeHook, node: HookedNode): NodeChange | null {
  switch (hook.kind) {
    case 'label':
      return set('label', hook.key, hook.value, node.labels[hook.key]);
    case 'annotate':
      return set('annotation', hook.key, hook.value, node.annotations[hook.key]);
    case 'excludeFromLoadBalancers':
      return node.labels[excludeLabel] === undefined ? set('label', excludeLabel, 'true', undefined) : null;
    case 'cordon':
      return node.unschedulable ? null : { kind: 'cordon' };
    case 'settle':
    case 'job':
      return null;
  }
}

function set(kind: 'label' | 'annotation', key: string, value: string, before: string | undefined): NodeChange | null {
  return before === value ? null : { kind, key, value, before: before ?? null };
}

/** Those of the recorded changes that these hooks make. */
export function changesOf(hooks: readonly NodeHook[], changes: readonly NodeChange[]): NodeChange[] {
  const nowhere: HookedNode = { labels: {}, annotations: {}, unschedulable: false };
  const keys = new Set(plannedChanges(hooks, nowhere).map(changeKey));
  return changes.filter((change) => keys.has(changeKey(change)));
}

/** Recorded changes with those of them that were found to be based on another value. */
export function corrected(changes: readonly NodeChange[], moved: readonly NodeChange[]): NodeChange[] {
  const byKey = new Map(moved.map((change) => [changeKey(change), change]));
  return changes.map((change) => byKey.get(changeKey(change)) ?? change);
}

/**
 * What has to be written so that the changes are in force; null when they are. A value that someone else has changed since it
 * was recorded is in `moved`: the record must name it before it is overwritten.
 */
export function patchToApply(
  changes: readonly NodeChange[],
  node: HookedNode,
): { patch: NodePatch | null; moved: NodeChange[] } {
  const patch: NodePatch = { labels: {}, annotations: {} };
  const moved: NodeChange[] = [];
  for (const change of changes) {
    if (change.kind === 'cordon') {
      if (!node.unschedulable) patch.unschedulable = true;
      continue;
    }
    const part = change.kind === 'label' ? 'labels' : 'annotations';
    const now = node[part][change.key] ?? null;
    if (now === change.value) continue;
    if (now !== change.before) moved.push({ ...change, before: now });
    patch[part][change.key] = change.value;
  }
  return { patch: changesNothing(patch) ? null : patch, moved };
}

/** What has to be written to undo exactly the changes that are in force. What someone else has put there meanwhile stays. */
export function patchToUndo(changes: readonly NodeChange[], node: HookedNode): NodePatch {
  const patch: NodePatch = { labels: {}, annotations: {} };
  for (const change of changes) {
    if (change.kind === 'cordon') {
      if (node.unschedulable) patch.unschedulable = false;
      continue;
    }
    const part = change.kind === 'label' ? 'labels' : 'annotations';
    if (node[part][change.key] === change.value) patch[part][change.key] = change.before;
  }
  return patch;
}

function changesNothing(patch: NodePatch): boolean {
  return (
    Object.keys(patch.labels).length + Object.keys(patch.annotations).length === 0 && patch.unschedulable === undefined
  );
}

/**
 * The hooks of a node that is taken again, such as on the way back: what is in force stays recorded with the values of before
 * the first change, and the Jobs of then are still to be removed.
 */
export function carriedHooks(planned: GrantHooks, former: readonly GrantHooks[]): GrantHooks {
  const changes = new Map(planned.changes.map((change) => [changeKey(change), change]));
  for (const change of former.flatMap((hooks) => hooks.changes)) changes.set(changeKey(change), change);
  const jobs = new Set([...former.flatMap((hooks) => hooks.jobs), ...planned.jobs]);
  return { changes: [...changes.values()], jobs: [...jobs] };
}

function changeKey(change: NodeChange): string {
  return change.kind === 'cordon' ? change.kind : `${change.kind}/${change.key}`;
}

/** Name of the Job of one hook for one pod of one node: a worker that takes over finds what another one has started. */
export function hookJobName(daemonset: string, grant: Pick<Grant, 'nodeUid' | 'podUid'>, index: number): string {
  const readable = daemonset.slice(0, 30).replace(/[^a-z0-9]+$/, '');
  return `${readable}-hook-${digest([grant.nodeUid, grant.podUid, index])}`;
}

/**
 * What is to be done about the hooks of a grant now. before: run the hooks before the delete, then the pod may be removed.
 * wait: a pod is on its way. after: the new pod is available, run the Jobs after it and undo. undo: nothing to wait for.
 */
export type HookMove = 'before' | 'wait' | 'after' | 'undo';

/** The move of every grant with hooks that are in force or still to run. */
export function hookMoves(
  rules: Pick<StepRules, 'rollout' | 'toHash'>,
  view: Pick<StepView, 'grants' | 'nodes' | 'pods' | 'scheduling' | 'isAvailable'>,
): Map<Grant, HookMove> {
  const hooked = view.grants.filter((grant) => grant.hooks !== undefined);
  if (hooked.length === 0) return new Map();
  const nodes = new Map(view.nodes.map((node) => [node.uid, node]));
  const pods = new Map<string, PodView[]>();
  for (const pod of view.pods) pods.set(pod.node, [...(pods.get(pod.node) ?? []), pod]);
  const moves = new Map<Grant, HookMove>();
  for (const grant of hooked) {
    const pod = newestLivePod(pods.get(grant.node) ?? []) ?? null;
    const move = moveOf(rules, view, grant, nodes.get(grant.nodeUid), pod);
    if (inForce(grant) || move === 'before') moves.set(grant, move);
  }
  return moves;
}

function moveOf(
  rules: Pick<StepRules, 'rollout' | 'toHash'>,
  view: Pick<StepView, 'scheduling' | 'isAvailable'>,
  grant: Grant,
  node: NodeView | undefined,
  pod: PodView | null,
): HookMove {
  if (grant.rollout !== rules.rollout) return 'undo';
  if (node === undefined || !eligibility(view.scheduling, node).shouldRun) return 'undo';
  if (pod === null) return 'wait';
  // On the way back, for a node whose pod was never deleted: it has what it is to have.
  if (pod.uid === grant.podUid) return pod.hash === rules.toHash ? 'undo' : 'before';
  return pod.hash === rules.toHash && view.isAvailable(pod) ? 'after' : 'wait';
}

/** Whether hooks have changed the node of a grant, or may be doing so: then there is something to undo. */
export function inForce(grant: Grant): boolean {
  return grant.hooks !== undefined && grant.hooks.off !== true;
}

/** Whether the hooks before the delete allow it; a grant without hooks always does. */
export function hooksAllow(grant: Grant): boolean {
  return grant.hooks === undefined || grant.hooks.readyMs !== undefined;
}

/** The grant once everything is undone. Its hooks are not forgotten: a pod that is still there waits for them to run anew. */
export function undone(grant: Grant): Grant {
  return grant.hooks === undefined ? grant : { ...grant, hooks: { changes: [], jobs: [], off: true } };
}

/** The grant once the hooks before the delete are done. */
export function madeReady(grant: Grant, nowMs: number): Grant {
  if (grant.hooks === undefined) return grant;
  return { ...grant, confirmedMs: nowMs, hooks: { ...grant.hooks, readyMs: nowMs } };
}

/** Tells one grant from another: a node that is taken again has another pod. */
export function grantKey(grant: Pick<Grant, 'nodeUid' | 'podUid' | 'rollout'>): string {
  return `${grant.nodeUid}/${grant.podUid}/${grant.rollout}`;
}

/**
 * How long after its grant, or its last confirmation, a pod may still be removed without asking whether the record is held.
 * Well below `foreignGrantMs`: until then a newer rollout counts the node as out.
 */
export const confirmAfterMs = 20_000;

/** Whether the record must be written again before the grant is acted on: hooks, windows and budgets of others can take hours. */
export function needsConfirmation(grant: Grant, nowMs: number): boolean {
  return nowMs - lastWordMs(grant) > confirmAfterMs;
}

/** When its rollout last wrote the grant, having the record. */
export function lastWordMs(grant: Grant): number {
  return Math.max(grant.atMs, grant.confirmedMs ?? 0);
}

/** The nodes as they are without our own hooks: a cordon of ours is no reason to leave a node out or to take it last. */
export function withoutOwnCordon(nodes: readonly NodeView[], grants: readonly Grant[]): readonly NodeView[] {
  const ours = new Set(
    grants
      .filter((grant) => grant.hooks?.changes.some(({ kind }) => kind === 'cordon') === true)
      .map((grant) => grant.nodeUid),
  );
  if (ours.size === 0) return nodes;
  return nodes.map((node) => (ours.has(node.uid) ? { ...node, unschedulable: false } : node));
}

/**
 * Why these hooks cannot be used with a DaemonSet, or null: a label by which it picks its nodes would take the pod away from the
 * node by itself, again and again.
 */
export function hookProblem(hooks: readonly NodeHook[], scheduling: SchedulingView): string | null {
  const expressions = (scheduling.affinityTerms ?? []).flatMap((term) => term.matchExpressions ?? []);
  const picksBy = new Set([...Object.keys(scheduling.nodeSelector), ...expressions.map(({ key }) => key)]);
  for (const hook of hooks) {
    const key = hook.kind === 'label' ? hook.key : hook.kind === 'excludeFromLoadBalancers' ? excludeLabel : null;
    if (key !== null && picksBy.has(key)) {
      return `a hook sets the node label ${key}, by which the DaemonSet picks its nodes; use another label`;
    }
  }
  return null;
}

/** What is wrong with a node one of whose hooks has failed. */
export function hookFinding(node: string, move: HookMove, evidence: string): Finding {
  const moment = move === 'before' ? 'before the delete' : 'after the new pod';
  return {
    cause: 'HookFailed',
    node,
    pod: '',
    evidence: `a hook ${moment} failed: ${evidence}`.slice(0, 400),
    nextStep:
      move === 'before'
        ? 'the pod was not deleted; correct the hook or the node, then retry'
        : 'the node is still out of service; see what the Job found, then retry, or go on with ignoreGate',
  };
}
