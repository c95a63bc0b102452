import type { GateSchedule, GateSpec, GateTally, Measurement } from '../../../domain/gates/types.ts';
import { emptyTally, tallied } from '../../../domain/gates/verdict.ts';

/** A gate that passes with three successes and accepts one failure, unless told otherwise. */
export const gate = (given: Partial<GateSpec> = {}): GateSpec => ({
  name: 'smoke',
  kind: 'job',
  config: {},
  onInconclusive: 'pause',
  intervalMs: 30_000,
  count: 3,
  failureLimit: 1,
  consecutiveErrorLimit: 2,
  inconclusiveLimit: 2,
  initialDelayMs: 0,
  minSamples: 1,
  ...given,
});

/** One letter per measurement: success, failure, inconclusive, error, pending. */
const outcomes = { s: 'success', f: 'failure', i: 'inconclusive', e: 'error', p: 'pending' } as const;

/** The measurements of a text such as `ssfe`. */
export const measured = (letters: string): Measurement[] =>
  [...letters].map((letter) => {
    const outcome = outcomes[letter as keyof typeof outcomes];
    return { outcome, sentence: `was a ${outcome}` };
  });

/** The tally after these measurements, one per second, of a gate that began at 0. */
export const tallyOf = (schedule: GateSchedule, measurements: string | readonly Measurement[]): GateTally =>
  (typeof measurements === 'string' ? measured(measurements) : measurements).reduce(
    (tally, measurement, index) => tallied(schedule, tally, measurement, (index + 1) * 1_000),
    emptyTally(0),
  );
