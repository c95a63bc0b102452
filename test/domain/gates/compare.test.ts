import { afterAll, describe, expect, test } from 'vitest';
import {
  compareWithRest,
  falseAlarms,
  leastRest,
  levelOf,
  lookOf,
  type NodeValue,
} from '../../../domain/gates/compare.ts';
import { outlierByChance, tailOfT } from '../../../domain/gates/outlier-test.ts';
import { higherByChance, smallestChance } from '../../../domain/gates/rank-test.ts';
import { scheduleDefaults } from '../../../domain/gates/schedule.ts';
import { gate } from './build.ts';
import { judge, runGate, seeded, worlds } from './samples.ts';

const runs = 200;
const schedule = gate({ ...scheduleDefaults });
/** What the gate passes after, and a soak that makes it look on. */
const soakLooks = 20;
const measured: string[] = [];

afterAll(() => {
  console.log(`Of ${runs} seeded runs of a gate with the default schedule, failed:\n${measured.join('\n')}`);
});

const failing = (
  world: string,
  updated: number,
  nodes: number,
  rise: number,
  looks: number,
  given = schedule,
): number => {
  const make = worlds[world];
  if (make === undefined) throw new Error(`there is no world ${world}`);
  let failed = 0;
  for (let run = 0; run < runs; run++) {
    const tolerance = { by: rise === 0 ? 0 : 0.05 };
    const look = make(seeded(run * 7_919 + 13), nodes);
    if (runGate(look, { updated, rise, tolerance, looks }, given) === 'failed') failed++;
  }
  return failed / runs;
};

const note = (what: string, share: number): void => {
  measured.push(`  ${(share * 100).toFixed(1).padStart(5)} %  ${what}`);
};

describe('S26: without a difference at most 2 % of gates fail, over all looks of a soak together', () => {
  const sizes = [
    [1, 10],
    [1, 30],
    [2, 12],
    [3, 30],
    [12, 20],
  ] as const;
  test.each(Object.keys(worlds).flatMap((world) => sizes.map((size) => [world, ...size] as const)))(
    '%s, %d of %d nodes',
    (world, updated, nodes) => {
      const share = failing(world, updated, nodes, 0, soakLooks);
      note(`no difference, ${soakLooks} looks: ${world}, ${updated} of ${nodes} nodes`, share);
      expect(share).toBeLessThanOrEqual(falseAlarms);
    },
  );

  test('the correction for repeated looks is what holds it: without it, more fail', () => {
    const world = 'error rate of 5 %, 200 requests';
    // Each look at 2 %, one failure enough: what a test that knows nothing of other looks would do.
    let failed = 0;
    for (let run = 0; run < runs; run++) {
      const look = worlds[world]?.(seeded(run * 7_919 + 13), 30);
      const looks = Array.from({ length: soakLooks }, () => look?.(3, 0) ?? []);
      if (looks.some((values) => higherByChance(values.slice(0, 3), values.slice(3)) <= falseAlarms)) failed++;
    }
    note(`no difference, ${soakLooks} looks, each at 2 % and not corrected: ${world}, 3 of 30 nodes`, failed / runs);
    expect(failed / runs).toBeGreaterThan(0.1);
  });

  test('also when one failed measurement is enough', () => {
    const strict = { ...schedule, failureLimit: 0 };
    const share = failing('error rate of 5 %, 200 requests', 3, 30, 0, soakLooks, strict);
    note(`no difference, ${soakLooks} looks, failureLimit 0: error rate of 5 %, 3 of 30 nodes`, share);
    expect(share).toBeLessThanOrEqual(falseAlarms);
  });
});

describe('a rise of 20 points is caught in at least 95 %, before the gate can pass', () => {
  const sizes = [
    [1, 20],
    [3, 15],
    [3, 30],
    [12, 20],
  ] as const;
  const rates = Object.keys(worlds).filter((world) => world.includes('error'));
  test.each(rates.flatMap((world) => sizes.map((size) => [world, ...size] as const)))(
    '%s, %d of %d nodes, 5 points tolerated',
    (world, updated, nodes) => {
      const share = failing(world, updated, nodes, 0.2, scheduleDefaults.count);
      note(`20 points more: ${world}, ${updated} of ${nodes} nodes`, share);
      expect(share).toBeGreaterThanOrEqual(0.95);
    },
  );
});

test('all looks together never have more chance than the gate may have, however many there are', () => {
  for (const given of [schedule, { ...schedule, failureLimit: 0 }, { ...schedule, failureLimit: 4, count: 9 }]) {
    let sum = 0;
    for (let look = 1; look <= 10_000; look++) sum += levelOf(given, look);
    expect(sum / (given.failureLimit + 1)).toBeLessThanOrEqual(falseAlarms);
    expect(sum / (given.failureLimit + 1)).toBeGreaterThan(falseAlarms * 0.99);
  }
  const inARow = { ...schedule, failureLimit: 4, consecutiveFailureLimit: 1 };
  expect(levelOf(inARow, 1)).toBe(levelOf({ ...schedule, failureLimit: 1 }, 1));
});

