import type { ContainerView, NodeView, PodView, SchedulingView } from '../../../domain/cluster/view.ts';
import type { Grant } from '../../../domain/record.ts';
import { nodeOrder } from '../../../domain/rollout/order.ts';
import type { BatchSpec, RolloutPolicy } from '../../../domain/rollout/policy.ts';
import type { StepRules, StepView } from '../../../domain/rollout/step-types.ts';

/** Now, in all tables: any moment will do, as long as differences stay exact. */
export const nowMs = 1_800_000_000_000;

/** A DaemonSet that runs everywhere. */
export const anywhere: SchedulingView = { nodeSelector: {}, affinityTerms: null, tolerations: [], hostNetwork: false };

/** The rollout that the tables are about. */
export const thisRollout = 7;

/** A healthy node named `name`, with uid `u-<name>`. */
export function node(name: string, change: Partial<NodeView> = {}): NodeView {
  return { name, uid: `u-${name}`, labels: {}, taints: [], unschedulable: false, ready: true, ...change };
}

/** `count` healthy nodes: n00, n01, … */
export function nodes(count: number): NodeView[] {
  return Array.from({ length: count }, (_, index) => node(`n${`${index}`.padStart(2, '0')}`));
}

/** A running, ready pod of an hour's age on a node; `hash` is `old` or `new`. */
export function pod(nodeName: string, hash: string, change: Partial<PodView> = {}): PodView {
  return {
    name: `agent-${nodeName}`,
    uid: `p-${nodeName}-${hash}`,
    resourceVersion: '1',
    node: nodeName,
    hash,
    createdMs: nowMs - 3_600_000,
    phase: 'Running',
    ready: true,
    readySinceMs: nowMs - 3_500_000,
    containers: [container()],
    ...change,
  };
}

/** A container that runs and never restarted. */
export function container(change: Partial<ContainerView> = {}): ContainerView {
  return { name: 'agent', init: false, image: 'registry.example.com/agent:2', restartCount: 0, ...change };
}

/** A grant of this rollout for the pod that `pod(name, hash)` makes. */
export function grant(nodeName: string, change: Partial<Grant> = {}): Grant {
  return {
    node: nodeName,
    nodeUid: `u-${nodeName}`,
    podUid: `p-${nodeName}-old`,
    rollout: thisRollout,
    batch: 0,
    atMs: nowMs - 1_000,
    ...change,
  };
}

/** All nodes in one batch, one out at once. */
export function rules(change: Partial<StepRules> = {}): StepRules {
  return {
    direction: 'forward',
    toHash: 'new',
    lastGoodHash: 'old',
    rules: [batch('100%')],
    batchIndex: 0,
    maxUnavailable: 1,
    readyWithinMs: 300_000,
    maxRestarts: 2,
    observeOnly: false,
    ignoredNodes: [],
    rollout: thisRollout,
    order: nodeOrder('7'),
    ...change,
  };
}

/** What is seen, a pod being available when it is ready and not terminating. */
export function view(change: Partial<StepView> = {}): StepView {
  return {
    nowMs,
    seenSinceMs: nowMs - 7_200_000,
    nodes: [],
    pods: [],
    scheduling: anywhere,
    isAvailable: (seen) => seen.ready && seen.terminatingUntilMs === undefined,
    restartsBefore: new Map(),
    grants: [],
    touched: new Set(),
    ...change,
  };
}

/** A batch rule. */
export function batch(wanted: BatchSpec['nodes'], change: Partial<BatchSpec> = {}): BatchSpec {
  return { name: `${wanted}`, nodes: wanted, soakMs: 0, ...change };
}

/** A policy that says nothing but what the table is about. */
export function policyOf(change: Partial<RolloutPolicy>): RolloutPolicy {
  return {
    batches: [batch('100%')],
    maxUnavailable: null,
    readyWithinMs: 300_000,
    maxRestarts: 2,
    onFailure: 'rollback',
    promoteAfter: 'last',
    ...change,
  };
}
