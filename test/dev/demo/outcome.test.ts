import { expect, test } from 'vitest';
import { whoDeleted } from '../../../dev/demo/audit.ts';
import { killedOf } from '../../../dev/demo/kill-worker.ts';
import { outcomeOf } from '../../../dev/demo/outcome.ts';
import { RecordBook, runningFleet } from './record.ts';

const byKubectl = { strategy: 'RollingUpdate', application: null };
const judge = (book: RecordBook, from: number, image: string) =>
  outcomeOf(book.observations, { from, to: book.mark() }, image);

test('adopted: the same pods on every node, OnDelete, and an application that manages it', () => {
  const book = runningFleet(2, 'a:1', byKubectl);
  const from = book.mark();
  book.template('a:1');
  expect(judge(book, from, 'a:1')).toBe('adopted');
});

test.each([
  ['a pod was replaced', (book: RecordBook) => book.template('a:1').replace('n1', 'p1', 'q1', ['a:1', 'a:1'], 1)],
  ['the strategy stayed', (book: RecordBook) => book.template('a:1', { strategy: 'RollingUpdate' })],
  ['no application manages it', (book: RecordBook) => book.template('a:1', { application: null })],
])('not adopted: %s', (_why, change) => {
  const book = runningFleet(2, 'a:1', byKubectl);
  const from = book.mark();
  change(book);
  expect(judge(book, from, 'a:1')).toBe('failed');
});

test('installed: every node has it, and there was nothing before', () => {
  const book = new RecordBook().node('n1').node('n2');
  const from = book.mark();
  book.template('a:1').pod('p1', 'n1', 'a:1', 'available');
  expect(judge(book, from, 'a:1'), 'one node is missing').toBe('failed');
  book.pod('p2', 'n2', 'a:1', 'available');
  expect(judge(book, from, 'a:1')).toBe('installed');
});

test('succeeded: every node has it and it is the live template', () => {
  const book = runningFleet(2, 'a:1');
  const from = book.mark();
  book.template('a:2').replace('n1', 'p1', 'q1', ['a:1', 'a:2'], 1);
  expect(judge(book, from, 'a:2'), 'one node is on the old version').toBe('failed');
  book.replace('n2', 'p2', 'q2', ['a:1', 'a:2'], 1);
  expect(judge(book, from, 'a:2')).toBe('succeeded');
  book.template('a:1');
  expect(judge(book, from, 'a:2'), 'a new node would get the old version').toBe('failed');
});

test('rolled back: it was tried, and every node has the old version, which is the live template', () => {
  const book = runningFleet(2, 'a:1');
  const from = book.mark();
  expect(judge(book, from, 'a:2'), 'never tried').toBe('failed');
  book.template('a:2').pod('p1', 'n1', 'a:1', 'leaving').pod('q1', 'n1', 'a:2', 'starting').template('a:1');
  expect(judge(book, from, 'a:2'), 'the canary is still on it').toBe('failed');
  book.pod('q1', 'n1', 'a:2', 'leaving').pod('r1', 'n1', 'a:1', 'available');
  expect(judge(book, from, 'a:2')).toBe('rolledBack');
});

test('a kill counts what was known when the worker was dead, and nothing later', () => {
  const book = runningFleet(1, 'a:1');
  expect(killedOf(book.observations, 'n1', 0)).toEqual({ podDeleted: false, successorAvailable: false });
  book.replace('n1', 'p1', 'q1', ['a:1', 'a:2'], 900);
  expect(killedOf(book.observations, 'n1', 100)).toEqual({ podDeleted: true, successorAvailable: false });
  expect(killedOf(book.observations, 'n1', 900)).toEqual({ podDeleted: true, successorAvailable: true });
});

test('the audit log names who deleted a pod: the first DELETE that was carried out', () => {
  const entry = (username: string, name: string, code: number, verb = 'delete') =>
    JSON.stringify({ verb, user: { username }, objectRef: { resource: 'pods', name }, responseStatus: { code } });
  const log = [
    entry('ann', 'agent-2', 200),
    entry('late', 'agent-1', 409),
    entry('reader', 'agent-1', 200, 'get'),
    entry('nodewave', 'agent-1', 200),
    entry('kubelet', 'agent-1', 200),
    entry('half', 'agent-3', 200).slice(0, 60),
  ].join('\n');
  expect(whoDeleted(log, 'agent-1')).toBe('nodewave');
  expect(whoDeleted(log, 'agent-3')).toBeNull();
});
