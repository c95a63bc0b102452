import type * as z from 'zod';
import { mapping } from '../../application/parse-mapping.ts';
import * as value from '../../application/parse-values.ts';
import { type CheckReport, checkProblem } from '../../check-report.ts';
import { formatDuration } from '../../duration.ts';
import { shortCommit } from '../../markdown.ts';
import { oneLine } from '../text.ts';
import type { GateAnswer, GateKind, GateScene, Measurement } from '../types.ts';

/** A word from CI, or from a person, on the commit that is rolled out. */
export interface ReportGate {
  check: string;
  /** How long it is waited for, from the end of the batch. */
  withinMs: number;
}

const dayMs = 24 * 3_600_000;

const schema: z.ZodType<ReportGate> = mapping('a mapping such as {check: e2e-tests}', {
  check: value.text('the name of a check such as e2e-tests', checkProblem),
  within: value.duration(1_000, dayMs, 'between 1s and 24h').default(3_600_000),
}).transform(({ check, within }) => ({ check, withinMs: within }));

/**
 * The newest report on exactly the rollout's commit decides. Until one comes the gate waits, and its time is over with `within`. It is
 * looked at again through the soak: a run that is repeated and fails still fails the batch.
 */
export const reportGate: GateKind<ReportGate> = {
  kind: 'report',
  schema,
  defaults: { intervalMs: 5_000, count: 1, failureLimit: 0, inconclusiveLimit: 0 },
  write: ({ check, withinMs }) => ({ check, within: formatDuration(withinMs) }),
  describe: ({ check, withinMs }) =>
    `CI or a person reports ${check} as passed on the commit, within ${formatDuration(withinMs)}`,
  ask: ({ check }, { commit }) => [{ form: 'reports', commit, checks: [check] }],
  judge: (config, scene, [answer]) => judge(config, scene, answer),
};

function judge({ check, withinMs }: ReportGate, scene: GateScene, answer: GateAnswer | undefined): Measurement {
  if (answer?.form === 'problem') return { outcome: 'error', sentence: oneLine(answer.problem) };
  if (answer?.form !== 'reports') return { outcome: 'error', sentence: 'nobody was asked for reports' };
  const on = `commit ${shortCommit(scene.commit)}`;
  const report = answer.reports.findLast((one) => one.commit === scene.commit && one.check === check);
  if (report !== undefined) {
    return { outcome: report.outcome === 'passed' ? 'success' : 'failure', sentence: said(report, on) };
  }
  const leftMs = scene.sinceMs + withinMs - scene.nowMs;
  if (leftMs <= 0) {
    const sentence = `nobody has reported ${check} on ${on} within ${formatDuration(withinMs)}`;
    return { outcome: 'inconclusive', sentence: oneLine(sentence) };
  }
  const sentence = `nobody has reported ${check} on ${on} yet; waits ${formatDuration(leftMs + 999)} more`;
  return { outcome: 'pending', sentence: oneLine(sentence) };
}

function said({ check, outcome, url, reason, by }: CheckReport, on: string): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  return oneLine(`${by} reported ${check} as ${outcome} on ${on}${url === undefined ? '' : `, see ${url}`}${why}`);
}
