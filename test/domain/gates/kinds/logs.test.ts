import { describe, expect, test } from 'vitest';
import { type LogsGate, logsGate } from '../../../../domain/gates/kinds/logs.ts';
import { shapeOf } from '../../../../domain/gates/logs/shape.ts';
import type { GateAnswer, Measurement } from '../../../../domain/gates/types.ts';
import { configOf, podOn, problemsOf, sceneOf, schedule } from './scene.ts';

const gate = (given: object = {}): LogsGate => configOf(logsGate.schema, given);
const log = (...lines: string[]): GateAnswer => ({ form: 'logs', lines, truncated: false });
const judge = (answers: GateAnswer[], given: object = {}, scene = sceneOf(['n1', 'n2'], ['r1', 'r2'])): Measurement =>
  logsGate.judge(gate(given), scene, answers, schedule);

const usual = 'level=error msg="scrape failed" target=10.1.2.3:9100 took=1.52s';
const again = 'level=error msg="scrape failed" target=10.9.9.9:9100 took=870ms';
const fresh = '2026-11-24T14:05:31.123Z ERROR cannot open /var/lib/agent: permission denied';
const gone: GateAnswer = { form: 'problem', problem: 'the pod is gone' };

describe('lines of one shape say the same', () => {
  test.each([
    ['2026-11-24T14:05:31.123Z error: x', '2025-01-02T03:04:05.9Z error: x'],
    ['E1124 14:05:31.123456    1234 main.go:12] error', 'E0101 01:01:01.000001       7 main.go:12] error'],
    ['error after 1m30.5s, 12 of 100', 'error after 2s, 3 of 7'],
    ['panic at 0xc000123abc in 4f9a1c22d0', 'panic at 0xdeadbeef in 00ff00ff00'],
    ['error id=3f2b8c1e-1d2c-4b5a-9f00-0123456789ab', 'error id=00000000-0000-4000-8000-000000000000'],
    ['error on agent-n1 at n1', 'error on agent-n1 at n1'],
    ['{"ts":1732455931.12,"level":"error","msg":"x"}', '{"ts":1732455999,"level":"error","msg":"x"}'],
    ['\u001b[31merror\u001b[0m x', 'error x'],
    ['read 12.5MiB, error', 'read 3KiB, error'],
  ])('%j', (one, other) => {
    expect(shapeOf(one, podOn('n1'))).toBe(shapeOf(other, podOn('n1')));
  });

  test('names of the pod, its node and its address are left out', () => {
    const line = (node: string) => `error: ${node}/agent-${node} at ${podOn(node).ip}`;
    expect(shapeOf(line('n1'), podOn('n1'))).toBe(shapeOf(line('other'), podOn('other')));
  });

  test.each([
    ['10.0.0.1', '10.0.0.9'],
    ['10.0.0.1', '10.0.0.10'],
    ['fd00:10:244::1', 'fd00:10:244:1::a2'],
  ])('a pod that names its own address %s says the same as one that names another one, %s', (own, other) => {
    const line = `error: cannot reach [${own}]:9100`;
    const elsewhere = `error: cannot reach [${other}]:9100`;
    expect(shapeOf(line, podOn('n1', { ip: own }))).toBe(shapeOf(elsewhere, podOn('n2', { ip: own })));
    expect(shapeOf(`at ${own}:80`, podOn('n1', { ip: own }))).toBe(shapeOf(`at ${own}:80`, podOn('n2', { ip: other })));
  });

  test('other words stay different', () => {
    expect(shapeOf('error: defaced', podOn('n1'))).not.toBe(shapeOf('error: effaced', podOn('n1')));
  });
});