test('looks are counted from the schedule', () => {
  const given = { ...schedule, initialDelayMs: 60_000, intervalMs: 30_000 };
  const look = (nowMs: number) => lookOf(given, { nowMs, sinceMs: 0 });
  expect([0, 60_000, 89_999, 90_000, 150_500].map(look)).toEqual([1, 1, 1, 2, 4]);
});

const values = (name: string, given: readonly (number | null)[]): NodeValue[] =>
  given.map((value, index) => ({ node: `${name}-${index}`, value }));
const compared = (
  updated: readonly (number | null)[],
  rest: readonly (number | null)[],
  given: Partial<Parameters<typeof compareWithRest>[0]> & { minSamples?: number } = {},
) =>
  compareWithRest(
    {
      updated: values('new', updated),
      rest: values('old', rest),
      tolerance: { by: 0 },
      worse: 'higher',
      look: 1,
      ...given,
    },
    { ...schedule, minSamples: given.minSamples ?? 1 },
  );
const usual = [0.02, 0.03, 0.025, 0.04, 0.01, 0.03, 0.02, 0.035, 0.028];

describe('S25: too few samples are inconclusive', () => {
  test.each([
    ['no updated node', [], usual],
    ['no other node', [0.5], []],
    [`one of the others less than ${leastRest}`, [0.5], usual.slice(0, leastRest - 1)],
    ['many updated nodes, few others', Array.from({ length: 50 }, () => 0.5), usual.slice(0, leastRest - 1)],
    ['only missing values', [null, Number.NaN], usual],
  ])('%s', (_what, updated, rest) => {
    expect(compared(updated, rest)).toMatchObject({
      outcome: 'inconclusive',
      sentence: expect.stringMatching(/^too few nodes to compare: /),
    });
  });

  test('at the boundary they are judged', () => {
    expect(compared([0.5], usual.slice(0, leastRest)).outcome).toBe('failure');
    expect(compared([0.5, 0.5], usual, { minSamples: 2 }).outcome).toBe('failure');
    expect(compared([0.5], usual, { minSamples: 2 }).outcome).toBe('inconclusive');
    expect(compared([0.5, 0.5], usual, { minSamples: usual.length + 1 }).outcome).toBe('inconclusive');
  });

  test('NaN, infinite and missing values are left out and counted', () => {
    const found = compared([0.5, null, Number.NaN], [...usual, Number.POSITIVE_INFINITY]);
    expect(found).toMatchObject({ outcome: 'failure', samples: 1 });
    expect(found.sentence).toMatch(/; 3 nodes without a value left out\): new-0$/);
    expect(compared([0.02], usual).sentence).not.toContain('left out');
  });

  test('several values of one node are one sample, their median', () => {
    const repeated = values('new', [0.02]).flatMap((one) => [one, { ...one, value: 0.9 }, { ...one, value: 0.021 }]);
    const found = compared([], usual, { updated: repeated });
    expect(found).toMatchObject({ outcome: 'success', samples: 1 });
  });
});

describe('the tolerance', () => {
  test.each([
    [{ by: 0 }, 'failure'],
    [{ by: 0.05 }, 'failure'],
    [{ by: 0.2 }, 'success'],
    [{ share: 1 }, 'failure'],
    [{ share: 8 }, 'success'],
  ] as const)('%j of a rate of 0.2 against 0.03: %s', (tolerance, outcome) => {
    expect(compared([0.2, 0.19, 0.21], usual, { tolerance }).outcome).toBe(outcome);
    expect(compared([0.2], usual, { tolerance }).outcome).toBe(outcome);
  });

  test('better is never a failure, and what is bad may be lower', () => {
    expect(compared([0, 0, 0], usual).outcome).toBe('success');
    const shares = usual.map((rate) => 1 - rate);
    expect(compared([0.7, 0.72, 0.69], shares, { worse: 'lower', tolerance: { by: 0.05 } }).outcome).toBe('failure');
    expect(compared([0.7], shares, { worse: 'lower', tolerance: { by: 0.05 } }).outcome).toBe('failure');
    expect(compared([1, 1, 1], shares, { worse: 'lower' }).outcome).toBe('success');
    const hits = usual.map((rate) => 5_000 * (1 + rate));
    expect(compared([2_000], hits, { worse: 'lower', tolerance: { share: 0.1 } }).outcome).toBe('failure');
    expect(compared([9_000], hits, { worse: 'lower', tolerance: { share: 0.1 } }).outcome).toBe('success');
  });

  test('with no spread at all, what is within it passes', () => {
    const still = Array.from({ length: 9 }, () => 0);
    expect(compared([0.01], still, { tolerance: { by: 0.05 } }).outcome).toBe('success');
    expect(compared([0.06], still, { tolerance: { by: 0.05 } }).outcome).toBe('failure');
    expect(compared([0], still).outcome).toBe('success');
  });
});

