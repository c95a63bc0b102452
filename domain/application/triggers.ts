import { shorten } from '../markdown.ts';
import type { Changed } from '../wire.ts';
import type { GitRef } from './spec.ts';
import { type ApplicationState, type Expedite, kept, type Trigger } from './state.ts';

/** Puts a trigger into the one slot; with one already there the two become one. */
export function addTrigger(state: ApplicationState, trigger: Trigger): void {
  state.pending = state.pending ? mergeTriggers(state.pending, trigger) : trigger;
}

/** One trigger for two: whatever either of them asks for. */
export function mergeTriggers(waiting: Trigger, trigger: Trigger): Trigger {
  return {
    forced: waiting.forced || trigger.forced,
    manual: waiting.manual || trigger.manual,
    by: trigger.manual || !waiting.manual ? trigger.by : waiting.by,
    requestIds: [...new Set([...waiting.requestIds, ...trigger.requestIds])],
    ...expediteOf(trigger, waiting),
  };
}

/** Of two triggers that become one, what the newer one says, else the older. */
export function expediteOf(...newestFirst: readonly { expedite?: Expedite }[]): { expedite?: Expedite } {
  const expedite = newestFirst.find((one) => one.expedite !== undefined)?.expedite;
  return expedite === undefined ? {} : { expedite };
}

/** Empties the slot. */
export function takeTrigger(state: ApplicationState): Trigger | null {
  const trigger = state.pending;
  state.pending = null;
  return trigger;
}

/** A reason to look that nobody has to answer for: a push, a poll that found something. */
export const hint: Readonly<Trigger> = { forced: false, manual: false, by: 'git', requestIds: [] };

/**
 * Takes a `changed` signal: remembers the delivery, drops a repeated one, and asks git when the application's ref may be
 * concerned. Signals cannot be refused, so whatever is missing is read as unknown: a hint costs one look.
 */
export function noteDelivery(state: ApplicationState, signal: Partial<Changed> | undefined, nowMs: number): void {
  const deliveryId = typeof signal?.deliveryId === 'string' ? shorten(signal.deliveryId, kept.name) : '';
  const source = typeof signal?.source === 'string' ? shorten(signal.source, kept.name) : 'unknown';
  const refs = Array.isArray(signal?.refs) ? signal.refs.filter((ref) => typeof ref === 'string') : [];
  if (deliveryId !== '') {
    if (state.deliveries.includes(deliveryId)) return;
    state.deliveries = [...state.deliveries, deliveryId].slice(-kept.deliveries);
  }
  state.lastDelivery = { deliveryId, source, atMs: nowMs };
  if (state.removal || (state.spec && !refsConcern(state.spec.source.ref, refs))) return;
  addTrigger(state, { ...hint, requestIds: [] });
}

/** Whether a push to these full refs may move what the application follows; an empty list says nothing, so it may. */
export function refsConcern(ref: GitRef, refs: readonly string[]): boolean {
  if (refs.length === 0) return true;
  if ('branch' in ref) return refs.some((pushed) => pushed === `refs/heads/${ref.branch}` || pushed === ref.branch);
  if ('tag' in ref) return refs.some((pushed) => pushed === `refs/tags/${ref.tag}` || pushed === ref.tag);
  if ('semver' in ref) return refs.some((pushed) => !pushed.startsWith('refs/heads/'));
  // A fixed commit never moves, but it may have been pushed only now.
  return true;
}
