/** A pod template, kept as the API server gave it: opaque to decisions, plain JSON. */
export type PodTemplate = Record<string, unknown>;

/** A template that passed every batch and gate, or was adopted healthy: a rollback target. */
export interface GoodRevision {
  commit: string;
  /** Name of the ControllerRevision. */
  revision: string;
  /** Its `controller-revision-hash`. */
  hash: string;
  /** Digest of the template as the API server defaulted it; equal digests restart no pod. */
  templateDigest: string;
  /** See `QuarantineEntry.key`; an adopted template has none until its commit was rendered. */
  quarantineKey?: string;
  atMs: number;
}

/** A template that was rolled back or aborted: not rolled out again until git changes it or a person releases it. */
export interface QuarantineEntry {
  /** Template plus referenced config, see `quarantineKey`. */
  key: string;
  commit: string;
  reason: string;
  by?: string;
  atMs: number;
}

/**
 * Permission to take one node: written before its pod is deleted. A granted node counts as out until it is available on
 * the target, whoever wrote the grant.
 */
export interface Grant {
  node: string;
  nodeUid: string;
  /** The pod that may be deleted: the precondition of the DELETE. */
  podUid: string;
  /** The rollout that gave it. One of an older rollout counts as out until no worker can act on it any more. */
  rollout: number;
  batch: number;
  atMs: number;
  /** When its rollout last made sure that it still holds the record, if that was later than `atMs`. */
  confirmedMs?: number;
  /** What hooks do to the node. While they are in force the node counts as out, and the grant is never settled. */
  hooks?: GrantHooks;
}

/** One change that hooks make to a node, with what was there before: written to the record before it is made. */
export type NodeChange =
  | { kind: 'label' | 'annotation'; key: string; value: string; before: string | null }
  /** Only for nodes that were not cordoned before (S11). */
  | { kind: 'cordon' };

/** What has to be undone for one node, whoever does it: the crash of every part must not leave a node changed. */
export interface GrantHooks {
  changes: NodeChange[];
  /** Names of the Jobs that may exist for it, in the DaemonSet's namespace. */
  jobs: string[];
  /** Since when the hooks before the delete are done, so that the pod may be removed. */
  readyMs?: number;
  /** All is undone. If the pod is still to be removed, the hooks begin anew. */
  off?: true;
}

/**
 * Who may write the record: the newest (epoch, attempt) of a rollout run. A worker that finds a newer holder than itself has
 * been replaced and stops at once; without this, a worker cut off from Temporal would spend the budget a second time.
 */
export interface Holder {
  /** The rollout: its start in milliseconds, so that a later rollout always wins. */
  rollout: number;
  /** Counts the activities that the rollout scheduled. */
  epoch: number;
  /** The activity's attempt. */
  attempt: number;
  /** Run of the workflow. After Temporal's Reset a new run counts its activities from an earlier number on. */
  runId?: string;
  /** When Temporal scheduled the activity, milliseconds of the server's clock: tells which of two runs is the newer one. */
  scheduledMs?: number;
}

/** The template that the running rollout moves to. */
export interface RolloutTarget {
  commit: string;
  templateDigest: string;
  quarantineKey: string;
  /** Known once the window was opened the first time. */
  hash?: string;
}

/**
 * A DaemonSet whose pods are being deleted batch by batch. It is gone already, so this says alone what is left to do, and to
 * whichever worker or sync finds it.
 */
export interface Pruning {
  /** Finds its pods, in the form that a list takes. */
  selector: string;
  /** Pods when it began. */
  total: number;
  /** Uids of the pods of the batch that is under way; empty between two batches. */
  batch: string[];
  /** When the last batch was gone; null before that. */
  goneMs: number | null;
  /** Uids of the nodes that were Ready when their pod was taken. */
  taken: string[];
  /** Nodes that turned NotReady before this do not stop it: a person has seen them. */
  acceptedMs?: number;
  /** Why it stopped, until a person lets it go on. */
  stopped?: string;
}

/**
 * The record of one DaemonSet, kept in a ConfigMap that the DaemonSet owns. With it every part of Nodewave can be lost,
 * Temporal's database included, and nothing is taken twice.
 */
export interface DaemonSetRecord {
  v: 1;
  application: string;
  daemonSetUid: string;
  holder: Holder | null;
  /** Phase of the newest rollout, for people and for `apply` after a loss of Temporal's database. */
  phase: string;
  target: RolloutTarget | null;
  /** Newest first, at most five. */
  good: GoodRevision[];
  quarantine: QuarantineEntry[];
  grants: Grant[];
  /** UIDs of the nodes that the running rollout has taken, those that are done included. */
  touched: string[];
  /** What git states of the DaemonSet except its pod template, as last applied. */
  base: Record<string, unknown> | null;
  /** Templates by digest: those of `good` and `target`. */
  templates: Record<string, PodTemplate>;
  /** True while pods of nodes that are not taken yet may be pinned to last good. */
  pinned?: true;
  /** Set once the DaemonSet is to be pruned in batches. */
  pruning?: Pruning;
}

/** How many good revisions are kept. */
export const goodRevisionsKept = 5;

/** A record for a DaemonSet that Nodewave has just met. */
export function emptyRecord(application: string, daemonSetUid: string): DaemonSetRecord {
  return {
    v: 1,
    application,
    daemonSetUid,
    holder: null,
    phase: 'none',
    target: null,
    good: [],
    quarantine: [],
    grants: [],
    touched: [],
    base: null,
    templates: {},
  };
}
