import { counted, oneLine, showNumber } from '../text.ts';
import type { GateSchedule, Measurement } from '../types.ts';
import type { Queried } from './read-answer.ts';

/**
 * The measurement with the number of events that it rests on, as a query of its own has told: too few, or none told, make it
 * inconclusive, whichever way it went.
 */
export function enoughSamples(measured: Measurement, queried: Queried, { minSamples }: GateSchedule): Measurement {
  if (measured.outcome === 'error' || measured.outcome === 'inconclusive') return measured;
  if ('problem' in queried) return { outcome: 'error', sentence: oneLine(`samples: ${queried.problem}`) };
  const [only, ...more] = queried.series;
  if (more.length > 0) {
    const sentence = `samples: the query gives ${more.length + 1} series; expected one number, e.g. with sum(...)`;
    return { outcome: 'error', sentence };
  }
  const value = only?.value ?? Number.NaN;
  const known = Number.isFinite(value);
  const samples = known ? Math.max(0, Math.floor(value)) : 0;
  const least = Math.max(1, minSamples);
  if (samples < least) {
    const found = only === undefined ? 'no data' : known ? counted(samples, 'sample') : showNumber(value);
    return {
      outcome: 'inconclusive',
      sentence: oneLine(`${found}, at least ${least} needed: ${measured.sentence}`),
      samples,
    };
  }
  return { ...measured, samples };
}
