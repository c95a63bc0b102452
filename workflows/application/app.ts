import {
  allHandlersFinished,
  type CancellationScope,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { detailsOf } from '../../domain/application/details.ts';
import { phaseOf } from '../../domain/application/phase.ts';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import {
  type ApplicationInput,
  type ApplicationState,
  addLog,
  startState,
  type Trigger,
} from '../../domain/application/state.ts';
import { searchAttributes } from '../attributes.ts';
import type { Holding } from '../holding.ts';

/** Something that runs beside the main loop and is stopped before continue-as-new. */
export interface Background {
  /** What it watches: another key means another thing to watch. */
  key: string;
  /** Null for a child's own handle, which costs nothing and ends with the run. */
  scope: CancellationScope | null;
  done: Promise<void>;
}

/** One run of the application workflow: its state, and what lives only as long as this run. */
export interface App {
  readonly state: ApplicationState;
  poll: Background | null;
  stragglers: Background | null;
  prune: Background | null;
  /** By workflow id of the rollout. */
  readonly watches: Map<string, Background>;
  /** Raised by everything that arrives, so that a held call notices that there may be something better to do. */
  arrivals: number;
  /** What the main loop took out of the slot and works on. */
  serving: Trigger | null;
  shownDetails: string;
  shownPhase: string | undefined;
}

/** An App for the workflow's argument. */
export function createApp(input: ApplicationInput): App {
  return {
    state: startState(input),
    poll: null,
    stragglers: null,
    prune: null,
    watches: new Map(),
    arrivals: 0,
    serving: null,
    shownDetails: '',
    // Attributes outlive continue-as-new, so the same phase is not written again.
    shownPhase: workflowInfo().typedSearchAttributes.get(searchAttributes.phase),
  };
}

/** History length at which the workflow starts afresh even when the server does not ask for it yet. */
const historyLimitEvents = 2_000;

/** Whether the workflow should continue as new now: history is long, and no handler's answer would be lost. */
export function continueDue(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return (continueAsNewSuggested || historyLength > historyLimitEvents) && allHandlersFinished();
}

/** Brings page and search attributes up to date; attributes only when the phase changes, because each costs an event. */
export function show(app: App): void {
  const details = detailsOf(app.state);
  if (details !== app.shownDetails) setCurrentDetails(details);
  app.shownDetails = details;
  const phase = phaseOf(app.state);
  if (phase === app.shownPhase) return;
  app.shownPhase = phase;
  const { name, spec, observed } = app.state;
  upsertSearchAttributes([
    { key: searchAttributes.application, value: name },
    { key: searchAttributes.phase, value: phase },
    ...(spec ? [{ key: searchAttributes.cluster, value: spec.destination.cluster }] : []),
    ...(observed ? [{ key: searchAttributes.commit, value: observed.commit }] : []),
  ]);
}

/** Says what the main loop does now; null when it is done. */
export function setBusy(app: App, sentence: string | null): void {
  app.state.busy = sentence;
  show(app);
}

/** Holding of a main loop's call: in sight, and interrupted by whatever arrives after now. */
export function mainHolding(app: App): Holding {
  const since = app.arrivals;
  return {
    enter(sentence) {
      app.state.holding = sentence;
      show(app);
    },
    leave() {
      app.state.holding = null;
      show(app);
    },
    interrupted: () => app.arrivals !== since || continueDue(),
  };
}

/** Adds a line to the log with the workflow's time. */
export function logLine(app: App, by: string, what: string): void {
  addLog(app.state, { atMs: Date.now(), by, what });
}

/** The spec, where the caller knows that there is one. */
export function specOf(app: App): ApplicationSpec {
  const { spec } = app.state;
  if (!spec) throw new TypeError('The application has no spec');
  return spec;
}
