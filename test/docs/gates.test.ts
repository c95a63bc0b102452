import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { defaultPolicy } from '../../domain/application/defaults.ts';
import { readSchema } from '../../domain/application/parse-mapping.ts';
import { formatDuration } from '../../domain/duration.ts';
import { gateDocument, scheduleFields } from '../../domain/gates/parse.ts';
import { describeGate, gateKinds } from '../../domain/gates/registry.ts';
import { scheduleDefaults } from '../../domain/gates/schedule.ts';
import { effectivePolicy } from '../../domain/policy/resolve.ts';
import { policyFields } from '../../domain/policy/schema.ts';
import { nodeNotReadyGraceMs } from '../../domain/rollout/judge-batch.ts';
import { codeBlocks, markdownFile, section, tableRows } from './markdown.ts';

const page = markdownFile('docs/gates.md');
const bare = (cell = ''): string => cell.replaceAll('`', '');
const examples = codeBlocks(page).filter(({ language }) => language === 'yaml');
const kinds = section(page, 'Kinds')
  .text.split(/^### /m)
  .slice(1)
  .map((text) => ({ name: text.split('\n')[0] ?? '', text }));

test.each(examples)(
  'the example on line $line is read, and what is printed of it is read back to the same',
  ({ text }) => {
    const read = readSchema(policyFields, parse(text, { version: '1.1' }));
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    const { gates = [] } = read.value;
    expect(gates.length).toBeGreaterThan(0);
    const again = readSchema(policyFields, { gates: gates.map(gateDocument) });
    expect('value' in again ? again.value.gates : again.problems).toEqual(gates);
    // As a workflow gets it.
    expect(JSON.parse(JSON.stringify(gates))).toEqual(gates);
    for (const gate of gates) expect(describeGate(gate)).toMatch(/^.{10,300}$/);
  },
);

test('every kind has its section with an example of it, and no section is of another one', () => {
  expect(kinds.map(({ name }) => name).sort()).toEqual([...gateKinds.keys()].sort());
  for (const { name, text } of kinds) {
    const given = codeBlocks({ path: page.path, text }).map((block) => parse(block.text) as { gates: object[] });
    expect(
      given.flatMap(({ gates }) => gates).some((gate) => name in gate),
      name,
    ).toBe(true);
  }
});

test('every field of the schedule has its row and default, and no row is of another one', () => {
  const [schedule = []] = [tableRows(section(page, 'Schedule')).filter(([, type = '']) => type !== 'values')];
  const rows = schedule.map(([field, , standard]) => [bare(field), bare(standard)] as const);
  const names = Object.keys(scheduleFields);
  const told = rows.slice(1, 1 + names.length);
  expect(told.map(([field]) => field)).toEqual(names);
  const { intervalMs, initialDelayMs, ...limits } = scheduleDefaults;
  const standards = { ...limits, interval: formatDuration(intervalMs), initialDelay: formatDuration(initialDelayMs) };
  expect(Object.fromEntries(told.filter(([, standard]) => standard !== 'none'))).toEqual(
    Object.fromEntries(Object.entries(standards).map(([field, standard]) => [field, `${standard}`])),
  );
});

test('S21, S22, S23: who configures nothing is protected as the page says', () => {
  const rows = tableRows(section(page, 'Without any configuration')).map(([what, standard]) => [
    bare(what),
    bare(standard),
  ]);
  const policy = effectivePolicy(defaultPolicy(), null);
  const [canary, ...later] = policy.batches;
  expect(Object.fromEntries(rows.slice(1))).toEqual({
    canary: `${canary?.nodes} node`,
    'soak of the canary': formatDuration(canary?.soakMs ?? 0),
    'a new pod must be available within': formatDuration(policy.readyWithinMs),
    'restarts of a new pod that are accepted': `${policy.maxRestarts}`,
    'nodes of a batch that may fail': `${policy.failureBudget}`,
    'nodes that may be out at once': `${policy.maxUnavailable}`,
    'no node arrives for': formatDuration(policy.progressDeadlineMs ?? 0),
    'a touched node turns NotReady for': formatDuration(nodeNotReadyGraceMs),
    'on failure': policy.onFailure,
  });
  // The canary is proven before anything else moves.
  expect([canary?.nodes, (canary?.soakMs ?? 0) > 0, later.length > 0]).toEqual([1, true, true]);
});
