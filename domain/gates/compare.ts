import { shorten } from '../markdown.ts';
import { outlierByChance } from './outlier-test.ts';
import { higherByChance, smallestChance } from './rank-test.ts';
import type { GateSchedule, Measurement } from './types.ts';
import { namesOf } from './words.ts';

/** A value of one node; null or no number where there is none. */
export interface NodeValue {
  node: string;
  value: number | null;
}

/** How much worse than the control group a release may be: in the unit of the values, or as a share of the control group's median. */
export type Tolerance = { by: number } | { share: number };

/** What is compared. */
export interface ComparedGroups {
  /** Of nodes on the target. Several values of one node count as one, their median: they are no independent samples. */
  updated: readonly NodeValue[];
  /** Of nodes on last good. */
  rest: readonly NodeValue[];
  tolerance: Tolerance;
  /** Which way is bad: `higher` for error rates and latencies, `lower` for success rates. */
  worse: 'higher' | 'lower';
  /** Which look of this gate it is, from 1 on, see `lookOf`. */
  look: number;
}

/** How often a gate that compares may fail a release without a difference, over all of its looks together. */
export const falseAlarms = 0.02;

/**
 * Fewest nodes on last good: fewer say too little about what is usual. From this many on even a single updated node can be judged,
 * by how far it is off; more are judged by their ranks, as soon as both groups together are large enough for that.
 */
export const leastRest = 6;

/** More values than these add nothing that a gate needs; they are picked evenly. */
const mostValues = 200;

const mostSentence = 300;

/** Which look of the gate a measurement is, counted from its schedule, so that it needs no memory. */
export function lookOf(schedule: GateSchedule, scene: { nowMs: number; sinceMs: number }): number {
  const sinceFirstMs = scene.nowMs - scene.sinceMs - schedule.initialDelayMs;
  return 1 + Math.max(0, Math.floor(sinceFirstMs / Math.max(1, schedule.intervalMs)));
}

/**
 * The p-value at which this look fails. A gate that has to fail `n` times to fail the release does so by chance at most as often as
 * the sum of all its levels divided by `n` (Markov's inequality), however the looks depend on each other; so that sum is
 * `n` times `falseAlarms`. Half of it is for the `count` looks that every gate takes, the other half, ever less, for all that
 * a soak of any length adds.
 */
export function levelOf(schedule: GateSchedule, look: number): number {
  const { failureLimit, consecutiveFailureLimit = failureLimit } = schedule;
  const half = (falseAlarms * (1 + Math.min(failureLimit, consecutiveFailureLimit))) / 2;
  const count = Math.max(1, schedule.count);
  const later = look - count;
  return later <= 0 ? half / count : half / (later * (later + 1));
}

/**
 * Whether updated nodes are worse than nodes on last good by more than the tolerance and by more than chance explains. Success means
 * that this was not shown. Inconclusive with fewer than `minSamples` values of updated nodes or fewer than `leastRest` (or
 * `minSamples`) of the others. One node that is much worse among many updated ones may go unseen: other gates are for that.
 */
export function compareWithRest(groups: ComparedGroups, schedule: GateSchedule): Measurement {
  const updated = perNode(groups.updated);
  const rest = perNode(groups.rest);
  const samples = updated.length;
  const without = missing(groups.updated, updated) + missing(groups.rest, rest);
  const note = without === 0 ? '' : `; ${without} ${without === 1 ? 'node' : 'nodes'} without a value left out`;
  const least = { updated: Math.max(1, schedule.minSamples), rest: Math.max(leastRest, schedule.minSamples) };
  if (samples < least.updated || rest.length < least.rest) {
    const sentence = `too few nodes to compare: ${samples} updated (${least.updated} needed) and ${rest.length} others (${least.rest} needed)${note}`;
    return { outcome: 'inconclusive', sentence, samples };
  }
  const { tolerance, worse } = groups;
  const usual = median(rest.map(({ value }) => value));
  const tolerated = 'by' in tolerance ? tolerance.by : tolerance.share * Math.abs(usual);
  const turn = turned(
    worse,
    [...updated, ...rest].map(({ value }) => value),
  );
  const own = few(updated).map(({ value }) => turn(value));
  const others = few(rest).map(({ value }) => turn(value) + tolerated);
  const level = levelOf(schedule, groups.look);
  const chance = higherChance(own, others, level);
  const seen = `${show(median(updated.map(({ value }) => value)))} on ${nodes(samples)} against ${show(usual)} on ${rest.length} others`;
  const odds = `${worse} by more than ${show(tolerated)} (${percent(chance)} by chance, the limit is ${percent(level)}${note})`;
  if (chance > level)
    return { outcome: 'success', sentence: shorten(`${seen} is not shown to be ${odds}`, mostSentence), samples };
  const limit = median(others);
  const blamed = updated.filter(({ value }) => turn(value) > limit).map(({ node }) => node);
  const sentence = shorten(`${seen} is ${odds}: ${namesOf(blamed)}`, mostSentence);
  return { outcome: 'failure', sentence, samples, nodes: blamed };
}

/** By ranks, where groups of these sizes can reach the level at all; else by how far off the updated nodes are. Higher is worse. */
function higherChance(own: readonly number[], others: readonly number[], level: number): number {
  const byRank = smallestChance(own.length, others.length) <= level;
  return byRank ? higherByChance(own, others) : outlierByChance(own, others);
}

/** Turns values so that higher is worse: a share of successes into one of failures, anything else upside down. */
function turned(worse: 'higher' | 'lower', values: readonly number[]): (value: number) => number {
  if (worse === 'higher') return (value) => value;
  const shares = values.every((value) => value >= 0 && value <= 1);
  return (value) => (shares ? 1 - value : -value);
}

/** One value for each node that has any, in the order of the names; the worst offenders are found by them afterwards. */
function perNode(values: readonly NodeValue[]): { node: string; value: number }[] {
  const byNode = new Map<string, number[]>();
  for (const { node, value } of values) {
    if (value === null || !Number.isFinite(value)) continue;
    byNode.set(node, [...(byNode.get(node) ?? []), value]);
  }
  return [...byNode].map(([node, all]) => ({ node, value: median(all) })).sort((a, b) => (a.node < b.node ? -1 : 1));
}

/** Nodes that were asked about and have no value. */
function missing(asked: readonly NodeValue[], found: readonly { node: string }[]): number {
  return new Set(asked.map(({ node }) => node)).size - found.length;
}

function few<T>(values: readonly T[]): T[] {
  if (values.length <= mostValues) return [...values];
  return values.filter(
    (_, index) =>
      Math.floor((index * mostValues) / values.length) !== Math.floor(((index - 1) * mostValues) / values.length),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function show(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}

function percent(share: number): string {
  return share < 0.0001 ? 'less than 0.01 %' : `${Number((share * 100).toPrecision(2))} %`;
}

function nodes(count: number): string {
  return `${count} updated ${count === 1 ? 'node' : 'nodes'}`;
}