test('the sentence has both groups, the tolerance, the chance and the nodes to look at', () => {
  expect(compared([0.25, 0.3, 0.02], usual, { tolerance: { by: 0.05 } }).sentence).toBe(
    '0.25 on 3 updated nodes against 0.028 on 9 others is not shown to be higher by more than 0.05 (22 % by chance, the limit is 0.67 %)',
  );
  const found = compared([0.25, 0.3, 0.27], usual, { tolerance: { by: 0.05 } });
  expect(found.sentence).toBe(
    '0.27 on 3 updated nodes against 0.028 on 9 others is higher by more than 0.05 (0.45 % by chance, the limit is 0.67 %): new-0, new-1, new-2',
  );
  expect(found.nodes).toEqual(['new-0', 'new-1', 'new-2']);
});

describe('the tests themselves', () => {
  /** Every way to choose `size` of the values, counted out. */
  const countOut = (own: readonly number[], others: readonly number[]): number => {
    const all = [...own, ...others];
    const rank = (value: number): number =>
      all.filter((one) => one < value).length + (all.filter((one) => one === value).length + 1) / 2;
    const sum = (some: readonly number[]): number => some.reduce((total, value) => total + rank(value), 0);
    const ways = (from: number, size: number): number[][] =>
      size === 0
        ? [[]]
        : all.slice(from).flatMap((value, index) => ways(from + index + 1, size - 1).map((rest) => [value, ...rest]));
    const choices = ways(0, own.length);
    return choices.filter((choice) => sum(choice) >= sum(own)).length / choices.length;
  };

  test('ranks: the same as counting every way out, with ties, from either side', () => {
    const random = seeded(7);
    for (let run = 0; run < 60; run++) {
      const draw = (count: number): number[] => Array.from({ length: count }, () => Math.floor(random() * 5));
      const own = draw(1 + Math.floor(random() * 5));
      const others = draw(1 + Math.floor(random() * 6));
      expect(higherByChance(own, others)).toBeCloseTo(countOut(own, others), 10);
    }
  });

  test('ranks: large groups, by the normal approximation, agree with shuffling them', () => {
    const random = seeded(11);
    const own = Array.from({ length: 30 }, () => Math.floor(random() * 20) + 1);
    const others = Array.from({ length: 40 }, () => Math.floor(random() * 20));
    const all = [...own, ...others];
    const rank = all.map(
      (value) => all.filter((one) => one < value).length + all.filter((one) => one === value).length / 2,
    );
    const total = (order: readonly number[]): number =>
      order.slice(0, 30).reduce((sum, at) => sum + (rank[at] ?? 0), 0);
    const order = all.map((_, index) => index);
    const seen = total(order);
    let asHigh = 0;
    const shuffles = 20_000;
    for (let run = 0; run < shuffles; run++) {
      for (let at = 0; at < 30; at++) {
        const other = at + Math.floor(random() * (order.length - at));
        [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
      }
      if (total(order) >= seen) asHigh++;
    }
    expect(asHigh / shuffles).toBeGreaterThan(0.01);
    const ratio = higherByChance(own, others) / (asHigh / shuffles);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
    const flat = Array.from({ length: 500 }, () => 1);
    expect(higherByChance(flat, flat)).toBe(1);
  });

  test('the smallest chance that groups can reach', () => {
    expect(smallestChance(1, 9)).toBeCloseTo(1 / 10);
    expect(smallestChance(3, 9)).toBeCloseTo(1 / 220);
    expect(smallestChance(9, 3)).toBeCloseTo(1 / 220);
    expect(higherByChance([7, 8, 9], [1, 2, 3, 4, 5, 6, 1, 2, 3])).toBeCloseTo(smallestChance(3, 9));
  });

  test("Student's t, against a printed table", () => {
    expect(tailOfT(2.896, 8)).toBeCloseTo(0.01, 4);
    expect(tailOfT(4.541, 3)).toBeCloseTo(0.01, 4);
    expect(tailOfT(1.812, 10)).toBeCloseTo(0.05, 4);
    expect(tailOfT(-1.812, 10)).toBeCloseTo(0.95, 4);
    expect(tailOfT(0, 5)).toBeCloseTo(0.5, 10);
    expect(outlierByChance([1], [1, 1, 1])).toBe(1);
    expect(outlierByChance([-1], [-2, -3, -4, -2.5])).toBeLessThan(0.1);
  });
});

test('two thousand nodes are compared in a blink', () => {
  const random = seeded(3);
  const all = Array.from({ length: 2_000 }, () => random());
  const startedMs = performance.now();
  for (const updated of [1, 2, 20, 200, 1_000, 1_990]) judge(all, updated, schedule);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});
