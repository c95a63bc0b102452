import type { LocatedDiagnosis } from '../diagnosis/explanation.ts';
import type { GateReport } from '../gates/types.ts';
import type { Finding, LogEntry, NodeAside, Outcome, Progress } from '../wire.ts';
import type { LivePhase, Phase } from './phases.ts';
import type { NodeCensus, PlannedBatch } from './plan.ts';
import type { BatchSpec, IntOrPercent } from './policy.ts';

/** The ordered batches of a rollout. */
export interface KeptPlan {
  /** Digest over commit, rendered digest, from and to template, batch rules, budget, gates and policy. */
  digest: string;
  batches: PlannedBatch[];
  /** The batch rules, the last batch added when they ended below 100 %. */
  rules: BatchSpec[];
  maxUnavailable: IntOrPercent;
  /** Nodes that may be out at once, at planning time. */
  budget: number;
  census: NodeCensus;
  /** Hash of last good; null when there is none (then a failure waits for a person). */
  fromHash: string | null;
  lastGoodCommit: string | null;
  /** `pin`: the new template is live throughout, and nodes that are not taken yet are pinned to last good. */
  exposure?: 'pin';
  /** Sentences for people. */
  notes: string[];
}

/** What a person or the application wants next; taken up by the main loop between two steps. */
export type Intent =
  | { kind: 'pause'; by: string; reason: string; mode: 'afterBatch' | 'now' }
  | { kind: 'abort'; by: string; reason: string }
  | { kind: 'rollback'; by: string; reason: string };

/** The pause of a whole application, as one of its rollouts keeps it. */
export interface HeldByApplication {
  by: string;
  reason: string;
  atMs: number;
  /** The rollout was moving and this pause is what stopped it, so the end of this pause lets it go on. */
  stopped: boolean;
}

/** Everything a rollout remembers; plain JSON, carried through continue-as-new. */
export interface RolloutState {
  v: 1;
  phase: Phase;
  /** Where `resume` or the end of holding goes back to. */
  before: LivePhase;
  plan: KeptPlan | null;
  toHash: string | null;
  batch: number;
  windowOpen: boolean;
  /** Batches whose approval was given: `before:0`, `after:0`. */
  approved: string[];
  intent: Intent | null;
  /** The next judgement starts anew: after a person's resume or retry of a red gate. */
  judgeAgain: boolean;
  /** A newer commit waits for this rollout to end. */
  supersededBy: string | null;
  /** Nodes whose red gate a person has passed: their findings no longer count, and no batch waits for them. */
  ignoredNodes: string[];
  /** Nodes whose gate is red now: what a retry with ignoreGate passes. More than the findings that are kept. */
  redNodes?: string[];
  /** How the gates of the newest soak stood; absent where there were none. */
  gates?: GateReport[];
  /** Gates of the running batch that a person has passed. */
  ignoredGates?: string[];
  progress: Progress | null;
  zones: { value: string; eligible: number; done: number }[];
  findings: Finding[];
  /** Why the gate is red, surest first; absent where nothing failed or nobody could look. */
  diagnoses?: LocatedDiagnosis[];
  touched: string[];
  touchedCount: number;
  deferred: string[];
  /** Nodes that were set aside or keep what they run, with reasons; absent before the first report. */
  aside?: NodeAside[];
  /** Names of nodes on the target that were not taken. */
  exposed?: string[];
  /** Exposed nodes for which it has stopped before: whoever sent it on has seen them (S27). */
  acceptedExposure?: string[];
  /** Failing nodes that the failure budget lets pass. */
  tolerated?: Finding[];
  /** When the way back began, for its deadline. */
  backSinceMs?: number;
  /** Why it waits or holds, in a sentence; null where the phase says it all. */
  why: string | null;
  /** What somebody else had changed when it was stopped for that the last time. */
  edit?: string;
  cause: string | null;
  outcome: Outcome | null;
  log: LogEntry[];
  /** Activities scheduled so far: fences an older activity out of the record. */
  epoch: number;
  /** Its application is paused: nothing is deleted, and people's messages cannot change that. */
  held?: HeldByApplication | null;
  /** When the newest pause or resume of the application was sent, so that an older one that comes late changes nothing. */
  holdAtMs?: number;
  /** The application's other objects were brought back, or could not be: the application sees to them at the end. */
  returned?: boolean;
  /** When the running soak ends. */
  soakUntilMs: number | null;
  /** When the window that it waits for opens; null or absent when nobody knows. */
  waitUntilMs?: number | null;
  /** A person has said that windows do not hold this rollout. */
  windowsOverridden?: { by: string; reason: string };
}

/** Most entries kept of who did what. */
export const logKept = 40;

/** The state of a rollout that has not begun. */
export function initialState(): RolloutState {
  return {
    v: 1,
    phase: 'planning',
    before: 'planning',
    plan: null,
    toHash: null,
    batch: 0,
    windowOpen: false,
    approved: [],
    intent: null,
    judgeAgain: false,
    supersededBy: null,
    ignoredNodes: [],
    progress: null,
    zones: [],
    findings: [],
    touched: [],
    touchedCount: 0,
    deferred: [],
    why: null,
    cause: null,
    outcome: null,
    log: [],
    epoch: 0,
    soakUntilMs: null,
  };
}

/** Appends to the log, keeping the newest entries. */
export function noted(state: RolloutState, entry: LogEntry): RolloutState {
  return { ...state, log: [...state.log, entry].slice(-logKept) };
}
