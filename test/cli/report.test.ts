import { describe, expect, test } from 'vitest';
import type { Report } from '../../domain/wire.ts';
import { nowMs } from './fixtures.ts';
import { clientError, invoke } from './harness.ts';

const commit = 'A1'.repeat(20);
const passed = ['report', 'agents', '--commit', commit, '--check', 'e2e-tests', '--passed'];

function listening() {
  const told: [string, Report][] = [];
  return { told, client: { report: async (name: string, report: Report) => void told.push([name, report]) } };
}

test("a person's word goes to the application with who, when and why", async () => {
  const { told, client } = listening();
  const more = ['--url', 'https://ci.example.com/7', '--reason', 'looked at it', '--by', 'ann'];
  const { code, out } = await invoke([...passed, ...more], client);
  expect(code).toBe(0);
  expect(out).toContain(`application agents: e2e-tests has passed on ${commit.toLowerCase()}`);
  const said = { check: 'e2e-tests', outcome: 'passed', url: 'https://ci.example.com/7', reason: 'looked at it' };
  expect(told).toEqual([['agents', { commit: commit.toLowerCase(), ...said, by: 'ann', atMs: nowMs }]]);
});

test('failed, as JSON', async () => {
  const { told, client } = listening();
  const { json } = await invoke([...passed.slice(0, -1), '--failed', '-o', 'json'], client);
  expect(json()).toMatchObject({ accepted: true, application: 'agents', report: { outcome: 'failed', by: 'someone' } });
  expect(told[0]?.[1].outcome).toBe('failed');
});

describe('what cannot be meant is refused before anything is sent', () => {
  test.each([
    [passed.slice(0, -1), 'neither --passed nor --failed is given'],
    [[...passed, '--failed'], 'both --passed and --failed are given'],
    [passed.map((word) => (word === commit ? 'a1b2c3d' : word)), 'git rev-parse HEAD'],
    [passed.map((word) => (word === 'e2e-tests' ? ' e2e' : word)), 'Expected one line of at most 100 characters'],
    [[...passed, '--url', 'ftp://x'], '--url cannot be "ftp://x"'],
    [passed.filter((word) => word !== '--check' && word !== 'e2e-tests'), "required option '--check <name>'"],
    [['report', 'ds/agent', ...passed.slice(2)], 'is not the name of an application'],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await invoke(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(sentence);
  });
});

test('an application that does not exist is an error with the cure', async () => {
  const missing = clientError('notFound', 'there is no application "agents"', 'List them with "nodewave get".');
  const { code, err } = await invoke(passed, { report: async () => Promise.reject(missing) });
  expect(code).toBe(1);
  expect(err).toContain('there is no application "agents"');
  expect(err).toContain('nodewave get');
});