describe('new error lines', () => {
  test('a line that only updated pods log fails, with its nodes and the line', () => {
    expect(judge([log(usual, fresh), log(again), log(usual), log()])).toEqual({
      outcome: 'failure',
      samples: 2,
      nodes: ['n1'],
      sentence: `a new error line on 1 of 2 pods (n1), in none of 2 pods on last good: "${fresh}"`,
    });
  });

  test('a line that pods on last good log too is nothing new, whatever the numbers in it', () => {
    expect(judge([log(usual), log(usual), log(), log(again)])).toMatchObject({ outcome: 'success', samples: 2 });
  });

  test('the line on most pods is shown', () => {
    const measured = judge([log('error: a'), log('error: b'), log(), log()], {}, sceneOf(['n1', 'n2'], ['r1', 'r2']));
    expect(measured.sentence).toContain('2 new error lines on 2 of 2 pods');
    const spread = judge([log('error: a', 'error: b'), log('error: b'), log(), log()]);
    expect(spread.sentence).toContain('"error: b"');
  });

  test('lines without the pattern, and ignored ones, do not count', () => {
    expect(judge([log('terror at dawn'), log('no problem'), log(), log()]).outcome).toBe('success');
    expect(judge([log(fresh), log(), log(), log()], { ignore: 'permission denied' }).outcome).toBe('success');
    expect(judge([log('oh no'), log(), log(), log()], { pattern: 'oh n[o]$' }).outcome).toBe('failure');
  });

  test('with compare: none every line counts, and no other pod is read', () => {
    expect(logsGate.askMore?.(gate({ compare: 'none' }), sceneOf(['n1'], ['r1']), [log(usual)])).toEqual([]);
    expect(judge([log(usual)], { compare: 'none' }, sceneOf(['n1'], ['r1'])).outcome).toBe('failure');
    expect(logsGate.needsRest?.(gate({ compare: 'none' }))).toBe(false);
    expect(logsGate.needsRest?.(gate())).toBe(true);
  });

  test('without a pod to compare with, error lines are inconclusive and silence passes', () => {
    const scene = sceneOf(['n1']);
    expect(judge([log(usual)], {}, scene)).toMatchObject({
      outcome: 'inconclusive',
      sentence: expect.stringContaining('no pod on last good'),
    });
    expect(judge([log()], {}, scene).outcome).toBe('success');
  });

  test('a log that cannot be read is an error, unless another one shows a new line', () => {
    expect(judge([gone, log(), log(), log()])).toEqual({
      outcome: 'error',
      sentence: 'the log of pod agent-n1 on n1 could not be read: the pod is gone',
    });
    expect(judge([gone, log(fresh), log(), log()])).toMatchObject({ outcome: 'failure', nodes: ['n2'], samples: 1 });
    // One pod on last good is enough to compare with; none, of two that were asked, is not.
    expect(judge([log(usual), log(), log(again), gone]).outcome).toBe('success');
    expect(judge([log(usual), log(), gone, gone]).outcome).toBe('error');
  });

  test('what a log says is shown in one bounded line, without secrets', () => {
    const { sentence } = judge([
      log(`error password=hunter2 Bearer abcdefghijkl\t${'y'.repeat(9_000)}`),
      log(),
      log(),
      log(),
    ]);
    expect(sentence).toContain('password=(masked)');
    expect(sentence).not.toMatch(/hunter2|abcdefghijkl|\t/);
    expect(sentence.length).toBeLessThanOrEqual(300);
  });
});

describe('reads are bounded', () => {
  test('lines and bytes of each read', () => {
    const [request] = logsGate.ask(gate({ container: 'agent', maxLines: 50 }), sceneOf(['n1']));
    expect(request).toMatchObject({ container: 'agent', maxLines: 50, maxBytes: 262_144, sinceMs: 0 });
  });
});

test('a pattern that would take exponential time elsewhere takes none here', () => {
  const line = `error ${'a'.repeat(490)}!`;
  const startedMs = performance.now();
  judge([log(...Array<string>(1_000).fill(line)), log(), log(), log()], { pattern: '(a+)+$' });
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test.each([
  [{ pattern: '(' }, 'pattern: is no regular expression of RE2'],
  [{ pattern: '(?=x)' }, 'pattern: is no regular expression of RE2, which has no look-around and no back references'],
  [{ pattern: '(a)\\1' }, 'pattern: is no regular expression of RE2'],
  [{ pattern: '' }, 'pattern: has 0 characters'],
  [{ pattern: 'a'.repeat(501) }, 'pattern: has 501 characters'],
  [{ pattern: '(((a{30}){10}){3})x{900}y{900}' }, 'pattern: is too large'],
  [{ container: 'Agent_1' }, 'container: "Agent_1" is no name of a container'],
  [{ maxLines: 5_001 }, 'maxLines: expected a number of lines from 1 to 5000'],
  [{ pods: 0 }, 'pods: expected a number of pods from 1 to 50'],
])('%j is refused', (given, problem) => {
  expect(problemsOf(logsGate.schema, given)).toEqual([expect.stringContaining(problem)]);
});
