import type { CheckReport } from '../check-report.ts';
import type { BriefDiagnosis } from '../diagnosis/brief.ts';
import type { RolloutInput } from '../rollout/input.ts';
import type { DaemonSetSync, PrunedDaemonSet } from '../sync.ts';
import type { LogEntry, Outcome, SyncOutcome } from '../wire.ts';
import type { ApplicationSpec } from './spec.ts';

/** Argument of the application workflow. Plain JSON; recorded histories freeze it: only add optional fields. */
export interface ApplicationInput {
  v: 1;
  name: string;
  /** Null when a push arrived before `nodewave apply`: the workflow then waits for `configure`. */
  spec: ApplicationSpec | null;
  /** Carried through continue-as-new; its `spec` then counts. */
  state?: ApplicationState;
}

/** A reason to ask git. There is one slot: what arrives while one waits is merged into it, and git says what is newest. */
export interface Trigger {
  /** Prepare again although the commit was seen. */
  forced: boolean;
  /** A person asks, so it counts with `sync.auto: false` as well. */
  manual: boolean;
  /** `git`, or the person who asked last. */
  by: string;
  /** Ids of `sync` requests, to be found again in the outcome. */
  requestIds: string[];
  /** A person wants it without soaks and windows. */
  expedite?: Expedite;
}

/** Who wants a sync without soaks and windows, and why. */
export interface Expedite {
  by: string;
  reason: string;
}

/** A rollout of this application that runs, as far as is known here. */
export interface ActiveRollout {
  namespace: string;
  name: string;
  workflowId: string;
  /** Start in milliseconds: tells it from an older one with the same workflow id. */
  rollout: number;
  mode: RolloutInput['mode'];
  /** The target's; with `revert`, what is being left. */
  commit: string;
  subject: string;
  templateDigest: string;
  quarantineKey: string;
  by: string;
  /** Newest commit that asked it to make way. */
  supersededBy: string | null;
  /** What a newer commit does to it; absent means `replace`. */
  supersede?: 'replace' | 'finish' | 'queue';
  /** Names of the nodes that it catches up, when that is all it is for. */
  catchUp?: string[];
}

/** Why a DaemonSet stays as it is although git asks for something else. */
export interface Obstacle {
  namespace: string;
  name: string;
  /** `quarantined` is lifted by a release, the others by `retry`; a changed template lifts all of them. */
  kind: 'quarantined' | 'aborted' | 'failed' | 'rollbackFailed';
  quarantineKey: string;
  commit: string;
  cause: string;
  atMs: number;
}

/** What became of one DaemonSet in one sync. */
export interface RunResult {
  outcome: Outcome | 'unchanged' | 'configured' | 'invalid' | 'held';
  cause: string | null;
  diagnosis?: BriefDiagnosis;
}

/** One sync whose rollouts have not all ended. */
export interface SyncRun {
  commit: string;
  subject: string;
  requestIds: string[];
  /** By `namespace/name`. */
  results: Record<string, RunResult>;
  /**
   * By `namespace/name`: start of the rollout it waits for, `queued` behind the one that runs, or `prune` to be deleted
   * once all others have ended well.
   */
  waits: Record<string, number | 'queued' | 'prune'>;
  expedite?: Expedite;
  /** Template digest of every DaemonSet of the commit, by `namespace/name`. */
  templates?: Record<string, string>;
  /** It holds objects beside the DaemonSets, which have to return when it is rolled back. */
  hasOthers?: boolean;
  /** What is deleted in the end. */
  prune?: PrunedDaemonSet[];
}

/** A commit that was on the cluster with everything it holds. */
export interface GoodCommit {
  commit: string;
  /** See `SyncRun.templates`. */
  templates: Record<string, string>;
}

/** A commit that waits for its turn. */
export interface QueuedCommit {
  commit: string;
  subject: string;
  requestIds: string[];
  expedite?: Expedite;
}

/** Nodes of one DaemonSet that run another template than the live one, as a watch reported them. */
export interface Stragglers {
  namespace: string;
  name: string;
  templateDigest: string;
  /** At most 20 names. */
  nodes: string[];
}

/** The newest catch-up of one DaemonSet. */
export interface CatchUp {
  templateDigest: string;
  nodes: string[];
  /** How often in a row the same nodes had to be caught up again. */
  repeats: number;
  atMs: number;
}

/** The pause of a whole application. */
export interface ApplicationPaused {
  by: string;
  reason: string;
  atMs: number;
}

/** The newest commit that git was seen to hold. */
export interface Observed {
  commit: string;
  subject: string;
  atMs: number;
  /** Of which repository and ref, as JSON: of another one it says nothing. */
  of?: string;
  /** That the ref did not simply go on: a rewound branch, a moved tag, a new address. */
  note?: string;
}

