import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../../dev/demo/arguments.ts';
import { differencesOf } from '../../../dev/demo/expectations.ts';
import { type DemoResult, resultJson, type VersionResult } from '../../../dev/demo/result.ts';
import { summaryOf } from '../../../dev/demo/summary.ts';

const version = (changes: Partial<VersionResult> & Pick<VersionResult, 'version'>): VersionResult => ({
  commit: `${changes.version}234567890abcdef`,
  outcome: 'succeeded',
  cause: null,
  batches: 3,
  nodesTouched: 60,
  mostNodesOut: 6,
  budget: 6,
  longestGapMs: 1_499,
  ...changes,
});

const good: DemoResult = {
  versions: [
    version({ version: '1', outcome: 'adopted', batches: 0, nodesTouched: 0, mostNodesOut: 0, longestGapMs: 0 }),
    version({ version: '2' }),
    version({
      version: '3',
      outcome: 'rolledBack',
      cause: 'CrashLoopBackOff on node node-0001',
      batches: 1,
      nodesTouched: 3,
      mostNodesOut: 3,
    }),
    version({ version: '4' }),
  ],
  killed: { podDeleted: true, successorAvailable: false },
  pushToFirstDeleteMs: 900,
  seconds: 75.4,
};

/** The good result with one version changed. */
const changed = (number: VersionResult['version'], changes: Partial<VersionResult>): DemoResult => ({
  ...good,
  versions: good.versions.map((one) => (one.version === number ? { ...one, ...changes } : one)),
});

describe('expectations', () => {
  test('a good run differs in nothing', () => {
    expect(differencesOf(good)).toEqual([]);
  });

  test.each<[string, DemoResult, string]>([
    ['an outcome', changed('2', { outcome: 'failed' }), 'version 2: outcome is failed, expected succeeded'],
    ['the budget', changed('4', { mostNodesOut: 7 }), 'version 4: 7 nodes were out at once, the budget is 6'],
    ['batches', changed('2', { batches: 2 }), 'version 2: batches is 2, expected 3'],
    ['the cause', changed('3', { cause: null }), 'version 3: cause is missing, expected one with CrashLoopBackOff'],
    ['no cause', changed('4', { cause: 'odd' }), 'version 4: cause is odd, expected none'],
    ['a gap', changed('1', { longestGapMs: 20 }), 'version 1: a node was without its agent for 20 ms, expected never'],
    ['the kill', { ...good, killed: null }, 'the worker was not killed'],
    [
      'the moment of the kill',
      { ...good, killed: { podDeleted: true, successorAvailable: true } },
      'the successor was available before the worker was dead',
    ],
    [
      'the speed',
      { ...good, pushToFirstDeleteMs: 3_001 },
      'the first pod was deleted 3001 ms after the push, expected at most 3000',
    ],
  ])('%s', (_what, result, sentence) => {
    expect(differencesOf(result)).toEqual([sentence]);
  });

  test('a run that broke off lacks the rest', () => {
    const broken = { ...good, versions: good.versions.slice(0, 2), pushToFirstDeleteMs: null };
    expect(differencesOf(broken)).toEqual(['version 3 was not delivered', 'version 4 was not delivered']);
  });
});

test('the JSON line has exactly the published fields, in their order', () => {
  const [first] = good.versions;
  expect(resultJson({ ...good, versions: first === undefined ? [] : [first] })).toBe(
    '{"versions":[{"version":"1","outcome":"adopted","cause":null,"batches":0,"nodesTouched":0,"mostNodesOut":0,"budget":6,"longestGapMs":0}],"killed":{"podDeleted":true,"successorAvailable":false},"pushToFirstDeleteMs":900,"seconds":75}',
  );
});

test('the table has a row per version under its columns', () => {
  const lines = summaryOf(good).split('\n');
  expect(lines[0]).toBe(
    'version  commit    outcome     batches  nodes touched  longest without agent  most out at once',
  );
  expect(lines[2]).toBe('1        12345678  adopted     0        0              -                      0 of 6 allowed');
  expect(lines[4]).toBe('3        32345678  rolledBack  1        3              1.5 s                  3 of 6 allowed');
  expect(lines.at(-1)).toBe('From push to the first pod deleted: 900 ms. Whole demo: 75 s.');
});

test('arguments', () => {
  expect(parseArguments([])).toEqual({ keep: false, json: false });
  expect(parseArguments(['--json', '--keep'])).toEqual({ keep: true, json: true });
  expect(parseArguments(['--josn'])).toContain('unknown argument --josn');
});
