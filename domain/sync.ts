import type { PruneInBatches } from './application/spec.ts';
import type { PolicySources } from './policy/source.ts';
import type { BatchPlan } from './rollout/plan.ts';
import type { IntOrPercent, RolloutPolicy } from './rollout/policy.ts';

/** What a sync does to one object. */
export type ObjectAction = 'create' | 'configure' | 'unchanged';

/** How a changed field is classed: what it costs to apply it. */
export type FieldClass = 'restartsPods' | 'noRestart' | 'immutable' | 'strategy';

/** Who owns a field of a live object, as its managedFields say. */
export interface FieldOwner {
  manager: string;
  operation: 'Apply' | 'Update';
  /** When the manager last changed anything of what it owns, RFC 3339. */
  time?: string;
}

/**
 * Who decides a value that git does not state: a default of the API server, an admission webhook or policy, or one of the two
 * where that cannot be told.
 */
export type FieldSetter = 'default' | 'admission' | 'server';

/** One field that differs. Values are short, printable and masked: secrets never appear. */
export interface FieldChange {
  path: string;
  before?: string;
  after?: string;
  class: FieldClass;
  /** Who owns the field in the live object, e.g. `kubectl-client-side-apply (Update)`. */
  owner?: string;
  /** The same in parts, the newest first. */
  owners?: FieldOwner[];
  /** Absent where git states the value, or does not state it any more. */
  setBy?: FieldSetter;
  /** A rule for `spec.ignore` that leaves the field to its owner; where somebody else than the application owns it. */
  ignoreRule?: string;
}

/**
 * A field of which git and the cluster do not say the same, and that a sync does not change. overridden: a webhook, a policy or the API
 * server makes something else of what git states. kept: git does not state it any more, and it stays, because somebody else
 * owns it as well. ignored: a rule of `spec.ignore` leaves it to its owner.
 */
export interface FieldNote {
  path: string;
  note: 'overridden' | 'kept' | 'ignored';
  /** What git states. */
  git?: string;
  /** What is, or would be, on the cluster. */
  cluster?: string;
  owners?: FieldOwner[];
  /** A rule for `spec.ignore` that leaves the field to the cluster. */
  ignoreRule?: string;
}

/** One object of the change set. */
export interface ObjectChange {
  kind: string;
  apiVersion: string;
  namespace?: string;
  name: string;
  action: ObjectAction;
  fields: FieldChange[];
  /** What a sync leaves as it is, although git says otherwise. */
  notes?: FieldNote[];
  /** Why a sync would refuse the object, e.g. an immutable field that differs; the fields show what was asked for. */
  refusal?: string;
}

/**
 * What a sync means for one DaemonSet:
 * install (not there yet), adopt (runs, not managed yet), rollout (template differs), configure (only fields that restart no
 * pod), unchanged, held (its template is quarantined: last good keeps running).
 */
export type DaemonSetVerdict = 'install' | 'rollout' | 'configure' | 'unchanged' | 'held';

/** One DaemonSet of a sync. Small on purpose: it enters workflow history. */
export interface DaemonSetSync {
  namespace: string;
  name: string;
  verdict: DaemonSetVerdict;
  /** The DaemonSet runs and is not managed by Nodewave yet: it is adopted before anything else (no pod restarts). */
  adopt: boolean;
  /** Digest of the pod template as the API server would default it. */
  templateDigest: string;
  /** Template plus the ConfigMaps and Secrets of the same commit that it references. */
  quarantineKey: string;
  /** git's explicit `updateStrategy.rollingUpdate.maxUnavailable`, the default of the budget. */
  maxUnavailable: IntOrPercent | null;
  /** The policy of this DaemonSet, resolved from annotations, RolloutPolicy, NodeApplication and defaults. */
  policy?: RolloutPolicy;
  /** Why it is held, with verdict `held`. */
  heldReason?: string;
}

/** A managed DaemonSet that git no longer has, and that is deleted once everything else of the commit has succeeded. */
export interface PrunedDaemonSet {
  namespace: string;
  name: string;
  uid: string;
  /** Pods that go with it, when the plan was made. */
  pods: number;
  /** They go in batches; absent where they go at once, with their DaemonSet. */
  batches?: PruneBatches;
}

/** How the pods of a pruned DaemonSet go. */
export interface PruneBatches extends PruneInBatches {
  /** It has begun: the DaemonSet itself is gone, and what is left of its pods runs on without it. */
  begun?: true;
  /** Why it has stopped half way: it goes on when a person says so. */
  stopped?: string;
  /** When a person said so. */
  goOnMs?: number;
}

/** What one commit would change on the cluster; result of the prepare activity, under 64 KB. */
export interface SyncPlan {
  commit: string;
  /** First line of the commit message, bounded, unescaped. */
  subject: string;
  /** Digest of the rendered objects; applying renders again and refuses when it differs. */
  renderedDigest: string;
  /** Objects other than DaemonSets, by what happens to them. */
  others: { create: number; configure: number; unchanged: number };
  daemonSets: DaemonSetSync[];
  /** With `sync.prune`: DaemonSets that git no longer has. */
  prune?: PrunedDaemonSet[];
  /** Sentences for people, e.g. "ConfigMap agent-config reaches 60 nodes at once". */
  warnings: string[];
}

/** The full change set, for `nodewave diff` and `plan`; bounded before it enters a payload. */
export interface Preview {
  plan: SyncPlan;
  objects: ObjectChange[];
  /** True when field changes were left out to stay under the payload limit. */
  truncated: boolean;
  /** The batches of every DaemonSet whose pods would be replaced, on the nodes that are there now. */
  batchPlans?: ShownBatchPlan[];
  /** Fields of policies that something else than the application decides; those that do not fit are left out. */
  policySources?: { namespace: string; name: string; sources: PolicySources }[];
  /** Only where it was asked for: every changed object as YAML, those that do not fit left out. */
  patches?: ObjectPatch[];
}

/** The batches of one DaemonSet before there is a rollout: counts move with the nodes, and it is not yet said which ones. */
export interface ShownBatchPlan extends Omit<BatchPlan, 'rules'> {
  namespace: string;
  name: string;
  /** What it costs; absent for an install, which restarts nothing. */
  cost?: RolloutCost;
}

/** What a rollout costs, on the nodes of now. */
export interface RolloutCost {
  /** Pods that restart. */
  pods: number;
  /** The same by zone, and by pool where nodes carry a pool label. */
  zones: Record<string, number>;
  pools: Record<string, number>;
  /** How long one node takes, and where that is from: pods that run now, or the policy's `readyWithin`. */
  nodeMs: number;
  basis: 'measured' | 'policy';
  /** All batches and soaks when nothing fails, without the time that approvals, gates, windows and the end of old pods take. */
  expectedMs: number;
  /** Batches that wait for a person. */
  approvals: number;
}

/** A masked, unified diff of one object as YAML, for `nodewave diff -o diff`. */
export interface ObjectPatch {
  kind: string;
  apiVersion: string;
  namespace?: string;
  name: string;
  /** Lines of context and change, without file names. */
  patch: string;
}
