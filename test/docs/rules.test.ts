import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { links, markdownFile, root, section } from './markdown.ts';

const page = markdownFile('docs/rollout.md');
const rows = section(page, 'Rules S1 to S47')
  .text.split('\n')
  .filter((line) => /^\| S\d+ \|/.test(line))
  .map((text) => ({ rule: /^\| (S\d+) \|/.exec(text)?.[1] ?? '', text }));

test('every rule S1 to S47 is in the table, once and in order', () => {
  expect(rows.map(({ rule }) => rule)).toEqual(Array.from({ length: 47 }, (_, index) => `S${index + 1}`));
});

test.each(rows)('$rule: every test that the table names exists and speaks of the rule', ({ rule, text }) => {
  const named = links({ path: page.path, text });
  for (const link of named) {
    const path = normalize(join(dirname(page.path), link));
    expect(existsSync(join(root, path)), path).toBe(true);
    expect(readFileSync(join(root, path), 'utf8'), `${path} does not speak of ${rule}`).toMatch(
      new RegExp(`\\b${rule}\\b`),
    );
  }
  // A rule without any test is one that Nodewave keeps differently, or not yet, and says so.
  if (named.length === 0) expect(text).toMatch(/\*\*(Differently|Not there yet):\*\*/);
});
