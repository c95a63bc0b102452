import type { Watched } from '../domain/application/catch-up.ts';
import type { ApplicationSpec, GitRef } from '../domain/application/spec.ts';
import type { Stragglers } from '../domain/application/state.ts';
import type { GateReport } from '../domain/gates/types.ts';
import type { DaemonSetRef } from '../domain/ids.ts';
import type { Holder } from '../domain/record.ts';
import type { RolloutMemo } from '../domain/rollout/input.ts';
import type { NodeCensus } from '../domain/rollout/plan.ts';
import type { RolloutPolicy, RolloutWindow } from '../domain/rollout/policy.ts';
import type { SoakAnew } from '../domain/rollout/soak-clock.ts';
import type { KeptPlan } from '../domain/rollout/state.ts';
import type { BatchRules } from '../domain/rollout/step-types.ts';
import type { DaemonSetSync, Preview, PrunedDaemonSet, SyncPlan } from '../domain/sync.ts';
import type { Finding, NodeAside, Progress, RolloutFinished } from '../domain/wire.ts';

/** A commit that a ref points to. */
export interface ResolvedCommit {
  /** 40 (or 64) hex digits. */
  commit: string;
  /** First line of the message, at most 120 characters, control characters removed, not escaped. */
  subject: string;
  /** A sentence when the ref or its repository did not simply go on: a rewound branch, a moved tag, a new address. */
  note?: string;
}

/** Activities that need only git; queue `nodewave`. */
export interface GitActivities {
  /** Fetches and resolves the ref. Fails with BadInput when it does not exist, Infrastructure when git cannot be asked. */
  resolveRef(input: { repo: string; ref: GitRef; lastSeen?: string }): Promise<ResolvedCommit>;
  /**
   * Returns when the ref holds another commit than `lastSeen`. Until then every attempt fails with a BENIGN failure and
   * the next attempt waits `intervalMs` with jitter: waiting costs no history event. A ref that is gone and a git that
   * cannot be asked end the wait with the failures of `resolveRef`.
   */
  waitForNewCommit(input: { repo: string; ref: GitRef; lastSeen: string; intervalMs: number }): Promise<ResolvedCommit>;
}

/** How far pruning in batches has come. */
export interface PruneStep {
  /**
   * batch: a batch is gone, the next one is due in `restMs`. held: nothing may be deleted now, see `sentence`. stopped: a person
   * has to look, see `sentence`. done: nothing is left to do, `sentence` is for the log.
   */
  verdict: 'batch' | 'held' | 'stopped' | 'done';
  /** Pods that are left, and those that there were. */
  left: number;
  total: number;
  restMs?: number;
  sentence?: string;
}

/** Activities of a sync that read or write one cluster; queue `nodewave-<cluster>`. */
export interface SyncActivities {
  /** Reads, renders, validates, dry-runs and diffs one commit. Applies nothing. */
  prepareSync(input: { spec: ApplicationSpec; commit: string }): Promise<SyncPlan>;
  /**
   * The same with every field change, for people; with `patches` every changed object as a unified diff instead. What a sync would
   * refuse is shown beside the rest.
   */
  previewSync(input: { spec: ApplicationSpec; commit: string; patches?: true }): Promise<Preview>;
  /**
   * Adopts the DaemonSets that the plan adopts, then applies every object that is not a DaemonSet in kind order, then the
   * fields of the DaemonSets that restart no pod. Renders again and fails with Conflict when the digest differs.
   */
  applySync(input: {
    spec: ApplicationSpec;
    plan: SyncPlan;
    /** Leaves out the objects that are not DaemonSets: they came with a release that is quarantined. */
    othersWait?: boolean;
  }): Promise<{ adopted: string[] }>;
  /** Brings the objects that are not DaemonSets back to what a commit holds; deletes nothing. Returns what it changed. */
  restoreObjects(input: { spec: ApplicationSpec; commit: string }): Promise<{ changed: string[] }>;
  /** Deletes DaemonSets that git no longer has, with their pods. Returns a sentence each. */
  pruneDaemonSets(input: { spec: ApplicationSpec; daemonSets: PrunedDaemonSet[] }): Promise<{ notes: string[] }>;
  /**
   * Takes the next batch of pods from a DaemonSet that git no longer has, and returns when they are gone, or why not. Begins by
   * deleting the DaemonSet alone, its pods orphaned. Everything is read from the cluster, so a second attempt goes on where the
   * first one stopped. While `told` still says why nothing may be deleted, every attempt fails with a BENIGN failure.
   */
  pruneBatch(input: {
    spec: ApplicationSpec;
    daemonSet: PrunedDaemonSet;
    told?: string;
    /** A person has said that windows do not count. */
    expedite?: boolean;
  }): Promise<PruneStep>;
  /**
   * Returns when nodes run another template than the live one although nothing keeps them from it (S43). Until then every
   * attempt fails with a BENIGN failure and the next one waits `everyMs` with jitter: waiting costs no history event. Never
   * fails because the cluster cannot be asked.
   */
  waitForStragglers(input: {
    application: string;
    cluster: string;
    daemonSets: Watched[];
    /** What was reported as changed by others, by `namespace/name`: it is not told again. */
    edits?: Record<string, string>;
    everyMs: number;
  }): Promise<{
    stragglers: Stragglers[];
    /** A sentence for each watched DaemonSet that somebody else has changed while no rollout ran; absent means none. */
    edits?: Record<string, string>;
  }>;
  /** Gives the application's DaemonSets back: orphans them, see the design's rule on release. Returns a sentence each. */
  releaseApplication(input: { spec: ApplicationSpec; commit: string | null }): Promise<{ notes: string[] }>;
  /** Lifts the quarantine in the DaemonSets' records. Returns the names of those that had one. */
  releaseQuarantine(input: { spec: ApplicationSpec; daemonset?: string; by: string }): Promise<{ released: string[] }>;
}

