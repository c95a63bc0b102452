import { shorten } from '../markdown.ts';
import type { Hold } from '../wire.ts';
import { acceptedIn, type RolloutMessage } from './message-table.ts';
import type { LivePhase, Phase } from './phases.ts';
import { type HeldByApplication, noted, type RolloutState } from './state.ts';

const maxText = 200;

/** In these nothing is deleted, and there is nothing to go back to: the pause only keeps people from going on. */
const atRest: readonly Phase[] = ['paused', 'stopped', 'installing'];

/**
 * Takes the signal `hold`: the application was paused, or goes on. Signals may overtake each other, so an older one than the
 * newest that was seen changes nothing. Tolerates any input: a signal cannot be refused.
 */
export function takeHold(state: RolloutState, signal: Partial<Hold> | undefined): RolloutState {
  const atMs = typeof signal?.atMs === 'number' ? signal.atMs : Number.NaN;
  if (!(atMs > (state.holdAtMs ?? 0)) || typeof signal?.on !== 'boolean') return state;
  const by = textOf(signal.by, 'someone');
  const reason = textOf(signal.reason, '');
  const what = `${signal.on ? 'application paused' : 'application resumed'}${reason === '' ? '' : `: ${reason}`}`;
  const next = noted({ ...state, holdAtMs: atMs }, { atMs, by, what });
  if (signal.on) return { ...next, held: { by, reason, atMs, stopped: state.held?.stopped ?? false } };
  const { held } = state;
  const goesOn = held?.stopped === true && state.phase === 'paused';
  return { ...next, held: null, ...(goesOn ? { phase: state.before, why: null } : {}) };
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value.trim() !== '' ? shorten(value.trim(), maxText) : otherwise;
}

/** Whether the application's pause still has to stop this rollout. An abort goes first: it touches no pod. */
export function holdIsDue(state: RolloutState): boolean {
  return (state.held ?? null) !== null && !atRest.includes(state.phase) && state.intent?.kind !== 'abort';
}

/** The state once nothing is deleted any more; what a person had asked for before stays asked for. */
export function heldState(state: RolloutState, before: LivePhase): RolloutState {
  const { held } = state;
  if (held === null || held === undefined) return state;
  return { ...state, phase: 'paused', before, held: { ...held, stopped: true }, why: `${heldBecause(held)}.` };
}

/** Why a person's message would go against the application's pause; null when it may be taken. */
export function refusedByHold(state: RolloutState, message: RolloutMessage): string | null {
  const { held } = state;
  if (held === null || held === undefined || message === 'abort') return null;
  if (message === 'pause' && !atRest.includes(state.phase)) return null;
  return `The whole application is ${heldBecause(held)}; "nodewave resume APP" comes first`;
}

/**
 * The messages to offer to people now: those that are taken, without an override where no window holds anything.
 * @param windows whether the policy has any
 */
export function offered(state: RolloutState, windows = true): RolloutMessage[] {
  return acceptedIn(state.phase).filter(
    (message) =>
      refusedByHold(state, message) === null &&
      (message !== 'overrideWindow' || (windows && state.phase === 'waiting')),
  );
}

function heldBecause({ by, reason }: HeldByApplication): string {
  return `paused with its application by ${by}${reason === '' ? '' : `: ${reason}`}`;
}
