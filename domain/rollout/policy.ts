/** A count of nodes, or a percentage of the eligible ones written as `"10%"`. */
export type IntOrPercent = number | `${number}%`;

/** One batch as the user wrote it, defaults filled in. */
export interface BatchSpec {
  /** Shown to people; `batch 2` when the user gave none. */
  name: string;
  /**
   * With a number: that many nodes more. With a percentage: cumulative over the eligible nodes, rounded up (S3).
   * With `per`: counted for each value of that node label.
   */
  nodes: IntOrPercent;
  /** A node label key; the batch takes `nodes` for each of its values. */
  per?: string;
  /** How long the batch must stay healthy before the next one starts; 0 for none. */
  soakMs: number;
  /** Ask a person before the batch starts, or after its gates and soak have passed. */
  approval?: 'before' | 'after';
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
}

/** Built-in values, used where neither the application nor the manifest says anything. */
export const policyDefaults = {
  maxUnavailable: '10%',
  readyWithinMs: 5 * 60_000,
  maxRestarts: 2,
  onFailure: 'rollback',
  promoteAfter: 'last',
} as const;
