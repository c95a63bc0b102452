import type { ZodType } from 'zod';
import type { CheckReport } from '../check-report.ts';

/** Kinds of gate; each is one file in `kinds/` and one line in `registry.ts`. */
export type GateKindName = 'pods' | 'nodes' | 'prometheus' | 'http' | 'job' | 'logs' | 'report';

/** How often a gate is measured and what it takes to pass or fail. Boundaries are defined in `verdict.ts` and docs/gates.md. */
export interface GateSchedule {
  /** Time between the starts of two measurements. */
  intervalMs: number;
  /** Successful measurements that make the gate pass. */
  count: number;
  /** Failed measurements that are still accepted, over the whole gate: one more fails it. */
  failureLimit: number;
  /** Failed measurements in a row that are still accepted; absent: only `failureLimit` counts. */
  consecutiveFailureLimit?: number;
  /** Measurements in a row that could not be made and are still waited for; one more makes the gate inconclusive. */
  consecutiveErrorLimit: number;
  /** Inconclusive measurements that are still accepted; one more makes the gate inconclusive. */
  inconclusiveLimit: number;
  /** From the moment the batch is done to the first measurement. */
  initialDelayMs: number;
  /** Fewest samples that a measurement may be judged on; fewer make it inconclusive, never passed (S25). */
  minSamples: number;
}

/** One gate of a policy, parsed, defaults filled in. */
export interface GateSpec extends GateSchedule {
  /** A DNS label, unique in the policy. */
  name: string;
  kind: GateKindName;
  /** What the kind's own schema read; plain JSON without secret values, so it may enter workflow history. */
  config: Record<string, unknown>;
  /** What a failed gate does; the policy's `onFailure` where it says nothing. */
  onFailure?: 'rollback' | 'pause';
  /** What an inconclusive gate does. One that could not be asked always pauses: infrastructure is not the release. */
  onInconclusive: 'rollback' | 'pause';
  /** Names of the batches it is for; absent: all. */
  batches?: string[];
}

/** One measurement of a gate. */
export interface Measurement {
  /**
   * `error`: it could not be made (server away, answer that nobody can read); never a verdict on the release. `pending`: whoever
   * has to say something may still do so; counts neither for nor against.
   */
  outcome: 'success' | 'failure' | 'inconclusive' | 'error' | 'pending';
  /** For people, at most 300 characters, no secrets: what was measured against what. */
  sentence: string;
  /** How many samples it rests on; absent where the kind has no notion of them. */
  samples?: number;
  /** Names of the nodes that it blames; empty or absent when it blames the release as a whole. */
  nodes?: string[];
}

/** A pod as gates see it. */
export interface GatePod {
  node: string;
  name: string;
  uid: string;
  ip: string | null;
  zone: string | null;
  createdMs: number;
  restarts: number;
  available: boolean;
}

/** What a gate is measured against, at one moment. Everything that does I/O gets it from here and nothing from elsewhere. */
export interface GateScene {
  nowMs: number;
  /** When the batch was done, and the gate began. */
  sinceMs: number;
  cluster: string;
  namespace: string;
  daemonset: string;
  commit: string;
  /** Name of the batch that is judged. */
  batch: string;
  /** Pods on the target, those of earlier batches included. */
  updated: readonly GatePod[];
  /** Those of the batch that soaks, part of `updated`. */
  fresh: readonly GatePod[];
  /** Pods on last good: the control group. */
  rest: readonly GatePod[];
  /** How long the batch soaks; absent where nobody knows. */
  soakMs?: number;
  /** Requests of this gate so far, once it has passed, for kinds that count them. */
  requests?: number;
}

/** A question that a gate wants answered; the activity that runs gates knows how to answer each form, and nothing else. */
export type GateRequest =
  | {
      form: 'http';
      url: string;
      method: 'GET' | 'POST';
      headers: Record<string, string>;
      body?: string;
      timeoutMs: number;
      /** Names of Secrets whose values become headers, a bearer token or a CA; resolved where the request is made. */
      auth?: HttpAuth;
      /** Largest answer that is read; a larger one is an error. */
      maxBytes: number;
    }
  /** The last `maxLines` lines since a moment, and of those the first `maxBytes`. */
  | { form: 'logs'; pod: GatePod; container?: string; sinceMs: number; maxLines: number; maxBytes: number }
  /** Other pods on these nodes, and the nodes' conditions, read with one list each whatever the number of nodes. */
  | { form: 'neighbours'; nodes: string[] }
  /** Runs a Job once on each of the nodes; answered when all have ended, or when `withinMs` is over. */
  | { form: 'job'; nodes: string[]; template: Record<string, unknown>; withinMs: number }
  /** What was reported to the application on a commit, of these checks. */
  | { form: 'reports'; commit: string; checks: string[] };

