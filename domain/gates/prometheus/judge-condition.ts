import { type Condition, fulfils } from '../condition.ts';
import { counted, oneLine, showNumber } from '../text.ts';
import type { GatePod, GateScene, Measurement } from '../types.ts';
import { namesOf } from '../words.ts';
import { podFinder } from './by-pod.ts';
import type { Queried } from './read-answer.ts';

/** What was asked, and about which pod where it was asked about one. */
export interface Asked {
  pod: GatePod | null;
  queried: Queried;
}

/** How values are judged. */
export interface Rule {
  condition: Condition;
  /** As the policy writes it. */
  text: string;
  nodeLabel?: string;
  /** The query names the nodes of the batch, so each of them has to have a value when any has. */
  everyNode: boolean;
}

interface Value {
  node: string | undefined;
  value: number;
}

/**
 * Every value must fulfil the condition. NaN is no value. An infinite value can fail a gate and never passes one: it is a division by
 * zero, or above the last bucket of a histogram. A value that fails counts whatever else is missing; without one, what could not be
 * asked is an error, and what has no data, or comes with a warning that it is incomplete, is inconclusive.
 */
export function judgeCondition(rule: Rule, scene: GateScene, asked: readonly Asked[]): Measurement {
  const podOf = podFinder(scene.updated, rule.nodeLabel);
  const values: Value[] = asked.flatMap(({ pod, queried }) =>
    'problem' in queried
      ? []
      : queried.series.map((one) => ({ node: pod?.node ?? podOf(one)?.pod.node, value: one.value })),
  );
  const told = values.filter(({ value }) => !Number.isNaN(value));
  const bad = told.filter(({ value }) => !fulfils(value, rule.condition));
  const samples = told.length;
  if (bad.length > 0) return failure(rule, bad, samples);
  const problems = asked.flatMap(({ queried }) => ('problem' in queried ? [queried.problem] : []));
  if (problems[0] !== undefined) return { outcome: 'error', sentence: oneLine(problems[0]) };
  const nothing = missing(rule, scene, asked, values, told);
  if (nothing !== undefined) return { outcome: 'inconclusive', sentence: oneLine(nothing), samples };
  const range = showRange(told.map(({ value }) => value));
  const infinite = told.find(({ value }) => !Number.isFinite(value));
  if (infinite !== undefined) {
    const sentence = `${showNumber(infinite.value)} fulfils ${rule.text} and tells nothing: a division by zero?`;
    return { outcome: 'inconclusive', sentence: oneLine(sentence), samples };
  }
  const warning = asked.flatMap(({ queried }) => ('problem' in queried ? [] : queried.warnings))[0];
  if (warning !== undefined) {
    return {
      outcome: 'inconclusive',
      sentence: oneLine(`${range}, with a warning of Prometheus: ${warning}`),
      samples,
    };
  }
  return { outcome: 'success', sentence: oneLine(`${range}, as ${rule.text} asks`), samples };
}

function failure(rule: Rule, bad: readonly Value[], samples: number): Measurement {
  const nodes = [...new Set(bad.flatMap(({ node }) => (node === undefined ? [] : [node])))];
  const worst = worstOf(bad, rule.condition);
  const where = nodes.length === 0 ? '' : `, on ${namesOf(nodes)}`;
  const of = samples === 1 ? '' : `; ${bad.length} of ${samples} values`;
  const sentence = oneLine(`${showNumber(worst)} does not fulfil ${rule.text}${of}${where}`);
  return { outcome: 'failure', sentence, samples, nodes };
}

function worstOf(bad: readonly Value[], { comparison }: Condition): number {
  const values = bad.map(({ value }) => value);
  const lowest = comparison === '>' || comparison === '>=';
  return values.reduce((worst, value) => ((lowest ? value < worst : value > worst) ? value : worst));
}

function missing(
  rule: Rule,
  scene: GateScene,
  asked: readonly Asked[],
  values: readonly Value[],
  told: readonly Value[],
): string | undefined {
  if (asked.length === 0) return 'no pod of the batch to ask about';
  if (values.length === 0) return 'no data: the query gives no series';
  if (told.length === 0) return `no data: the query gives NaN${values.length === 1 ? '' : ` ${values.length} times`}`;
  const known = new Set(told.map(({ node }) => node));
  const perNode = asked.some(({ pod }) => pod !== null);
  const expected = perNode
    ? asked.flatMap(({ pod }) => (pod === null ? [] : [pod.node]))
    : rule.everyNode && scene.fresh.some(({ node }) => known.has(node))
      ? scene.fresh.map(({ node }) => node)
      : [];
  const without = expected.filter((node) => !known.has(node));
  return without.length === 0
    ? undefined
    : `no data for ${counted(without.length, 'node')} of the batch: ${namesOf(without)}`;
}

function showRange(values: readonly number[]): string {
  const lowest = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (values.length === 1) return showNumber(lowest);
  return `${showNumber(lowest)} to ${showNumber(highest)} in ${values.length} series`;
}