/** A rollout workflow as the Temporal server knows it. */
export interface RolloutDescription {
  /** `gone`: the server knows no workflow with this id. */
  state: 'running' | 'ended' | 'gone';
  /** The server's word: COMPLETED, FAILED, TERMINATED, … */
  status: string;
  runId: string | null;
  /** What its starter wrote on it; null when it was started by other means. */
  memo: RolloutMemo | null;
  /** What it answered, when it completed and its answer says so. */
  finished: RolloutFinished | null;
}

/** Activities that ask Temporal itself; queue `nodewave`. */
export interface TemporalActivities {
  /** The newest rollout with this workflow id. */
  describeRollout(input: { workflowId: string }): Promise<RolloutDescription>;
  /**
   * Returns when the rollout that started at `rollout` runs no more. Until then every attempt fails with a BENIGN failure and
   * the next one waits 30 s: waiting costs no history event.
   */
  waitForRolloutEnd(input: { workflowId: string; rollout: number }): Promise<RolloutDescription>;
}

/** What all rollout activities are told. */
export interface RolloutContext {
  ref: DaemonSetRef;
  application: string;
  /** `attempt` is filled in by the activity. */
  holder: Omit<Holder, 'attempt'>;
}

/** The plan as the rollout keeps it, and the policy that it was made from. */
export interface RolloutPlan extends KeptPlan {
  policy: RolloutPolicy;
  /** Why nothing of it may be done: another rollout of the same template was rolled back meanwhile. */
  quarantined?: string;
}

/** How a batch ended. */
export interface BatchResult {
  /**
   * done: every node of the batch is available on the target. failed: a gate is red, see `findings`. stopped: cancelled
   * (pause, abort, rollback); nodes that were in flight stay granted. edited: someone else changed the DaemonSet, see `edit`.
   * incomplete: at the end of a soak some nodes of the batch are not on the target (joined, or their pod was deleted): the
   * batch takes them again. attention: the policy wants a person to look, see `attention`; nothing was concluded.
   * closed: nobody may take a node now, see `closed`, and none is in flight any more.
   */
  verdict: 'done' | 'failed' | 'stopped' | 'edited' | 'incomplete' | 'attention' | 'closed';
  progress: Progress;
  zones: { value: string; eligible: number; done: number }[];
  findings: Finding[];
  /** Names of all nodes with a finding, at most 200; absent in histories of before it was told. */
  redNodes?: string[];
  /** Who changed what, with verdict `edited`. */
  edit?: string;
  /** Nodes taken so far in the whole rollout, at most 200 names. */
  touched: string[];
  touchedCount: number;
  /** At most 20 names. */
  deferred: string[];
  /** At most 20 of each kind. */
  aside?: NodeAside[];
  /** Names of nodes on the target that were not taken, at most 200. */
  exposed?: string[];
  /** At most 10. */
  tolerated?: Finding[];
  /** What a person should look at, with verdict `attention`. */
  attention?: string;
  /** The soak started anew, see `watchSoak`. */
  soakAnew?: SoakAnew;
  /** How the gates stood, at most 20; absent where there are none. */
  gates?: GateReport[];
  /** What the gates that ended a soak ask for: their own word goes before the policy's `onFailure`. */
  gateAction?: 'rollback' | 'pause';
  /** True when the batch has closed the window itself, see `BatchInput.thenClose`. */
  windowClosed?: boolean;
  /** Which window or person does not let it go on, with verdict `closed`; `untilMs` is null when nobody knows. */
  closed?: { sentence: string; untilMs: number | null };
}

