import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GateSchedule } from '../../../domain/gates/types.ts';
import { emptyTally, gateState, nextDueMs, tallied, weighed } from '../../../domain/gates/verdict.ts';
import { gate, measured, tallyOf } from './build.ts';

const stateOf = (schedule: GateSchedule, letters: string): string => {
  const { state, unreachable } = gateState(schedule, tallyOf(schedule, letters), 60_000);
  return unreachable === true ? `${state}, unreachable` : state;
};

describe('S25: no data never passes', () => {
  test('a gate that was not measured waits, and says when it will be', () => {
    const schedule = gate({ initialDelayMs: 90_000 });
    const fresh = emptyTally(10_000);
    expect(gateState(schedule, fresh, 10_000)).toEqual({
      state: 'waiting',
      sentence: 'not measured yet; first measurement in 1m30s',
    });
    expect(gateState(schedule, fresh, 200_000).sentence).toBe('not measured yet; first measurement now');
  });

  test('even a gate that asks for no measurement at all needs one', () => {
    expect(stateOf(gate({ count: 0 }), '')).toBe('waiting');
    expect(stateOf(gate({ count: 0 }), 's')).toBe('passed');
  });

  test.each([
    [0, 0, 'inconclusive'],
    [0, 1, 'success'],
    [1, 0, 'inconclusive'],
    [1, 1, 'success'],
    [5, 4, 'inconclusive'],
    [5, 5, 'success'],
    [5, Number.NaN, 'inconclusive'],
    [5, undefined, 'success'],
  ])('minSamples %d, %d samples: %s', (minSamples, samples, expected) => {
    expect(weighed({ minSamples }, { outcome: 'success', sentence: 'x', samples }).outcome).toBe(expected);
  });

  test('too few samples are no failure either, an error stays one, and the sentence says both numbers', () => {
    const failure = weighed({ minSamples: 3 }, { outcome: 'failure', sentence: 'rate 0.4', samples: 2 });
    expect(failure).toMatchObject({ outcome: 'inconclusive', sentence: '2 samples, 3 needed: rate 0.4' });
    expect(weighed({ minSamples: 3 }, { outcome: 'error', sentence: 'x', samples: 0 }).outcome).toBe('error');
    const measurement = { outcome: 'success' as const, sentence: 'x', samples: 2 };
    const tally = tallied(gate({ minSamples: 3 }), emptyTally(0), measurement, 0);
    expect(tally).toMatchObject({ successes: 0, inconclusives: 1 });
  });

  test('no sequence without a success passes', () => {
    fc.assert(
      fc.property(schedules, fc.array(fc.constantFrom('f', 'i', 'e', 'p'), { maxLength: 30 }), (schedule, letters) => {
        expect(stateOf(schedule, letters.join(''))).not.toBe('passed');
      }),
    );
  });
});

