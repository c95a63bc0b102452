import { mask } from '../../diff/mask.ts';
import { maskCredentials } from '../../mask-text.ts';
import { counted, oneLine } from '../text.ts';
import type { GateAnswer, GatePod, Measurement } from '../types.ts';
import { namesOf } from '../words.ts';
import { matcherOf } from './pattern.ts';
import { readable, shapeOf } from './shape.ts';

/** A pod whose log was asked for. */
export interface PodLog {
  pod: GatePod;
  answer: GateAnswer | undefined;
}

/** Which lines count. */
export interface LogRule {
  pattern: string;
  ignore?: string;
  compare: 'updated-vs-rest' | 'none';
}

interface Found {
  /** The first line of this shape. */
  line: string;
  nodes: Set<string>;
}

/**
 * New error lines: lines of updated pods that hold the pattern and whose shape no control pod logs. One is enough to fail. A log that
 * could not be read is an error unless another one shows a new line. Without a control pod nothing is new, and lines that hold the
 * pattern are inconclusive.
 */
export function judgeLogs(rule: LogRule, updated: readonly PodLog[], controls: readonly PodLog[]): Measurement {
  if (updated.length === 0) return { outcome: 'inconclusive', sentence: 'the batch has no pod', samples: 0 };
  const counts = counting(rule);
  const known = new Set(controls.flatMap(({ pod, answer }) => shapes(linesOf(answer).filter(counts), pod)));
  const readControls = controls.filter(({ answer }) => answer?.form === 'logs').length;
  const found = newLines(updated, counts, known);
  const problems = updated.flatMap(({ pod, answer }) => problemOf(pod, answer));
  const samples = updated.length - problems.length;
  const compared = rule.compare === 'none' || readControls > 0;
  if (found.size > 0 && compared) return failure(rule, found, updated.length, readControls, samples);
  if (problems[0] !== undefined) return { outcome: 'error', sentence: oneLine(problems[0]) };
  if (found.size === 0) {
    const against = readControls === 0 ? '' : `, compared with ${counted(readControls, 'pod')} on last good`;
    return {
      outcome: 'success',
      sentence: `no new error line in the logs of ${counted(samples, 'pod')}${against}`,
      samples,
    };
  }
  const unread = controls.flatMap(({ pod, answer }) => problemOf(pod, answer))[0];
  if (unread !== undefined) return { outcome: 'error', sentence: oneLine(unread) };
  const [line] = found.values();
  const sentence = `no pod on last good to compare with, and error lines such as ${quote(line?.line ?? '')}`;
  return { outcome: 'inconclusive', sentence: oneLine(sentence), samples };
}

/** Whether any log has a line that counts, so that it is worth to ask whether others log it too. */
export function hasLines(rule: LogRule, answers: readonly GateAnswer[]): boolean {
  const counts = counting(rule);
  return answers.some((answer) => linesOf(answer).some(counts));
}

function counting(rule: LogRule): (line: string) => boolean {
  const holds = matcherOf(rule.pattern);
  const ignored = rule.ignore === undefined ? () => false : matcherOf(rule.ignore);
  return (line) => holds(line) && !ignored(line);
}

function newLines(
  updated: readonly PodLog[],
  counts: (line: string) => boolean,
  known: ReadonlySet<string>,
): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const { pod, answer } of updated) {
    for (const line of linesOf(answer)) {
      if (!counts(line)) continue;
      const shape = shapeOf(line, pod);
      if (known.has(shape)) continue;
      const before = found.get(shape);
      if (before === undefined) found.set(shape, { line, nodes: new Set([pod.node]) });
      else before.nodes.add(pod.node);
    }
  }
  return found;
}

function failure(
  rule: LogRule,
  found: ReadonlyMap<string, Found>,
  asked: number,
  controls: number,
  samples: number,
): Measurement {
  const byNodes = [...found.values()].sort((a, b) => b.nodes.size - a.nodes.size);
  const nodes = [...new Set(byNodes.flatMap((one) => [...one.nodes]))];
  const kinds = byNodes.length === 1 ? 'a new error line' : `${byNodes.length} new error lines`;
  const against = rule.compare === 'none' ? '' : `, in none of ${counted(controls, 'pod')} on last good`;
  const sentence = `${kinds} on ${nodes.length} of ${counted(asked, 'pod')} (${namesOf(nodes)})${against}: ${quote(byNodes[0]?.line ?? '')}`;
  return { outcome: 'failure', sentence: oneLine(sentence), samples, nodes };
}

function linesOf(answer: GateAnswer | undefined): string[] {
  return answer?.form === 'logs' ? answer.lines.map(readable) : [];
}

function shapes(lines: readonly string[], pod: GatePod): string[] {
  return lines.map((line) => shapeOf(line, pod));
}

function problemOf({ name, node }: GatePod, answer: GateAnswer | undefined): string[] {
  if (answer?.form === 'logs') return [];
  const why = answer?.form === 'problem' ? answer.problem : 'it was not asked';
  return [`the log of pod ${name} on ${node} could not be read: ${why}`];
}

function quote(line: string): string {
  return `"${oneLine(maskCredentials(String(mask({ kind: 'Log' }, [], line))), 120)}"`;
}
