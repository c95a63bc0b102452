import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noteReport, reportsOn } from '../../../domain/application/reports.ts';
import { type ApplicationState, startState } from '../../../domain/application/state.ts';

const nowMs = 1_700_000_000_000;
const commit = 'a'.repeat(40);
const ci = 'webhook/ci/e2e';
const passed = { commit, check: 'e2e-tests', outcome: 'passed', by: ci, atMs: nowMs - 1_000, deliveryId: 'd1' };

/** An application that has heard these, one a second. */
function heard(...signals: unknown[]): ApplicationState {
  const state = startState({ v: 1, name: 'agents', spec: null });
  for (const [index, signal] of signals.entries()) noteReport(state, signal, nowMs + index * 1_000);
  return state;
}

const outcomes = (state: ApplicationState, of = commit): string[] =>
  reportsOn(state, { commit: of }).map(({ check, outcome }) => `${check} ${outcome}`);

test('a report is kept as it was said, without the id of its delivery', () => {
  const url = 'https://ci.example.com/runs/7?attempt=2#log';
  const { deliveryId: _, ...said } = { ...passed, url, reason: 'second run' };
  expect(reportsOn(heard({ ...said, deliveryId: 'd1', extra: {} }), { commit })).toEqual([said]);
  expect(outcomes(heard({ ...passed, commit: commit.toUpperCase() })), 'capitals').toEqual(['e2e-tests passed']);
  expect(outcomes(heard({ ...passed, commit: 'b'.repeat(64) }), 'b'.repeat(64)), 'SHA-256').toHaveLength(1);
});

describe('the newest word on a commit and check counts', () => {
  const failed = { ...passed, outcome: 'failed', atMs: nowMs, deliveryId: 'd2' };
  test.each([
    ['passed, then failed', [passed, failed], ['e2e-tests failed']],
    ['failed, then passed', [failed, { ...passed, atMs: nowMs + 500, deliveryId: 'd3' }], ['e2e-tests passed']],
    ['a delivery that is repeated after a newer one', [passed, failed, passed], ['e2e-tests failed']],
    [
      'the same second: what came last, and its predecessor is not brought back by repeating it',
      [passed, { ...failed, atMs: passed.atMs }, passed],
      ['e2e-tests failed'],
    ],
    ['an older one that was held up', [failed, { ...passed, deliveryId: 'd4' }], ['e2e-tests failed']],
    [
      'a person has the last word although the clock of CI is ahead',
      [failed, { commit, check: 'e2e-tests', outcome: 'passed', by: 'ann', atMs: nowMs - 60_000 }],
      ['e2e-tests passed'],
    ],
    [
      'a clock years ahead has not the last word for ever',
      [
        { ...passed, atMs: 9e15 },
        { ...failed, atMs: undefined },
      ],
      ['e2e-tests failed'],
    ],
    ['one id for two checks', [passed, { ...passed, check: 'load' }], ['e2e-tests passed', 'load passed']],
    ['another commit', [passed, { ...failed, commit: 'b'.repeat(40) }], ['e2e-tests passed']],
  ])('%s', (_name, signals, expected) => {
    expect(outcomes(heard(...signals))).toEqual(expected);
  });
});