describe('boundaries', () => {
  test.each([
    // count
    [{ count: 3 }, 'ss', 'waiting'],
    [{ count: 3 }, 'sss', 'passed'],
    [{ count: 3 }, 'sfss', 'passed'],
    // failureLimit
    [{ failureLimit: 0 }, 'f', 'failed'],
    [{ failureLimit: 2 }, 'ff', 'waiting'],
    [{ failureLimit: 2 }, 'fff', 'failed'],
    [{ failureLimit: 2 }, 'fssssfsssf', 'failed'],
    // consecutiveFailureLimit
    [{ failureLimit: 9, consecutiveFailureLimit: 2 }, 'ff', 'waiting'],
    [{ failureLimit: 9, consecutiveFailureLimit: 2 }, 'fff', 'failed'],
    [{ failureLimit: 9, consecutiveFailureLimit: 2 }, 'ffsff', 'waiting'],
    [{ failureLimit: 9, consecutiveFailureLimit: 2 }, 'ffifef', 'failed'],
    [{ failureLimit: 9, consecutiveFailureLimit: 0 }, 'f', 'failed'],
    [{ failureLimit: 9 }, 'fffffffff', 'waiting'],
    // consecutiveErrorLimit
    [{ consecutiveErrorLimit: 2 }, 'ee', 'waiting'],
    [{ consecutiveErrorLimit: 2 }, 'eee', 'inconclusive, unreachable'],
    [{ consecutiveErrorLimit: 2 }, 'eesee', 'waiting'],
    [{ consecutiveErrorLimit: 2 }, 'eeiee', 'waiting'],
    [{ consecutiveErrorLimit: 0 }, 'e', 'inconclusive, unreachable'],
    // inconclusiveLimit
    [{ inconclusiveLimit: 2 }, 'ii', 'waiting'],
    [{ inconclusiveLimit: 2 }, 'iii', 'inconclusive'],
    [{ inconclusiveLimit: 2 }, 'issisis', 'inconclusive'],
    [{ inconclusiveLimit: 0 }, 'i', 'inconclusive'],
    // An answer that may still come counts neither for nor against, and ends a row of errors only.
    [{ count: 1, failureLimit: 0, inconclusiveLimit: 0 }, 'pppppppp', 'waiting'],
    [{ count: 1 }, 'ppps', 'passed'],
    [{ count: 1 }, 'sppp', 'passed'],
    [{ count: 1, failureLimit: 0 }, 'ppspf', 'failed'],
    [{ inconclusiveLimit: 0 }, 'ppi', 'inconclusive'],
    [{ failureLimit: 9, consecutiveFailureLimit: 2 }, 'ffpf', 'failed'],
    [{ consecutiveErrorLimit: 2 }, 'eepee', 'waiting'],
    [{ consecutiveErrorLimit: 2 }, 'ppeee', 'inconclusive, unreachable'],
  ])('%j after %s: %s', (given, letters, expected) => {
    expect(stateOf(gate(given), letters)).toBe(expected);
  });

  test('failure beats inconclusive, and inconclusive beats passed', () => {
    expect(stateOf(gate(), 'sssiii')).toBe('inconclusive');
    expect(stateOf(gate(), 'ssseee')).toBe('inconclusive, unreachable');
    expect(stateOf(gate(), 'sssiiiff')).toBe('failed');
    expect(stateOf(gate(), 'fseeef')).toBe('failed');
  });

  test('a gate that has passed is measured on and still fails', () => {
    expect(stateOf(gate(), 'ssssssf')).toBe('passed');
    expect(stateOf(gate(), 'ssssssff')).toBe('failed');
  });

  test('a gate whose server is back goes on where it was', () => {
    expect(stateOf(gate(), 'sseeeee')).toBe('inconclusive, unreachable');
    expect(stateOf(gate(), 'sseeeees')).toBe('passed');
    expect(stateOf(gate(), 'fseeeef')).toBe('failed');
    expect(tallyOf(gate(), 'fseee')).toMatchObject({ successes: 1, failures: 1, consecutiveErrors: 3 });
  });

  test('a failed gate stays failed, whatever is measured afterwards', () => {
    const schedule = gate({ failureLimit: 9, consecutiveFailureLimit: 1 });
    const failed = tallyOf(schedule, 'ff');
    expect(tallyOf(schedule, 'ffssss')).toEqual(failed);
    expect(nextDueMs(schedule, failed)).toBeNull();
  });
});

test('an error never lets a gate pass or fail, and takes nothing from what counts', () => {
  fc.assert(
    fc.property(schedules, sequences, (schedule, letters) => {
      const before = tallyOf(schedule, letters);
      const then = tallied(schedule, before, { outcome: 'error', sentence: 'x' }, 99_000);
      const was = gateState(schedule, before, 99_000).state;
      const is = gateState(schedule, then, 99_000).state;
      expect(is === was || is === 'inconclusive').toBe(true);
      const { successes, failures, consecutiveFailures, inconclusives, nodes } = before;
      expect(then).toMatchObject({ successes, failures, consecutiveFailures, inconclusives, nodes });
    }),
  );
});

