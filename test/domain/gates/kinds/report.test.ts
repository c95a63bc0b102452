import { describe, expect, test } from 'vitest';
import type { CheckReport } from '../../../../domain/check-report.ts';
import { reportGate } from '../../../../domain/gates/kinds/report.ts';
import { gates } from '../../../../domain/gates/parse.ts';
import type { GateAnswer } from '../../../../domain/gates/types.ts';
import { configOf, problemsOf, sceneOf, schedule } from './scene.ts';

const commit = 'a'.repeat(40);
const config = { check: 'e2e-tests', withinMs: 60_000 };
const report = (more: Partial<CheckReport> = {}): CheckReport => ({
  commit,
  check: 'e2e-tests',
  outcome: 'passed',
  by: 'webhook/ci/e2e',
  atMs: 1,
  ...more,
});

/** The measurement so long after the batch was done. */
function measured(afterMs: number, answer: GateAnswer | undefined) {
  const scene = { ...sceneOf(['n1']), commit, sinceMs: 50_000, nowMs: 50_000 + afterMs };
  return reportGate.judge(config, scene, answer === undefined ? [] : [answer], schedule);
}
const told = (...reports: CheckReport[]): GateAnswer => ({ form: 'reports', reports });

test('it asks for its check on exactly the commit that is rolled out', () => {
  expect(reportGate.ask(config, { ...sceneOf(['n1']), commit })).toEqual([
    { form: 'reports', commit, checks: ['e2e-tests'] },
  ]);
});

describe('what a measurement counts as', () => {
  const none = told();
  const logs: GateAnswer = { form: 'logs', lines: [], truncated: false };
  const away: GateAnswer = { form: 'problem', problem: 'Temporal cannot be asked', unanswered: true };
  test.each([
    ['passed', 0, told(report()), 'success', 'webhook/ci/e2e reported e2e-tests as passed on commit aaaaaaa'],
    [
      'failed, with an address and a reason',
      0,
      told(report({ outcome: 'failed', url: 'https://ci.example.com/7', reason: 'p99 doubled', by: 'ann' })),
      'failure',
      'ann reported e2e-tests as failed on commit aaaaaaa, see https://ci.example.com/7: p99 doubled',
    ],
    ['passed long after its time', 9e9, told(report()), 'success', 'reported'],
    ['none yet', 0, none, 'pending', 'nobody has reported e2e-tests on commit aaaaaaa yet; waits 1m more'],
    ['none a millisecond before its time is over', 59_999, none, 'pending', 'waits 1s more'],
    ['none when its time is over', 60_000, none, 'inconclusive', 'on commit aaaaaaa within 1m'],
    ['another check', 60_000, told(report({ check: 'e2e' })), 'inconclusive', 'nobody has reported e2e-tests'],
    ['another commit', 0, told(report({ commit: 'b'.repeat(40) })), 'pending', 'nobody has reported'],
    ['the answer of a problem, its time over or not', 9e9, away, 'error', 'Temporal cannot be asked'],
    ['no answer at all', 9e9, undefined, 'error', 'nobody was asked'],
    ['an answer to another question', 0, logs, 'error', 'nobody was asked'],
  ] as const)('%s', (_name, afterMs, answer, outcome, sentence) => {
    const measurement = measured(afterMs, answer);
    expect(measurement.outcome).toBe(outcome);
    expect(measurement.sentence).toContain(sentence);
  });

  test('a sentence stays within its bound, whatever was reported', () => {
    const long = report({ reason: 'x'.repeat(200), url: `https://ci.example.com/${'y'.repeat(270)}` });
    expect([...measured(0, told(long)).sentence].length).toBeLessThanOrEqual(300);
  });
});

describe('how it is written', () => {
  test('within is an hour, it is asked every 5 s, one word is enough', () => {
    expect(configOf(reportGate.schema, { check: 'CI / e2e (arm64)' })).toEqual({
      check: 'CI / e2e (arm64)',
      withinMs: 3_600_000,
    });
    expect(gates.parse([{ name: 'e2e', report: { check: 'e2e-tests' } }])[0]).toMatchObject({
      kind: 'report',
      intervalMs: 5_000,
      count: 1,
      failureLimit: 0,
      inconclusiveLimit: 0,
    });
  });

  test.each([
    [{}, 'check: is missing; expected the name of a check such as e2e-tests'],
    [{ check: '' }, 'check: expected one line'],
    [{ check: ' e2e' }, 'check: expected one line'],
    [{ check: 'e2e  tests' }, 'check: expected one line'],
    [{ check: 12 }, 'check: expected the name of a check such as e2e-tests, got a number; write it in quotes'],
    [{ check: 'e2e', within: '0s' }, 'within: must be between 1s and 24h, got 0s'],
    [{ check: 'e2e', within: '25h' }, 'within: must be between 1s and 24h, got 25h'],
    [{ check: 'e2e', timeout: '1h' }, 'timeout: unknown field'],
  ])('%j is refused', (given, problem) => {
    expect(problemsOf(reportGate.schema, given)).toEqual([expect.stringContaining(problem)]);
  });
});
