import type { ApplicationSpec } from './application/spec.ts';
import type { CheckReport } from './check-report.ts';
import type { BriefDiagnosis } from './diagnosis/brief.ts';
import type { LocatedDiagnosis } from './diagnosis/explanation.ts';
import type { GateReport } from './gates/types.ts';
import type { Phase as RolloutPhase } from './rollout/phases.ts';
import type { NodeCensus, PlannedBatch } from './rollout/planned.ts';

/** Names of the messages an application or rollout receives. Recorded histories and users freeze them. */
export const messageNames = {
  /** Signal to an application: something may have changed in git. */
  changed: 'changed',
  /** Signal to an application: what CI or a person says of a commit. */
  report: 'report',
  /** Query of an application: what was reported on a commit. */
  reports: 'reports',
  /** Signal from a rollout to its application. */
  rolloutFinished: 'rolloutFinished',
  /** Signal from an application to a rollout: a newer commit wants the DaemonSet. */
  supersede: 'supersede',
  /** Signal from an application to a rollout: the application was paused, or goes on. */
  hold: 'hold',
  /** Query of both: what is happening. */
  status: 'status',
  approve: 'approve',
  reject: 'reject',
  pause: 'pause',
  resume: 'resume',
  abort: 'abort',
  rollback: 'rollback',
  retry: 'retry',
  overrideWindow: 'overrideWindow',
  configure: 'configure',
  sync: 'sync',
  preview: 'preview',
  explain: 'explain',
  releaseQuarantine: 'releaseQuarantine',
  remove: 'remove',
} as const;

/** Argument of signal `changed`. A push is a hint: git is asked what the ref holds. */
export interface Changed {
  /** The forge's delivery id; a repeated one is dropped. */
  deliveryId: string;
  /** `webhook/github/RECEIVER`, `webhook/generic/RECEIVER`, `cli`. */
  source: string;
  /** Full refs of the payload, e.g. `refs/heads/main`; empty when unknown. */
  refs: string[];
}

/** Argument of signal `report`. */
export interface Report extends CheckReport {
  /** The sender's id of the delivery; a repeated one is dropped. A person's report has none. */
  deliveryId?: string;
}

/** Argument of query `reports`, which answers with a list of `CheckReport`. */
export interface ReportsQuery {
  /** A full commit. */
  commit: string;
}

/** What every message of a person carries. `by` is a claim: the Temporal UI sends no identity. */
export interface Decision {
  by: string;
  reason?: string;
}

/** Argument of `approve` and `reject`: they name the plan that was looked at. */
export interface PlanDecision extends Decision {
  /** The plan digest or its first 8 or more characters. */
  plan: string;
}

/** Argument of `pause`: `afterBatch` lets the batch finish, `now` stops new deletes at once. */
export interface PauseDecision extends Decision {
  mode?: 'afterBatch' | 'now';
}

/** Argument of signal `hold`, from an application to its rollouts. */
export interface Hold {
  /** True: delete nothing until the application goes on. */
  on: boolean;
  by: string;
  reason: string;
  /** Tells the newest from one that comes late. */
  atMs: number;
}

/** Argument of `pause` and `resume` of a whole application. */
export interface ApplicationPause extends Decision {
  /** Also sets or lifts the brake of the application's cluster, which stops the rollouts of every application there. */
  brake?: boolean;
}

/** Argument of `retry`. */
export interface RetryDecision extends Decision {
  /** Pass the gate that is red: the person takes it on themselves. */
  ignoreGate?: boolean;
}

/** A `rollback` or `retry` sent to an application names the DaemonSet unless there is just one. */
export interface DaemonSetDecision extends RetryDecision {
  daemonset?: string;
}

/** Argument of `configure`, the update behind `nodewave apply`. */
export interface Configure {
  spec: ApplicationSpec;
  by: string;
}

/** Argument of `sync`; the update answers when the sync is accepted, and `status` shows its outcome. */
export interface SyncRequest extends Decision {
  /** Identifies the request, so that a repeated one is the same sync. */
  requestId: string;
  /** The rollouts of this sync skip soaks and windows, never gates and approvals; demands a reason. */
  expedite?: boolean;
}

/** Argument of `explain`, which changes nothing. */
export interface ExplainRequest {
  /** A name or namespace/name; may be left out where the application has just one. */
  daemonset?: string;
  /** One pod of it; without it all that are not well. */
  pod?: string;
}

/** Argument of `remove`, the update behind `nodewave delete`. */
export interface Remove extends Decision {
  /** Orphan (default) leaves the DaemonSets running and gives back the strategy that git asks for. */
  mode?: 'orphan';
}

/** Answer of every accepted message: what happens next, in a sentence. */
export interface Accepted {
  accepted: true;
  message: string;
  phase: string;
}

/** How a rollout can end; `installed` and `adopted` are outcomes of a sync's other two ways. */
export type Outcome =
  | 'adopted'
  | 'installed'
  | 'succeeded'
  | 'rolledBack'
  | 'rollbackFailed'
  | 'aborted'
  | 'superseded'
  | 'failed';