test('without limits on rows, the order of what was measured does not decide', () => {
  const sameAnyOrder = fc
    .array(fc.constantFrom('s', 'f', 'i'), { maxLength: 20 })
    .chain((letters) => fc.tuple(fc.constant(letters), fc.shuffledSubarray(letters, { minLength: letters.length })));
  fc.assert(
    fc.property(schedules, sameAnyOrder, (schedule, [letters, shuffled]) => {
      const { consecutiveFailureLimit: _none, ...unrowed } = schedule;
      expect(stateOf(unrowed, shuffled.join(''))).toBe(stateOf(unrowed, letters.join('')));
    }),
  );
});

test('once failed is failed: no sequence of measurements leads out of it', () => {
  fc.assert(
    fc.property(schedules, sequences, sequences, (schedule, letters, more) => {
      if (stateOf(schedule, letters) === 'failed') expect(stateOf(schedule, letters + more)).toBe('failed');
    }),
  );
});

describe('when it is measured', () => {
  test('first after the initial delay, then an interval after the last measurement began', () => {
    const schedule = gate({ initialDelayMs: 45_000, intervalMs: 60_000 });
    expect(nextDueMs(schedule, emptyTally(5_000))).toBe(50_000);
    expect(nextDueMs(schedule, tallyOf(schedule, 's'))).toBe(61_000);
  });

  test('after an error again soon, however long the interval', () => {
    const hourly = gate({ intervalMs: 3_600_000 });
    expect(nextDueMs(hourly, tallyOf(hourly, 'se'))).toBe(2_000 + 30_000);
    expect(nextDueMs(hourly, tallyOf(hourly, 'ses'))).toBe(3_000 + 3_600_000);
    const quick = gate({ intervalMs: 5_000 });
    expect(nextDueMs(quick, tallyOf(quick, 'e'))).toBe(6_000);
  });
});

test('sentences say the count, what is accepted and the newest measurement', () => {
  const sentenceOf = (schedule: GateSchedule, letters: string): string =>
    gateState(schedule, tallyOf(schedule, letters), 60_000).sentence;
  expect(sentenceOf(gate(), 'sf')).toBe(
    '1 of 3 successful measurements, 1 failed (1 is accepted); last: was a failure',
  );
  expect(sentenceOf(gate(), 'sssi')).toBe('3 successful measurements; last: was a inconclusive');
  expect(sentenceOf(gate(), 'se')).toBe('1 of 3 successful measurements; could not be asked just now: was a error');
  expect(sentenceOf(gate(), 'ff')).toBe('2 failed measurements, 1 is accepted: was a failure');
  expect(sentenceOf(gate({ failureLimit: 5, consecutiveFailureLimit: 0 }), 'f')).toBe(
    '1 failed measurement in a row, none is accepted: was a failure',
  );
  expect(sentenceOf(gate(), 'eee')).toBe('could not be asked 3 times in a row: was a error');
  expect(sentenceOf(gate(), 'iii')).toBe('3 inconclusive measurements, 2 are accepted: was a inconclusive');
});

test('the nodes that the newest failure blames are kept', () => {
  const [failure] = measured('f');
  const blamed = (nodes: string[]) => ({ outcome: 'failure' as const, sentence: failure?.sentence ?? '', nodes });
  const schedule = gate({ failureLimit: 5 });
  expect(tallyOf(schedule, [blamed(['n1']), blamed(['n2', 'n3']), ...measured('si')]).nodes).toEqual(['n2', 'n3']);
});

const sequences = fc.array(fc.constantFrom('s', 'f', 'i', 'e'), { maxLength: 20 }).map((letters) => letters.join(''));
const schedules = fc.record(
  {
    intervalMs: fc.constant(30_000),
    count: fc.nat(4),
    failureLimit: fc.nat(3),
    consecutiveFailureLimit: fc.nat(3),
    consecutiveErrorLimit: fc.nat(3),
    inconclusiveLimit: fc.nat(3),
    initialDelayMs: fc.constant(0),
    minSamples: fc.constant(1),
  },
  {
    requiredKeys: [
      'intervalMs',
      'count',
      'failureLimit',
      'consecutiveErrorLimit',
      'inconclusiveLimit',
      'initialDelayMs',
      'minSamples',
    ],
  },
);