/** The newest plan that was applied: a rollback asked for at night must not need git. */
export interface AppliedPlan {
  commit: string;
  subject: string;
  renderedDigest: string;
  daemonSets: DaemonSetSync[];
}

/** A person's `rollback`, until its rollout has started. */
export interface RollbackRequest {
  namespace: string;
  name: string;
  by: string;
  reason: string;
}

/** What pruning in batches does, as people see it. */
export interface PruningNow {
  namespace: string;
  name: string;
  /** waiting: something holds it, and it goes on by itself. stopped: a person has to look. */
  stage: 'running' | 'waiting' | 'stopped';
  sentence: string;
}

/** Everything an application remembers; JSON, no Date, Map or Set. Functions of this folder change it in place. */
export interface ApplicationState {
  v: 1;
  name: string;
  spec: ApplicationSpec | null;
  /** Raised by `configure`, so that a plan made for an older spec is not applied. */
  specRevision: number;
  /** What the main loop does right now, as a sentence; null when it waits. */
  busy: string | null;
  /** What cannot be reached, while a call is held. */
  holding: string | null;
  /** Why the poll gets no answer. */
  pollProblem: string | null;
  /** Why the newest attempt came to nothing. `refMissing`: git has no such ref, so any commit will do. */
  invalid: { sentence: string; commit: string | null; refMissing: boolean } | null;
  observed: Observed | null;
  /** Commit of the newest finished attempt, good or bad. */
  attempted: string | null;
  syncedCommit: string | null;
  applied: AppliedPlan | null;
  pending: Trigger | null;
  /** Nothing is applied and nothing rolls out while this is set. */
  paused?: ApplicationPaused | null;
  /** What came while it is paused: the reason to sync once it is resumed. */
  waiting?: Trigger | null;
  rollbacks: RollbackRequest[];
  release: { by: string; daemonset?: string } | null;
  removal: { by: string; reason: string } | null;
  removed: boolean;
  active: ActiveRollout[];
  runs: SyncRun[];
  /** Commits in line, oldest first; the newest one that was seen is the last. */
  queue?: QueuedCommit[];
  /** Newest first, at most 10: where the objects beside the DaemonSets return to. */
  good?: GoodCommit[];
  /** The other objects of a commit that was rolled back have to return. */
  restore?: { from: string; to: string } | null;
  /** Reported, and not taken up yet. */
  stragglers?: Stragglers[];
  /** By `namespace/name`: who has changed what while no rollout ran, as the watch reported it. */
  edits?: Record<string, string>;
  /** By `namespace/name`. */
  catchUps?: Record<string, CatchUp>;
  /** A DaemonSet that is being pruned in batches, or was when it stopped. */
  pruning?: PruningNow | null;
  obstacles: Obstacle[];
  warnings: string[];
  /** Newest last, at most 100. */
  deliveries: string[];
  lastDelivery: { deliveryId: string; source: string; atMs: number } | null;
  /** Oldest first, at most one for each commit and check, at most 200. */
  reports?: CheckReport[];
  /** Newest first, at most 20. */
  recent: SyncOutcome[];
  /** Newest last, at most 30. */
  log: LogEntry[];
}

/** Bounds of what is kept, so that the state stays far below Temporal's payload limits. */
export const kept = { deliveries: 100, recent: 20, log: 30, warnings: 10, sentence: 600, name: 200 } as const;

/** State of a workflow that starts: the carried one, else an empty one that asks git at once when there is a spec. */
export function startState(input: ApplicationInput): ApplicationState {
  if (input.state) return input.state;
  return {
    v: 1,
    name: input.name,
    spec: input.spec,
    specRevision: 0,
    busy: null,
    holding: null,
    pollProblem: null,
    invalid: null,
    observed: null,
    attempted: null,
    syncedCommit: null,
    applied: null,
    pending: input.spec ? { forced: true, manual: false, by: 'git', requestIds: [] } : null,
    rollbacks: [],
    release: null,
    removal: null,
    removed: false,
    active: [],
    runs: [],
    obstacles: [],
    warnings: [],
    deliveries: [],
    lastDelivery: null,
    recent: [],
    log: [],
  };
}

/** Whether two things are the same DaemonSet of this application's cluster. */
export function sameDaemonSet(a: { namespace: string; name: string }, b: { namespace: string; name: string }): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}

/** Adds a line to the log and drops the oldest beyond the bound. */
export function addLog(state: ApplicationState, entry: LogEntry): void {
  state.log = [...state.log, entry].slice(-kept.log);
}
