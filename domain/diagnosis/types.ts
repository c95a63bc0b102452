import type { ContainerView, NodeView } from '../cluster/view.ts';

/** How sure a finding is. `high` only where status or log can mean nothing else. */
export type Confidence = 'high' | 'medium' | 'low';

/** Whether the release or the node is to blame, by comparing nodes: see `scope.ts`. */
export type Blame = 'release' | 'node' | 'unclear';

/** What is known of one failing pod; every list is bounded by the collector, texts are shortened, secrets masked. */
export interface PodEvidence {
  pod: string;
  node: string;
  /** For the commands of a next step. */
  namespace?: string;
  /** The DaemonSet the pod belongs to. */
  daemonset?: string;
  phase: string;
  reason?: string;
  message?: string;
  /** Conditions that are not True, as `Type: reason: message`. */
  conditions: { type: string; reason: string; message: string }[];
  containers: readonly ContainerView[];
  /** Limits as written in the template, by container, e.g. `{memory: '64Mi'}`. */
  limits: Record<string, Record<string, string>>;
  /** Requests as written in the template, by container, e.g. `{cpu: '500m'}`. */
  requests?: Record<string, Record<string, string>>;
  /** Last lines by container, of the run that ended when there was one. */
  logs: Record<string, string[]>;
  /** Newest first, of the pod, then of the DaemonSet. */
  events: { reason: string; message: string; count: number; about: 'pod' | 'daemonset' | 'node' }[];
  finalizers: string[];
  /** Absent while it is not being deleted. */
  terminatingSinceMs?: number;
  /** `deletionGracePeriodSeconds`, while it is being deleted. */
  graceSeconds?: number;
}

/** Everything a diagnosis looks at. */
export interface Evidence {
  nowMs: number;
  pod: PodEvidence | null;
  node: (NodeView & NodeFacts) | null;
  /** What this release changes in the pod template, as `path: before -> after`, bounded. */
  changes: string[];
  /** The same symptom on other nodes. */
  alike: Alike;
  /** What the API server answered to writes about this DaemonSet, Nodewave's own; events of the controller are events. */
  refusals?: string[];
}

/** What only a diagnosis reads of a node. */
export interface NodeFacts {
  conditions: { type: string; status: string; reason: string; message: string }[];
  /** `status.allocatable`, e.g. `{cpu: '1930m', memory: '5Gi'}`. */
  allocatable?: Record<string, string>;
}

/** How many nodes show the same thing. */
export interface Alike {
  /** Nodes on the new template, and how many of them fail the same way. */
  updated: number;
  failing: number;
  /** Nodes on last good, and how many of them are not well. */
  rest: number;
  restFailing: number;
  /** Failing nodes by pool, zone or architecture: label value to `failing/updated`. */
  groups: Group[];
}

/** The updated nodes with one value of a label, e.g. of a pool. */
export interface Group {
  /** `pool`, `zone`, `arch` or a label key. */
  key: string;
  value: string;
  failing: number;
  updated: number;
  /** Nodes with this value on last good, and how many of them are not well. */
  rest?: number;
  restFailing?: number;
}

/** What was found, for people and machines. */
export interface Diagnosis {
  /** Stable word, e.g. `ImageMissing`; each has its row in docs/failures.md. */
  cause: string;
  /** One sentence: what happened. */
  what: string;
  /** The texts it rests on, each with where it is from, at most 5, each at most 300 characters. */
  evidence: string[];
  confidence: Confidence;
  blame: Blame;
  /** What to do next, imperative. */
  nextStep: string;
  /** How many nodes show the same, in words: `3 of 3 updated nodes, all in pool gpu`. */
  spread: string;
}