/** Activities of a rollout; queue `nodewave-<cluster>`, soaks on `nodewave-<cluster>-watch`. */
export interface RolloutActivities {
  /**
   * Renders the commit again, refuses with Conflict when the digest differs, writes target, base and templates to the
   * record, and makes the plan. For `revert` the target is the good revision before the newest.
   */
  planRollout(input: {
    context: RolloutContext;
    spec: ApplicationSpec;
    sync: DaemonSetSync;
    commit: string;
    renderedDigest: string;
    mode: 'install' | 'update' | 'revert';
  }): Promise<RolloutPlan>;
  /** Counts again what the plan's census counted, so that a stale approval can be refused. */
  takeCensus(input: { context: RolloutContext }): Promise<NodeCensus>;
  /** First install: writes the whole DaemonSet; the controller creates the pods at once. */
  install(input: {
    context: RolloutContext;
    spec: ApplicationSpec;
    commit: string;
    renderedDigest: string;
    quarantineKey: string;
  }): Promise<{
    toHash: string;
  }>;
  /** Makes the target template the live one, with `OnDelete` in the same write, and returns its hash. Forced only to revert. */
  openWindow(input: {
    context: RolloutContext;
    phase: string;
    force?: boolean;
    /** Pods of nodes that are not taken yet are pinned to last good first. */
    pin?: boolean;
  }): Promise<{ toHash: string }>;
  /** Makes last good the live template again; a newer holder makes every older batch activity stop first. */
  closeWindow(input: { context: RolloutContext; phase: string; force?: boolean }): Promise<{ liveHash: string | null }>;
  /** Replaces the pods of one batch inside the window of `maxUnavailable`. See `BatchResult`. */
  runBatch(input: BatchInput): Promise<BatchResult>;
  /**
   * Watches the nodes on the target until `untilMs`, or until the batch's pods have been well for as long as its rule says, when
   * one of them restarts or becomes unavailable; returns failed as soon as a gate is red.
   */
  watchSoak(input: { batch: BatchInput; untilMs: number }): Promise<BatchResult>;
  /**
   * Makes the target last good and the live template for good. With `leave` (a rollback after success) the revision that was
   * last good is quarantined and forgotten as a rollback target.
   */
  promote(input: {
    context: RolloutContext;
    phase: string;
    leave?: { key: string; reason: string; by: string };
  }): Promise<void>;
  /** Writes how the rollout ended to the record and the annotations, and quarantines the target where asked. */
  recordOutcome(input: {
    context: RolloutContext;
    outcome: string;
    quarantine?: { reason: string; by?: string };
  }): Promise<void>;
}

/** Activities about what has a say in every refill; queue `nodewave-<cluster>`. */
export interface GuardActivities {
  /**
   * Whether nodes may be taken now, by the windows and the cluster's brake. With `told`, the sentence that the workflow knows
   * already, it answers once it has another one; until then every attempt fails with a BENIGN failure, which costs no history.
   */
  mayRoll(input: {
    context: RolloutContext;
    /** Empty where windows do not count. */
    windows: RolloutWindow[];
    told?: string;
  }): Promise<MayRoll>;
  /**
   * Answers once somebody else has changed, deleted or made again the DaemonSet in another way than `told`, and with null once that
   * is undone. Until then every attempt fails with a BENIGN failure, which costs no history. Never fails because the cluster cannot
   * be asked.
   */
  waitForEdit(input: {
    context: RolloutContext;
    told: string | null;
    /** `lastGood` where no other template may be live, `any` where every known one may. */
    live: 'lastGood' | 'any';
  }): Promise<{ edit: string | null }>;
  /** Stops every deletion of every rollout in the cluster, rollbacks included, or lets them go on. */
  setBrake(input: { cluster: string; paused: { by: string; reason: string } | null }): Promise<void>;
  /** What the brake says, `who: why`; null while it is off. */
  readBrake(input: { cluster: string }): Promise<{ paused: string | null }>;
}

/** Whether nodes may be taken now. */
export interface MayRoll {
  open: boolean;
  /** For people: which window or who, until when. */
  sentence: string;
  /** When that changes, milliseconds; null when nobody knows. */
  untilMs: number | null;
}

/** What a batch activity is told. */
export interface BatchInput extends BatchRules {
  context: RolloutContext;
  /** A person has said that windows do not hold this rollout. */
  windowsOverridden?: boolean;
  /** Names of gates that a person has passed for this batch. */
  ignoredGates?: string[];
  /** How many batches the plan has: the gates of the last one have no pods on last good to compare with. */
  planned?: number;
  /** True after a person's retry: restarts before this attempt are not counted, deadlines start now. */
  judgeAgain: boolean;
  /** Nodes are pinned to last good, and released as they are taken. */
  pin?: boolean;
  /** Phase to close the window in, once every node of the batch is done; absent where it stays open or the workflow closes it. */
  thenClose?: string;
}

/** Everything the workers run. */
export type Activities = GitActivities & SyncActivities & RolloutActivities & GuardActivities & TemporalActivities;