/** Why a node or gate failed: what, the evidence, what to do. Bounded and masked before it enters a payload. */
export interface Finding {
  /** e.g. `CrashLoopBackOff`, `ImagePullBackOff`, `NotReadyInTime`. */
  cause: string;
  node: string;
  pod: string;
  /** A sentence with the evidence: container, exit code, message. */
  evidence: string;
  nextStep: string;
}

/** Node counts of a rollout, all over the eligible nodes unless said otherwise. */
export interface Progress {
  eligible: number;
  /** Available on the target template. */
  done: number;
  /** Granted and not yet available on the target. */
  inFlight: number;
  /** Eligible, not deferred, without an available pod. */
  out: number;
  /** NotReady before Nodewave touched them: set aside. */
  deferred: number;
  /** Carry the target without having been taken (joined or came back while a window was open). */
  exposed: number;
  /** Target of the running batch, cumulative. */
  batchGoal: number;
  /** Keep what they run: label `nodewave.dev/hold`, or the policy leaves them out. */
  kept?: number;
  /** Failing within the batch's failure budget; they still count as out. */
  failing?: number;
}

/** A node that the rollout leaves alone for now. */
export interface NodeAside {
  node: string;
  /** deferred: until it is back. kept: as long as a person or the policy wants it so. */
  kind: 'deferred' | 'kept';
  /** A few words, e.g. "NotReady". */
  why: string;
}

/** What `status` of a rollout answers. */
export interface RolloutStatus {
  application: string;
  cluster: string;
  namespace: string;
  daemonset: string;
  mode: 'install' | 'update' | 'revert';
  phase: RolloutPhase;
  /** The state in one sentence, and what it waits for. */
  sentence: string;
  commit: string;
  planDigest: string | null;
  fromHash: string | null;
  toHash: string | null;
  /** Zero-based index of the running batch, and how many there are. */
  batch: number;
  batches: PlannedBatch[];
  /** Eligible nodes when the plan was made. */
  census?: NodeCensus;
  budget: number;
  progress: Progress | null;
  zones: { value: string; eligible: number; done: number }[];
  findings: Finding[];
  /** Why the gate is or was red, at most 3, surest first. */
  diagnoses?: LocatedDiagnosis[];
  /** Messages that would be accepted now. */
  accepts: string[];
  /** In phase `waiting`: when the window opens; null when nobody knows. */
  waitsUntilMs?: number | null;
  /** Who has said that windows do not hold this rollout. */
  windowsOverridden?: { by: string; reason: string };
  log: LogEntry[];
  outcome: Outcome | null;
  nodesTouched: string[];
  /** Nodes that were set aside or keep what they run, at most 20 of each kind. */
  aside?: NodeAside[];
  /** Nodes that run the new template although the rollout never took them, at most 10. */
  exposed?: string[];
  /** Failing nodes that the failure budget lets pass, at most 5. */
  tolerated?: Finding[];
  /** How the gates of the newest soak stood, at most 20; while one runs, its heartbeat tells. */
  gates?: GateReport[];
}

/** Who did what and when. */
export interface LogEntry {
  atMs: number;
  by: string;
  what: string;
}

/** What one sync came to. */
export interface SyncOutcome {
  commit: string;
  subject: string;
  /** Worst outcome over the DaemonSets; `unchanged` when nothing was to be done, `invalid` for bad input. */
  outcome: Outcome | 'unchanged' | 'configured' | 'invalid' | 'held';
  cause: string | null;
  /** Why, where the rollout that decides the outcome has found out. */
  diagnosis?: BriefDiagnosis;
  atMs: number;
  requestIds: string[];
}

/** Phases of an application. */
export type ApplicationPhase =
  | 'waiting'
  | 'syncing'
  | 'rollingOut'
  | 'held'
  | 'invalid'
  | 'holding'
  | 'paused'
  | 'removed';

/** What `status` of an application answers. */
export interface ApplicationStatus {
  name: string;
  spec: ApplicationSpec | null;
  phase: ApplicationPhase;
  sentence: string;
  /** Newest commit that git was seen to hold, and when git was last asked successfully. */
  observedCommit: string | null;
  observedAtMs: number | null;
  /** Commit whose templates passed everything. */
  syncedCommit: string | null;
  rollouts: { namespace: string; name: string; workflowId: string; commit: string }[];
  /** Who has paused the whole application, and why; null or absent while it runs. */
  paused?: { by: string; reason: string; atMs: number } | null;
  /** Commits that wait for their turn, oldest first (`supersede: queue`). */
  queue?: string[];
  /** Newest first, at most 20; rollouts that still run are not in it. */
  recent: SyncOutcome[];
  lastDelivery: { deliveryId: string; source: string; atMs: number } | null;
  /** Newest last, at most 30. */
  log: LogEntry[];
}

/** Argument of signal `rolloutFinished`. */
export interface RolloutFinished {
  namespace: string;
  daemonset: string;
  /** Start of the rollout, which tells it from an older one of the same id. */
  rollout: number;
  commit: string;
  outcome: Outcome;
  cause: string | null;
  /** The surest of what it has found of its newest failure. */
  diagnosis?: BriefDiagnosis;
  templateDigest: string;
}
