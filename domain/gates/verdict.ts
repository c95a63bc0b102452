import { formatDuration } from '../duration.ts';
import type { GateSchedule, GateState, GateTally, Measurement } from './types.ts';

/** Where a gate stands, and why in one sentence. */
export interface GateStanding {
  state: GateState;
  sentence: string;
  /** It is inconclusive because it could not be asked: infrastructure, no word on the release. */
  unreachable?: true;
}

/** A gate that could not be asked is asked again after its interval, and after this long at the latest. */
const longestRetryMs = 30_000;

/** A gate that begins at this moment: nothing is measured yet. */
export function emptyTally(startedMs: number): GateTally {
  return {
    startedMs,
    lastMs: null,
    successes: 0,
    failures: 0,
    consecutiveFailures: 0,
    inconclusives: 0,
    errors: 0,
    consecutiveErrors: 0,
    sentence: null,
    nodes: [],
  };
}

/**
 * What a measurement counts as: one on no sample, or on fewer than `minSamples`, is inconclusive, whichever way it went (S25).
 * A kind without a notion of samples is not asked for them.
 */
export function weighed(schedule: Pick<GateSchedule, 'minSamples'>, measurement: Measurement): Measurement {
  const { outcome, samples } = measurement;
  const least = Math.max(1, schedule.minSamples);
  // Not `samples >= least`: what is no number is no sample either.
  const enough = samples === undefined || samples >= least;
  if (enough || outcome === 'error' || outcome === 'inconclusive' || outcome === 'pending') return measurement;
  const found = samples === 0 ? 'no sample' : samples === 1 ? '1 sample' : `${samples} samples`;
  return { ...measurement, outcome: 'inconclusive', sentence: `${found}, ${least} needed: ${measurement.sentence}` };
}

/**
 * The tally with one measurement more. A failed gate takes no further one: its verdict is final until it is begun anew, as after a
 * person's retry. Only a success ends a row of failures, and every answer ends a row of errors; an error, or an answer that is still
 * pending, leaves alone all that counts for or against the release.
 * @param nowMs when the measurement began
 */
export function tallied(schedule: GateSchedule, tally: GateTally, measurement: Measurement, nowMs: number): GateTally {
  if (failed(schedule, tally)) return tally;
  const { outcome, sentence, nodes = [] } = weighed(schedule, measurement);
  const seen = { ...tally, lastMs: nowMs, sentence };
  if (outcome === 'error') {
    return { ...seen, errors: tally.errors + 1, consecutiveErrors: tally.consecutiveErrors + 1 };
  }
  const answered = { ...seen, consecutiveErrors: 0 };
  switch (outcome) {
    case 'success':
      return { ...answered, successes: tally.successes + 1, consecutiveFailures: 0 };
    case 'failure':
      return {
        ...answered,
        failures: tally.failures + 1,
        consecutiveFailures: tally.consecutiveFailures + 1,
        nodes: [...nodes],
      };
    case 'inconclusive':
      return { ...answered, inconclusives: tally.inconclusives + 1 };
    case 'pending':
      return answered;
  }
}

/**
 * Where the gate stands. The first that holds counts:
 * - failed: more than `failureLimit` failed measurements, or more than `consecutiveFailureLimit` of them in a row. Exactly as many
 *   are accepted.
 * - inconclusive, unreachable: more than `consecutiveErrorLimit` measurements in a row could not be made. Left again with the next
 *   answer.
 * - inconclusive: more than `inconclusiveLimit` measurements told nothing.
 * - passed: at least `count` successful measurements, and at least one.
 * - waiting: none of these.
 *
 * A gate that has passed is measured on through the soak, so it may still become inconclusive, and fail.
 */
export function gateState(schedule: GateSchedule, tally: GateTally, nowMs: number): GateStanding {
  const { successes, failures, inconclusives } = tally;
  const last = tally.sentence ?? '';
  if (failed(schedule, tally)) return { state: 'failed', sentence: `${whyFailed(schedule, tally)}: ${last}` };
  if (tally.consecutiveErrors > schedule.consecutiveErrorLimit) {
    const sentence = `could not be asked ${times(tally.consecutiveErrors)} in a row: ${last}`;
    return { state: 'inconclusive', sentence, unreachable: true };
  }
  if (inconclusives > schedule.inconclusiveLimit) {
    const sentence = `${counted(inconclusives, 'inconclusive measurement')}, ${accepted(schedule.inconclusiveLimit)}: ${last}`;
    return { state: 'inconclusive', sentence };
  }
  const count = Math.max(1, schedule.count);
  const tail = last === '' ? '' : `; ${tally.consecutiveErrors > 0 ? 'could not be asked just now' : 'last'}: ${last}`;
  const blips = failures === 0 ? '' : `, ${failures} failed (${accepted(schedule.failureLimit)})`;
  if (successes >= count) {
    return { state: 'passed', sentence: `${counted(successes, 'successful measurement')}${blips}${tail}` };
  }
  if (tally.lastMs === null) {
    const inMs = Math.max(0, tally.startedMs + schedule.initialDelayMs - nowMs);
    const when = inMs < 1_000 ? 'now' : `in ${formatDuration(inMs)}`;
    return { state: 'waiting', sentence: `not measured yet; first measurement ${when}` };
  }
  return { state: 'waiting', sentence: `${successes} of ${counted(count, 'successful measurement')}${blips}${tail}` };
}

/**
 * When the gate is measured next; in the past when that is overdue, null when it has failed and is measured no more. After an error
 * the next attempt is not put off longer than half a minute, whatever the interval.
 */
export function nextDueMs(schedule: GateSchedule, tally: GateTally): number | null {
  if (failed(schedule, tally)) return null;
  if (tally.lastMs === null) return tally.startedMs + schedule.initialDelayMs;
  const { intervalMs } = schedule;
  return tally.lastMs + (tally.consecutiveErrors > 0 ? Math.min(intervalMs, longestRetryMs) : intervalMs);
}

function failed(schedule: GateSchedule, tally: GateTally): boolean {
  return tally.failures > schedule.failureLimit || failedInARow(schedule, tally);
}

function failedInARow({ consecutiveFailureLimit }: GateSchedule, { consecutiveFailures }: GateTally): boolean {
  return consecutiveFailureLimit !== undefined && consecutiveFailures > consecutiveFailureLimit;
}

function whyFailed(schedule: GateSchedule, tally: GateTally): string {
  if (tally.failures > schedule.failureLimit) {
    return `${counted(tally.failures, 'failed measurement')}, ${accepted(schedule.failureLimit)}`;
  }
  const limit = accepted(schedule.consecutiveFailureLimit ?? 0);
  return `${counted(tally.consecutiveFailures, 'failed measurement')} in a row, ${limit}`;
}

function accepted(limit: number): string {
  return limit === 0 ? 'none is accepted' : `${limit} ${limit === 1 ? 'is' : 'are'} accepted`;
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function times(number: number): string {
  return `${number} ${number === 1 ? 'time' : 'times'}`;
}
