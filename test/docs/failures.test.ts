import { expect, test } from 'vitest';
import { failuresPage } from '../../dev/docs/failures.ts';
import { rules } from '../../domain/diagnosis/registry.ts';
import { unknownCause } from '../../domain/diagnosis/unknown.ts';
import { markdownFile, section, tableRows } from './markdown.ts';

const page = markdownFile('docs/failures.md');
const bare = (cell: string): string => cell.replaceAll('`', '');
const causes = tableRows(section(page, 'Causes')).filter(([cell = '']) => cell.startsWith('`'));
const named = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '');

test('every cause of the code has its row, and there is no other', () => {
  const known = [...rules.map(({ cause }) => cause), unknownCause].sort();
  expect(causes.map(([cause = '']) => bare(cause)).sort()).toEqual(known);
});

test('every row says how it shows, what it means and what to do, and how sure it can be', () => {
  const best = new Map<string, string>(rules.map((rule) => [rule.cause, rule.best]));
  for (const [cause = '', shows, means, todo, sure] of causes) {
    for (const cell of [shows, means, todo]) expect(cell?.length ?? 0, cause).toBeGreaterThan(10);
    expect(sure, cause).toBe(best.get(bare(cause)) ?? 'low');
  }
});

test('the page is the one that is generated: node dev/run.mjs dev/docs/failures.ts writes it', () => {
  expect(page.text).toBe(failuresPage());
});

test('every cause of a red gate leads to causes that exist', () => {
  const rows = tableRows(section(page, 'From the gate that stopped to the cause')).filter(([cell = '']) =>
    cell.startsWith('`'),
  );
  const gates = tableRows(section(markdownFile('docs/rollout.md'), 'Gates')).flatMap(([cell = '']) => named(cell));
  const known = new Set(rules.map(({ cause }) => cause));
  for (const [gate = '', usual = ''] of rows) {
    expect(named(gate).filter((name) => !gates.includes(name))).toEqual([]);
    expect(named(usual).filter((name) => !known.has(name))).toEqual([]);
  }
  // Of these there is nothing to look at on a node, or the finding says it all.
  const own = ['NoProgress', 'RollbackTooSlow', 'HookFailed', 'DisruptionBudget'];
  const told = rows.flatMap(([gate = '']) => named(gate));
  expect(gates.filter((gate) => /^[A-Z]/.test(gate) && !own.includes(gate) && !told.includes(gate))).toEqual([]);
});
