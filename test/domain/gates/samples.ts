import { compareWithRest, lookOf, type Tolerance } from '../../../domain/gates/compare.ts';
import type { GateSchedule, GateState, Measurement } from '../../../domain/gates/types.ts';
import { emptyTally, gateState, nextDueMs, tallied } from '../../../domain/gates/verdict.ts';

/** Numbers from 0 to 1 that are the same in every run: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The values of all nodes at one look; the first `updated` of them have `rise` on top of what is usual for them. */
export type Look = (updated: number, rise: number) => number[];

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const share = (random: () => number, requests: number, chance: number): number => {
  let failed = 0;
  for (let index = 0; index < requests; index++) if (random() < chance) failed++;
  return failed / requests;
};

const each = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Worlds that values come from. In those `by node` nodes differ for good, so that all looks of a gate err the same way. */
export const worlds: Record<string, (random: () => number, nodes: number) => Look> = {
  'error rate of 5 %, 200 requests': (random, nodes) => (updated, rise) =>
    each(nodes, (index) => share(random, 200, 0.05 + (index < updated ? rise : 0))),
  'error rates by node, around 3 %': (random, nodes) => {
    const usual = each(nodes, () => Math.min(0.5, 0.03 * Math.exp(0.5 * normal(random))));
    return (updated, rise) => usual.map((rate, index) => share(random, 200, rate + (index < updated ? rise : 0)));
  },
  'rare errors, 1 % of 100 requests': (random, nodes) => (updated, rise) =>
    each(nodes, (index) => share(random, 100, 0.01 + (index < updated ? rise : 0))),
  'latency, long tail': (random, nodes) => (updated, rise) =>
    each(nodes, (index) => 0.2 * Math.exp(0.5 * normal(random)) + (index < updated ? rise : 0)),
  'latency by node, long tail': (random, nodes) => {
    const usual = each(nodes, () => 0.2 * Math.exp(0.5 * normal(random)));
    return (updated, rise) =>
      usual.map((seconds, index) => seconds * Math.exp(0.2 * normal(random)) + (index < updated ? rise : 0));
  },
};

/** Compares the first `updated` values with the others. */
export function judge(
  values: readonly number[],
  updated: number,
  schedule: GateSchedule,
  given: { tolerance?: Tolerance; nowMs?: number } = {},
): Measurement {
  const named = values.map((value, index) => ({ node: `node-${index}`, value }));
  return compareWithRest(
    {
      updated: named.slice(0, updated),
      rest: named.slice(updated),
      tolerance: given.tolerance ?? { by: 0 },
      worse: 'higher',
      look: lookOf(schedule, { nowMs: given.nowMs ?? 0, sinceMs: 0 }),
    },
    schedule,
  );
}

/** A whole gate: measured as its schedule says, `looks` times or until it has failed. */
export function runGate(
  look: Look,
  groups: { updated: number; rise: number; tolerance: Tolerance; looks: number },
  schedule: GateSchedule,
): GateState {
  let tally = emptyTally(0);
  for (let count = 0; count < groups.looks; count++) {
    const nowMs = nextDueMs(schedule, tally);
    if (nowMs === null) break;
    const { tolerance } = groups;
    const measurement = judge(look(groups.updated, groups.rise), groups.updated, schedule, { tolerance, nowMs });
    tally = tallied(schedule, tally, measurement, nowMs);
  }
  return gateState(schedule, tally, 0).state;
}