/** Credentials by reference: `secret` is a Secret in the DaemonSet's namespace, `key` its entry. */
export interface HttpAuth {
  bearer?: SecretKey;
  basic?: { username: string; password: SecretKey };
  headers?: Record<string, SecretKey>;
  ca?: SecretKey;
  serverName?: string;
}

/** An entry of a Secret. */
export interface SecretKey {
  secret: string;
  key: string;
}

/** The answer to a request, in the same order. `problem` says in a sentence why there is none. */
export type GateAnswer =
  | { form: 'http'; status: number; contentType: string; body: string }
  | { form: 'logs'; lines: string[]; truncated: boolean }
  | { form: 'neighbours'; nodes: NeighbourNode[] }
  | { form: 'job'; ended: { node: string; succeeded: boolean; sentence: string }[] }
  /** At most one for each commit and check. */
  | { form: 'reports'; reports: CheckReport[] }
  /** `unanswered`: whoever was asked could not be reached, or said nothing in time, rather than something useless. */
  | { form: 'problem'; problem: string; unanswered?: true };

/** One node and what else runs there, DaemonSet itself left out. */
export interface NeighbourNode {
  node: string;
  /** Conditions that are bad, e.g. `Ready` that is not True or `DiskPressure` that is not False. */
  bad: { type: string; message: string; sinceMs: number }[];
  pods: NeighbourPod[];
}

/** A pod of somebody else. */
export interface NeighbourPod {
  namespace: string;
  name: string;
  ready: boolean;
  /** When readiness was lost, by the kubelet's clock; absent while it is ready or was never. */
  notReadySinceMs?: number;
  /** When a container of it ended last, by the kubelet's clock. */
  endedMs?: number;
}

/**
 * A kind of gate: how its configuration is read, what it asks, and how the answers are judged. All three are pure; a kind that
 * needs another form of request adds it to `GateRequest` and to the activity.
 */
export interface GateKind<C> {
  kind: GateKindName;
  /** Key in a policy file, e.g. `prometheus: {...}`. */
  schema: ZodType<C>;
  /** Values of the schedule that differ from the built-in ones for this kind. */
  defaults?: Partial<GateSchedule>;
  /** Not measured again once it has passed: what it does cannot be done over and over, such as a Job. */
  once?: boolean;
  /** Once it has passed: whether it waits longer than its interval with the next measurement, to make do with few requests. */
  rests?(config: C, scene: GateScene, tally: GateTally): boolean;
  /** One line for the plan and `docs/gates.md`: what is measured. */
  describe(config: C): string;
  /** The configuration as a user writes it: what `schema` reads back to the same. Absent: the configuration is that already. */
  write?(config: C): Record<string, unknown>;
  /** It compares with pods on last good, so it is not asked after the last batch, where there are none left. */
  needsRest?(config: C): boolean;
  ask(config: C, scene: GateScene): GateRequest[];
  /** What is asked in the same measurement once that is answered; the answers are appended. */
  askMore?(config: C, scene: GateScene, answers: readonly GateAnswer[]): GateRequest[];
  judge(config: C, scene: GateScene, answers: readonly GateAnswer[], schedule: GateSchedule): Measurement;
}

/** Where a gate stands: what is kept between two measurements, small enough for a heartbeat. */
export interface GateTally {
  /** When it was measured first, last, and how often in all. */
  startedMs: number;
  lastMs: number | null;
  successes: number;
  failures: number;
  consecutiveFailures: number;
  inconclusives: number;
  errors: number;
  consecutiveErrors: number;
  /** The newest measurement's sentence; null before the first. */
  sentence: string | null;
  /** Nodes blamed by the newest failed measurement. */
  nodes: string[];
  /** Requests so far, for kinds that count them. */
  requests?: number;
}

/** passed: it has what it needs. waiting: not yet. failed: the release is bad. inconclusive: nobody can tell. */
export type GateState = 'passed' | 'waiting' | 'failed' | 'inconclusive';

/** A gate as people see it: in the status, the page and the result of a soak. */
export interface GateReport {
  name: string;
  kind: GateKindName;
  state: GateState;
  /** Why, in one sentence. */
  sentence: string;
  /** True when it is inconclusive because it could not be asked. */
  unreachable?: boolean;
  nodes?: string[];
}
