import { shorten } from '../markdown.ts';
import type { Decision, PauseDecision, PlanDecision, RetryDecision } from '../wire.ts';
import { holdIsDue, offered, refusedByHold } from './hold.ts';
import { messageTable, type RolloutMessage } from './message-table.ts';
import { isEnd } from './phases.ts';
import { noted, type RolloutState } from './state.ts';

/** A message's argument, as unknown as it comes: the Temporal UI sends whatever a person typed. */
export type Payload = Partial<PlanDecision & PauseDecision & RetryDecision & Decision> | undefined;

/** What comes of a message: the new state and a sentence, or a refusal that says what to do. */
export type Verdict = { ok: true; state: RolloutState; message: string } | { ok: false; refusal: string };

/** Shortest prefix of a plan digest that names a plan. */
export const planPrefixLength = 8;

/** Longest `by` and `reason` kept. */
const maxText = 200;

/** An example argument per message, shown in the Temporal UI and in refusals. */
export function exampleOf(message: RolloutMessage, planDigest: string | null): string {
  const who = { by: 'you@example.com', reason: 'why' };
  switch (message) {
    case 'approve':
    case 'reject':
      return JSON.stringify({ ...who, plan: (planDigest ?? 'ab12cd34').slice(0, planPrefixLength) });
    case 'pause':
      return JSON.stringify({ ...who, mode: 'now' });
    case 'retry':
      return JSON.stringify({ ...who, ignoreGate: false });
    default:
      return JSON.stringify(who);
  }
}

/**
 * Decides a person's message, by the message table and nothing else. Pure and synchronous: it runs in the update's validator,
 * so that a refused message never enters history, and again in its handler.
 * @param windows whether the policy has any
 */
export function accept(
  state: RolloutState,
  message: RolloutMessage,
  payload: Payload,
  nowMs: number,
  windows = true,
): Verdict {
  const example = exampleOf(message, state.plan?.digest ?? null);
  const refuse = (why: string): Verdict => ({ ok: false, refusal: `${why}. Phase: ${state.phase}.` });
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return refuse(`"${message}" takes one JSON object, for example ${example}`);
  }
  if (typeof payload.by !== 'string' || payload.by.trim() === '') {
    return refuse(`"by" is missing: say who sends this, for example ${example}`);
  }
  if (payload.reason !== undefined && typeof payload.reason !== 'string') return refuse('"reason" must be a text');
  if (isEnd(state.phase)) return refuse('The rollout has ended; send it to the application');
  const held = refusedByHold(state, message);
  if (held !== null) return refuse(held);
  const cell = messageTable[state.phase][message];
  if (!cell.accepted) return refuse(`${cell.refusal}. Accepted now: ${offered(state, windows).join(', ')}`);
  const pending = state.intent;
  if (pending !== null && pending.kind !== 'pause') {
    return refuse(`${pending.kind} was sent already and is under way`);
  }
  const by = shorten(payload.by.trim(), maxText);
  const reason = shorten((payload.reason ?? '').trim(), maxText);
  const log = (next: RolloutState, what: string): RolloutState =>
    noted(next, { atMs: nowMs, by, what: reason === '' ? what : `${what}: ${reason}` });
  switch (message) {
    case 'approve':
    case 'reject':
      return decidePlan(state, message, payload, { by, reason, refuse, log });
    case 'pause': {
      const mode = payload.mode === undefined ? 'now' : payload.mode;
      if (mode !== 'now' && mode !== 'afterBatch') return refuse('"mode" must be "now" or "afterBatch"');
      if (pending?.kind === 'pause' && pending.mode === mode) return refuse('pause was sent already and is under way');
      const useless = mode === 'afterBatch' ? nothingAfter(state) : null;
      if (useless !== null) return refuse(`${useless}: send mode "now"`);
      const later = mode === 'afterBatch' && state.phase === 'rolling';
      const text = later ? 'It pauses after this batch' : 'It pauses now: no further pod is deleted';
      return {
        ok: true,
        state: log({ ...state, intent: { kind: 'pause', by, reason, mode } }, `pause (${mode})`),
        message: text,
      };
    }
    case 'resume':
      return resume(state, log);
    case 'retry': {
      if (payload.ignoreGate !== undefined && typeof payload.ignoreGate !== 'boolean') {
        return refuse('"ignoreGate" must be true or false');
      }
      const ignore = payload.ignoreGate === true;
      const next = {
        ...state,
        phase: state.before,
        judgeAgain: true,
        why: null,
        ...(ignore ? { ignoredNodes: ignoredNodes(state), ...ignoredGates(state) } : {}),
      };
      const text = ignore ? 'The red gate of this batch is passed on your word' : 'The batch is judged again';
      return { ok: true, state: log(next, ignore ? 'retry, ignoring the gate' : 'retry'), message: text };
    }
    case 'overrideWindow': {
      if (!windows)
        return refuse(`There is no window to override: the policy of this rollout has none${heldBy(state)}`);
      if (reason === '')
        return refuse(`"reason" is missing: say why the window may not hold it, for example ${example}`);
      const { windowsOverridden: given } = state;
      if (given !== undefined) return refuse(`Windows do not hold this rollout any more: overridden by ${given.by}`);
      const next = { ...state, windowsOverridden: { by, reason } };
      return { ok: true, state: log(next, 'override the window'), message: 'Windows no longer hold this rollout' };
    }
    case 'abort': {
      const text = 'It ends: last good is the live template again, no pod is touched';
      return { ok: true, state: log({ ...state, intent: { kind: 'abort', by, reason } }, 'abort'), message: text };
    }
    case 'rollback': {
      // Held while it still plans: the cluster could not be asked yet.
      if (state.plan === null) return refuse('No node has been touched yet: send abort to end the rollout');
      if (state.plan.fromHash === null) return refuse('There is no last good template to go back to: send abort');
      const text = 'Touched and exposed nodes go back to last good';
      return {
        ok: true,
        state: log({ ...state, intent: { kind: 'rollback', by, reason } }, 'rollback'),
        message: text,
      };
    }
  }
}