describe('a signal cannot be refused: rubbish changes nothing', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'passed'],
    ['a list', [passed]],
    ['an empty object', {}],
    ['an abbreviated commit', { ...passed, commit: 'aaaaaaa' }],
    ['a commit that is no text', { ...passed, commit: { length: 40 } }],
    ['a commit with a line break', { ...passed, commit: `${commit}\n` }],
    ['no check', { ...passed, check: '' }],
    ['a check of control characters', { ...passed, check: '\u0000\u200b\n' }],
    ['another outcome', { ...passed, outcome: 'success' }],
    ['an outcome of a prototype', { ...passed, outcome: 'toString' }],
  ])('%s', (_name, signal) => {
    expect(heard(signal)).toEqual(heard());
  });

  test('whatever comes, the state stays JSON and bounded, and nothing is thrown', () => {
    const part = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.jsonValue({ maxDepth: 2 }));
    const signal = fc.record({
      commit: fc.constantFrom(commit, 'x', 7),
      check: part,
      outcome: fc.constant('passed'),
      url: part,
      reason: part,
      by: part,
      atMs: part,
      deliveryId: part,
    });
    fc.assert(
      fc.property(fc.array(signal, { maxLength: 10 }), (signals) => {
        const { reports = [], deliveries, log } = heard(...signals);
        for (const one of reports) {
          expect(JSON.stringify(one)).not.toMatch(/[\p{Cc}\u2028\u202e\u200b]/u);
          expect([...one.check].length).toBeLessThanOrEqual(100);
          expect([...one.by].length).toBeLessThanOrEqual(100);
          expect([...(one.reason ?? '')].length).toBeLessThanOrEqual(200);
          expect(one.atMs).toBeLessThanOrEqual(nowMs + 10_000);
        }
        expect(JSON.parse(JSON.stringify({ reports, deliveries, log }))).toEqual({ reports, deliveries, log });
      }),
      { numRuns: 300 },
    );
  });

  test('texts are made one line and shortened, and an address that is none is left out', () => {
    const [report] = reportsOn(
      heard({
        ...passed,
        check: '  e2e\n\ttests  ',
        by: `ann\u202e${'x'.repeat(1_000_000)}`,
        reason: '\u001b[31mred',
        url: 'javascript:alert(1)',
      }),
      { commit },
    );
    expect(report).toMatchObject({ check: 'e2e tests', reason: '[31mred' });
    expect(report?.by).toMatch(/^ann x+…$/);
    expect(report).not.toHaveProperty('url');
  });
});

describe('bounds', () => {
  const many = (count: number, change: (index: number) => object): object[] =>
    Array.from({ length: count }, (_, index) => ({ ...passed, deliveryId: `d${index}`, ...change(index) }));
  const commitOf = (index: number): string => index.toString(16).padStart(40, '0');

  test('the newest 200 stay', () => {
    const state = heard(...many(201, (index) => ({ commit: commitOf(index) })));
    expect(state.reports).toHaveLength(200);
    expect([outcomes(state, commitOf(0)), outcomes(state, commitOf(1))].map(({ length }) => length)).toEqual([0, 1]);
  });

  test('of one commit the newest 50: many checks of one do not push out the others', () => {
    const state = heard({ ...passed, commit: commitOf(7) }, ...many(300, (index) => ({ check: `check ${index}` })));
    expect(outcomes(state)).toHaveLength(50);
    expect(outcomes(state).at(-1)).toBe('check 299 passed');
    expect(outcomes(state, commitOf(7))).toHaveLength(1);
  });

  test('what is rolled out now is dropped last: a gate that has passed must not lose its report in a long soak', () => {
    const state = heard();
    const rollout = {
      mode: 'update' as const,
      namespace: 'n',
      name: 'agent',
      workflowId: 'w',
      rollout: 1,
      subject: '',
      templateDigest: '',
    };
    state.active = [{ ...rollout, commit, quarantineKey: '', by: 'git', supersededBy: null }];
    noteReport(state, passed, nowMs);
    for (const signal of many(400, (index) => ({ commit: commitOf(index) }))) noteReport(state, signal, nowMs);
    expect(outcomes(state)).toEqual(['e2e-tests passed']);
    expect(state.reports).toHaveLength(200);
  });
});

test("a person's report is in the log, CI's is not: thirty lines are for what people decide", () => {
  expect(heard(passed).log).toEqual([]);
  const { deliveryId: _, ...byPerson } = { ...passed, by: 'ann', reason: 'looked at it' };
  expect(heard(byPerson).log).toEqual([
    { atMs: nowMs, by: 'ann', what: 'reported e2e-tests as passed on aaaaaaa: looked at it' },
  ]);
});

test.each([undefined, null, 'x', {}, { commit: 7 }, { commit: 'main' }])(
  'the question %j has no answer',
  (question) => {
    expect(reportsOn(heard(passed), question)).toEqual([]);
  },
);
