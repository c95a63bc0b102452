import type { NodeSelectorRequirement } from '../cluster/view.ts';
import type { GateSpec } from '../gates/types.ts';

/** A count of nodes, or a percentage of the eligible ones written as `"10%"`. */
export type IntOrPercent = number | `${number}%`;

/**
 * Nodes by name, or by their labels as a node selector term does: a node is selected when its name is listed or when all of
 * `matchLabels` and `matchExpressions` hold. An empty selection matches nothing.
 */
export interface NodeSelection {
  names?: string[];
  matchLabels?: Record<string, string>;
  matchExpressions?: NodeSelectorRequirement[];
}

/** When nodes may be taken (`allow`) or not (`deny`); deny wins. Aborts and rollbacks are never held by a window. */
export interface RolloutWindow {
  kind: 'allow' | 'deny';
  /** Five cron fields: when the window begins. */
  schedule: string;
  durationMs: number;
  /** IANA name, e.g. Europe/Berlin. */
  timeZone: string;
  /** What a batch does that still runs when the time is over: `finish` itself, or `stop` taking nodes (the default). */
  overrun?: 'finish' | 'stop';
}

/**
 * One thing that is done to a node around the replacement of its pod. Hooks run in the order of the list: those before the
 * delete first, the Jobs `afterAvailable` once the new pod is available; then labels, annotations and the cordon are undone.
 */
export type NodeHook =
  | { kind: 'label'; key: string; value: string }
  | { kind: 'annotate'; key: string; value: string }
  | { kind: 'cordon' }
  /** Label node.kubernetes.io/exclude-from-external-load-balancers. */
  | { kind: 'excludeFromLoadBalancers' }
  /** Waits, so that load balancers notice what the hooks before it have done. */
  | { kind: 'settle'; settleMs: number }
  /**
   * Runs a Job in the DaemonSet's namespace, pinned to the node; it must succeed within `withinMs`.
   * `template` is a pod template: `{metadata: {labels}, spec: {containers: [...]}}`.
   */
  | { kind: 'job'; when: 'beforeDelete' | 'afterAvailable'; template: Record<string, unknown>; withinMs: number };

/** One batch as the user wrote it, defaults filled in. */
export interface BatchSpec {
  /** Shown to people; `batch 2` when the user gave none. */
  name: string;
  /**
   * With a number: that many nodes more. With a percentage: cumulative over the eligible nodes, rounded up (S3).
   * With `per`: counted for each value of that node label.
   */
  nodes: IntOrPercent;
  /** Only these nodes; a percentage in `nodes` is then of them, and still cumulative. */
  select?: NodeSelection;
  /** A node label key; the batch takes `nodes` for each of its values. */
  per?: string;
  /** How long the batch must stay healthy before the next one starts; 0 for none. */
  soakMs: number;
  /** Ask a person before the batch starts, or after its gates and soak have passed. */
  approval?: 'before' | 'after';
  /** Nodes that may fail before the batch has failed, percent of the batch rounded down; else the policy's. */
  failureBudget?: IntOrPercent;
}

/** How a DaemonSet is rolled out. Every field is resolved: no default is left to be guessed later. */
export interface RolloutPolicy {
  batches: BatchSpec[];
  /**
   * Most nodes that may be out at once, rounded up, at least 1. `null` until resolved against the manifest: git's explicit
   * `updateStrategy.rollingUpdate.maxUnavailable`, else 10 %.
   */
  maxUnavailable: IntOrPercent | null;
  /** How long a new pod may take to become available, from its creation. */
  readyWithinMs: number;
  /** Container restarts of a new pod that are still accepted, init containers included (S23). */
  maxRestarts: number;
  /** What happens when a gate fails. Without a last good template a failure always pauses. */
  onFailure: 'rollback' | 'pause';
  /** From when the new template stays the live one between batches. */
  promoteAfter: 'canary' | 'last';
  // From here on optional: recorded rollouts were started without them. `policyDefaults` says what is meant then.
  /** At most so many nodes out at once for each value of a node label: never two of a rack. Percent of that value's nodes. */
  maxUnavailablePer?: { key: string; max: IntOrPercent }[];
  /** Nodes that may fail in a batch before it has failed; percent of the batch rounded down. */
  failureBudget?: IntOrPercent;
  /** Nodes that may be failing at a time in the whole rollout, whatever the batches let pass; percent of the eligible, rounded down. */
  maxFailedNodes?: IntOrPercent;
  /**
   * Slow start: so many nodes in flight at first and one more for each node that has arrived, which doubles them with every full
   * round of successes, up to `cap` and the budget. Not on the way back.
   */
  ramp?: { startWith: number; cap?: number };
  /** Most pods replaced within any minute, against image pull storms. */
  podsPerMinute?: number;
  /** Label key over whose values the order of nodes alternates. */
  spread?: string;
  /** Nodes taken after all others of a batch, e.g. the control plane. */
  last?: NodeSelection;
  /** Nodes that this rollout never takes; they keep what they run. */
  exclude?: NodeSelection;
  /** Cordoned nodes: taken like others, left out, or taken last (S11). */
  cordoned?: 'include' | 'skip' | 'last';
  /** Nodes that may be set aside (NotReady, draining); beyond that no further node is taken (S10). */
  maxDeferred?: IntOrPercent;
  /** The batch fails when no node was completed for so long although some are in flight (S44). */
  progressDeadlineMs?: number;
  /** What happens when a node runs the new template that was not taken: go on and judge it too, or stop for a person (S27). */
  onUnplannedExposure?: 'watch' | 'pause';
  /** What a newer commit does to a running rollout. */
  supersede?: 'replace' | 'finish' | 'queue';
  /** How nodes outside of the batch are kept from the new template. */
  exposure?: 'window' | 'pin';
  windows?: RolloutWindow[];
  /** How pods are removed: deleted as the DaemonSet controller does, or evicted, which honours PodDisruptionBudgets (S15). */
  removal?: 'delete' | 'evict';
  /** The way back has a window and a deadline of its own. */
  rollback?: { maxUnavailable?: IntOrPercent; deadlineMs?: number };
  hooks?: NodeHook[];
  /** What a batch is held against besides what every rollout looks at by itself. */
  gates?: GateSpec[];
}

/** Built-in values, used where neither the application nor the manifest says anything. */
export const policyDefaults = {
  maxUnavailable: '10%',
  readyWithinMs: 5 * 60_000,
  maxRestarts: 2,
  onFailure: 'rollback',
  promoteAfter: 'last',
  failureBudget: 0,
  cordoned: 'include',
  maxDeferred: '10%',
  progressDeadlineMs: 15 * 60_000,
  onUnplannedExposure: 'watch',
  supersede: 'replace',
  exposure: 'window',
  overrun: 'stop',
  removal: 'delete',
} as const;