/** Temporal's Cancel button means abort, in every phase. Null when that changes nothing: it has ended, or ends already. */
export function cancelled(state: RolloutState, nowMs: number): RolloutState | null {
  if (isEnd(state.phase) || state.intent?.kind === 'abort') return null;
  const intent = { kind: 'abort', by: 'Temporal cancel request', reason: 'cancelled' } as const;
  return noted({ ...state, intent }, { atMs: nowMs, by: intent.by, what: 'abort' });
}

/** A rollout without windows waits for a person alone, whom no override overrules. */
function heldBy({ phase, why }: RolloutState): string {
  return phase === 'waiting' && why !== null ? `. It waits because ${why.replace(/\.$/, '')}` : '';
}

function resume(state: RolloutState, log: (next: RolloutState, what: string) => RolloutState): Verdict {
  const next = { ...state, phase: state.before, intent: null, judgeAgain: state.phase === 'stopped', why: null };
  const text = state.phase === 'stopped' ? 'The batch is judged again' : 'It goes on';
  return { ok: true, state: log(next, 'resume'), message: text };
}

function decidePlan(
  state: RolloutState,
  message: 'approve' | 'reject',
  payload: NonNullable<Payload>,
  given: {
    by: string;
    reason: string;
    refuse: (why: string) => Verdict;
    log: (next: RolloutState, what: string) => RolloutState;
  },
): Verdict {
  const digest = state.plan?.digest ?? '';
  const short = digest.slice(0, planPrefixLength);
  const named = payload.plan;
  if (typeof named !== 'string' || named.length < planPrefixLength) {
    return given.refuse(`"plan" must name the plan that you looked at by its digest; the current one is ${short}`);
  }
  if (!digest.startsWith(named)) {
    return given.refuse(`Plan ${shorten(named, 20)} is not the current one: look at plan ${short} and send that`);
  }
  const moment = state.phase === 'awaitingApprovalBefore' ? 'before' : 'after';
  const name = state.plan?.batches[state.batch]?.name ?? `${state.batch + 1}`;
  if (message === 'approve') {
    const next = { ...state, approved: [...state.approved, `${moment}:${state.batch}`] };
    return {
      ok: true,
      state: given.log(next, `approve ${moment} batch ${name}`),
      message: `Batch ${name} is approved`,
    };
  }
  const kind = moment === 'before' ? 'abort' : 'rollback';
  if (kind === 'rollback' && state.plan?.fromHash === null) {
    return given.refuse('There is no last good template to go back to: send abort');
  }
  const next = { ...state, intent: { kind, by: given.by, reason: given.reason } } as RolloutState;
  const text =
    kind === 'abort' ? 'Rejected: it ends without touching a node' : 'Rejected: touched nodes go back to last good';
  return { ok: true, state: given.log(next, `reject ${moment} batch ${name}`), message: text };
}

/** Why a pause "after this batch" would never come about. */
function nothingAfter(state: RolloutState): string | null {
  if (state.phase === 'rollingBack') return 'A rollback has no batches to pause between';
  const batches = state.plan?.batches ?? [];
  const batch = batches[state.batch];
  const ends = batch !== undefined && state.batch + 1 === batches.length && batch.soakMs === 0;
  return state.phase === 'rolling' && ends && batch.approval !== 'after'
    ? 'This is the last batch, the rollout ends with it'
    : null;
}

/** Nothing where no gate was red, so that the state of a rollout without gates stays what it was. */
function ignoredGates({ gates = [], ignoredGates: before = [] }: RolloutState): Pick<RolloutState, 'ignoredGates'> {
  const red = gates.filter(({ state }) => state === 'failed' || state === 'inconclusive').map(({ name }) => name);
  return red.length === 0 ? {} : { ignoredGates: [...new Set([...before, ...red])] };
}

function ignoredNodes(state: RolloutState): string[] {
  const red = state.redNodes ?? state.findings.map((finding) => finding.node);
  return [...new Set([...state.ignoredNodes, ...red])];
}

/** Whether something has to interrupt what runs now. A pause `afterBatch` waits for the batch's end. */
export function interrupts(state: RolloutState): boolean {
  const { intent } = state;
  if (holdIsDue(state)) return true;
  if (intent === null) return yieldsToNewerCommit(state);
  if (intent.kind !== 'pause' || intent.mode === 'now') return true;
  return state.phase !== 'rolling' && state.phase !== 'rollingBack';
}

/**
 * Whether the rollout ends for a newer commit now. A running batch is finished first, a rollback always, and what a person
 * has paused stays until that person resumes it.
 */
export function yieldsToNewerCommit(state: RolloutState): boolean {
  const phase = state.phase === 'holding' ? state.before : state.phase;
  return state.supersededBy !== null && !['rolling', 'rollingBack', 'paused'].includes(phase);
}
