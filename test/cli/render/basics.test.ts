import { describe, expect, test } from 'vitest';
import { errorLines } from '../../../cli/render/error.ts';
import { columns, table } from '../../../cli/render/table.ts';
import { count, plain, sections, shellWord } from '../../../cli/render/text.ts';
import { age, timeOfDay } from '../../../cli/render/time.ts';

describe('text of others is made safe for a terminal', () => {
  test.each([
    ['two\nlines\tand  spaces', 'two lines and spaces'],
    ['\u001b[31mred\u001b[0m', '[31mred[0m'],
    ['right\u202eleft', 'rightleft'],
    ['ring\u0007', 'ring'],
    ['  padded ', 'padded'],
  ])('%j', (text, expected) => {
    expect(plain(text)).toBe(expected);
  });
});

test.each([
  [0, '0s'],
  [35_400, '35s'],
  [60_000, '1m'],
  [200_000, '3m20s'],
  [3_600_000, '1h'],
  [3_605_000, '1h'],
  [2 * 86_400_000 + 4 * 3_600_000 + 59_000, '2d4h'],
  [-5_000, '0s'],
])('%d ms ago is %s', (ms, expected) => {
  expect(age(1_000_000_000 - ms, 1_000_000_000)).toBe(expected);
});

test('time of day is UTC', () => {
  expect(timeOfDay(Date.UTC(2026, 0, 31, 8, 5, 3))).toBe('08:05:03Z');
});

test.each([
  ['monitoring/log-agent', 'monitoring/log-agent'],
  ['two words', "'two words'"],
  ["it's", "'it'\\''s'"],
  ['', "''"],
  ['$(rm)', "'$(rm)'"],
])('%j as one shell word', (text, expected) => {
  expect(shellWord(text)).toBe(expected);
});

test('counts agree with their noun', () => {
  expect([count(1, 'node'), count(0, 'node'), count(2, 'policy', 'policies')]).toEqual([
    '1 node',
    '0 nodes',
    '2 policies',
  ]);
});

test('columns are as wide as their widest cell and end without blanks', () => {
  expect(
    table(
      ['A', 'LONG HEAD', 'C'],
      [
        ['wide cell', 'x', ''],
        ['y', 'ö', 'z'],
      ],
    ),
  ).toEqual(['A          LONG HEAD  C', 'wide cell  x', 'y          ö          z']);
});

test('a line break in a cell cannot break a table', () => {
  expect(columns([['a\nb', 'c']])).toEqual(['a b  c']);
});

test('sections have one empty line between them, none for what is empty', () => {
  expect(sections(['a'], [], ['b', 'c'])).toEqual(['a', '', 'b', 'c']);
});

test('an error is one line of what and one of what to do; listed places keep their lines', () => {
  expect(errorLines({ kind: 'refused', message: 'no', cure: 'Do this.' })).toEqual(['error: no', 'Do this.']);
  expect(errorLines({ kind: 'invalid', message: 'nothing was applied\na.yaml:3: x\nb.yaml:4: y', cure: '' })).toEqual([
    'error: nothing was applied',
    'a.yaml:3: x',
    'b.yaml:4: y',
  ]);
});
