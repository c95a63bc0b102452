import type { NodeView, PodView, SchedulingView } from '../cluster/view.ts';
import type { Grant } from '../record.ts';
import type { Finding, NodeAside, Progress } from '../wire.ts';
import type { BatchSpec, IntOrPercent, RolloutPolicy } from './policy.ts';

/** What a batch goes by; the nodes are picked from live state. */
export interface BatchRules {
  /** forward: to the target. back: everything that is not on last good returns to it. */
  direction: 'forward' | 'back';
  /** Hash that nodes must reach. */
  toHash: string;
  /** Hash of last good; null while there is none. */
  lastGoodHash: string | null;
  /** Batch rules from the first up to and including the running one. */
  rules: BatchSpec[];
  batchIndex: number;
  maxUnavailable: IntOrPercent;
  readyWithinMs: number;
  maxRestarts: number;
  /** Gates only: nothing is granted or deleted (first install, soak). */
  observeOnly: boolean;
  /** Names of nodes whose red gate a person has passed. */
  ignoredNodes: readonly string[];
  /** The whole policy, for everything that has a default; absent in rollouts recorded before it was told. */
  policy?: RolloutPolicy;
  /** Names of exposed nodes that a person has seen and let be (S27). */
  acceptedExposure?: readonly string[];
  /** The way back fails when it has not ended `deadlineMs` after it began. */
  backDeadline?: { sinceMs: number; deadlineMs: number };
}

/** What never changes while a batch runs. */
export interface StepRules extends BatchRules {
  /** Start of the rollout in milliseconds, which tells its grants from another's. */
  rollout: number;
  order: (a: NodeView, b: NodeView) => number;
}

/** What was seen, at one moment. */
export interface StepView {
  nowMs: number;
  /** Since when the cluster could be seen without a gap; deadlines never start earlier. */
  seenSinceMs: number;
  nodes: readonly NodeView[];
  /** All pods of the DaemonSet. */
  pods: readonly PodView[];
  scheduling: SchedulingView;
  isAvailable: (pod: PodView) => boolean;
  /** Restarts per pod uid that a person's retry has accepted. */
  restartsBefore: ReadonlyMap<string, number>;
  grants: readonly Grant[];
  /** What is wrong with nodes that pods do not show, by node uid: a hook that failed, a disruption budget that refuses. */
  found?: ReadonlyMap<string, Finding>;
  /** UIDs of nodes taken by this rollout. */
  touched: ReadonlySet<string>;
  /** Names of nodes that run pods of Nodewave or Temporal: they go last. */
  ownNodes?: ReadonlySet<string>;
  /** Names of nodes on which System Upgrade Controller runs an upgrade: under maintenance, though no mark says so. */
  upgrading?: ReadonlySet<string>;
  /** Since when a node has been seen without any pod of the DaemonSet, by name; only those that have none now. */
  emptySinceMs?: ReadonlyMap<string, number>;
  /** Pods that were seen with phase Failed, also when the controller has removed them since (S23). */
  failedPods?: readonly PodView[];
}

/** A pod on the target on a node of the batch that soaks. */
export interface SoakingPod {
  pod: PodView;
  available: boolean;
}

/** What to do now. */
export interface Step {
  /** Nodes to take, in this order; the record must hold them before their pods are deleted. */
  grant: Omit<Grant, 'rollout' | 'batch' | 'atMs'>[];
  /** Pods of nodes that are granted and still run what they must leave. */
  remove: PodView[];
  /** Grants that are over: the node is available on the target, gone, or no longer eligible. */
  settled: Grant[];
  /** Every node of the batch is available on the target. */
  done: boolean;
  findings: Finding[];
  progress: Progress;
  zones: { value: string; eligible: number; done: number }[];
  /** Names of nodes that were set aside. */
  deferred: string[];
  /** Nodes that were set aside or keep what they run, each with the reason. */
  aside: NodeAside[];
  /** Names of nodes on the target that this rollout did not take. */
  exposed: string[];
  /** What the failure budget lets pass: these nodes are out, and the batch does not wait for them. */
  tolerated: Finding[];
  /**
   * Pods on the target on the nodes that the running batch adds, those left out that a person or the failure budget lets fail: how
   * long they have been well is how long the batch has soaked (S23).
   */
  soaking: SoakingPod[];
  /** Names of nodes that this rollout has taken. */
  touchedNames: string[];
  /** Set when so many nodes are down that nothing may be concluded or deleted (S34). */
  outage: string | null;
  /** Set when nodes wait to be taken and others, which this rollout has not taken, use the whole budget up. */
  blocked: string | null;
}

/** How long a grant that this rollout will not act on counts as out although its pod is well: no worker acts on an older view. */
export const foreignGrantMs = 60_000;
