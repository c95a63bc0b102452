import { expect, test } from 'vitest';
import { countBatches, figuresOf } from '../../../dev/demo/statistics.ts';
import { type RecordBook, runningFleet } from './record.ts';

const up: [string, string] = ['a:1', 'a:2'];
const span = (book: RecordBook, from: number) => ({ from, to: book.mark() });

test('a fleet that nobody touches has no figures', () => {
  const book = runningFleet(3, 'a:1');
  const from = book.mark();
  book.wait(5_000).template('a:1');
  expect(figuresOf(book.observations, span(book, from), 'a:1')).toEqual({
    batches: 0,
    nodesTouched: 0,
    mostNodesOut: 0,
    longestGapMs: 0,
  });
});

test('nodes that are out at the same time are counted together, gaps for each node alone', () => {
  const book = runningFleet(4, 'a:1');
  const from = book.mark();
  book.template('a:2').pod('p1', 'n1', 'a:1', 'leaving').wait(300).pod('p2', 'n2', 'a:1', 'leaving');
  book.wait(400).pod('q1', 'n1', 'a:2', 'available');
  book.wait(500).pod('q2', 'n2', 'a:2', 'available');
  book.replace('n3', 'p3', 'q3', up, 200);
  expect(figuresOf(book.observations, span(book, from), 'a:2')).toEqual({
    batches: 1,
    nodesTouched: 3,
    mostNodesOut: 2,
    longestGapMs: 900,
  });
});

test('a node that is never served again has been out until the last observation', () => {
  const book = runningFleet(2, 'a:1');
  const from = book.mark();
  book.pod('p1', 'n1', 'a:1', 'leaving').wait(7_000).template('a:1');
  expect(figuresOf(book.observations, span(book, from), 'a:2')).toMatchObject({ longestGapMs: 7_000, mostNodesOut: 1 });
});

test('a node counts as served while one of two pods is available, and not at all once it has left the cluster', () => {
  const book = runningFleet(2, 'a:1');
  const from = book.mark();
  book.pod('extra', 'n1', 'a:2', 'available').pod('p1', 'n1', 'a:1', 'leaving').wait(1_000);
  book.node('n2', 'zone-2', true).pod('p2', 'n2', 'a:1', 'leaving').wait(1_000).template('a:1');
  expect(figuresOf(book.observations, span(book, from), 'a:2')).toMatchObject({ mostNodesOut: 0, longestGapMs: 0 });
});

test('only the span counts: what happened before and after it does not', () => {
  const book = runningFleet(3, 'a:1');
  book.replace('n1', 'p1', 'q1', ['a:1', 'a:1'], 60_000);
  const from = book.mark();
  book.template('a:2').replace('n2', 'p2', 'q2', up, 100);
  const part = span(book, from);
  book.replace('n3', 'p3', 'q3', up, 90_000);
  expect(figuresOf(book.observations, part, 'a:2')).toMatchObject({ nodesTouched: 1, longestGapMs: 100 });
});

test('each window of the new template in which pods came from it is a batch', () => {
  const book = runningFleet(4, 'a:1');
  const from = book.mark();
  book.template('a:2').replace('n1', 'p1', 'q1', up, 100).template('a:1').wait(2_000);
  book.template('a:2').wait(50).template('a:1').wait(2_000);
  book.template('a:2').template('a:2').replace('n2', 'p2', 'q2', up, 100).replace('n3', 'p3', 'q3', up, 100);
  expect(countBatches(book.observations, span(book, from), 'a:2'), 'the empty window is none').toBe(2);
});

test('a pod that is seen only after its window was closed belongs to that window', () => {
  const book = runningFleet(1, 'a:1');
  const from = book.mark();
  book.template('a:2').pod('p1', 'n1', 'a:1', 'leaving').template('a:1').pod('q1', 'n1', 'a:2', 'starting');
  expect(countBatches(book.observations, span(book, from), 'a:2')).toBe(1);
});

test('a batch that a pause interrupted is one batch; a pause between two batches joins nothing', () => {
  const book = runningFleet(4, 'a:1');
  const from = book.mark();
  book.template('a:2').replace('n1', 'p1', 'q1', up, 100);
  const inside = { fromMs: book.nowMs, toMs: book.nowMs + 3_000 };
  book.wait(1_000).template('a:1').wait(2_000);
  book.template('a:2').replace('n2', 'p2', 'q2', up, 100).template('a:1').wait(500);
  const between = { fromMs: book.nowMs, toMs: book.nowMs + 3_000 };
  book.wait(3_000).template('a:2').replace('n3', 'p3', 'q3', up, 100);
  const all = span(book, from);
  expect(countBatches(book.observations, all, 'a:2')).toBe(3);
  expect(countBatches(book.observations, all, 'a:2', [inside, between])).toBe(2);
  expect(countBatches(book.observations, all, 'a:2', [between])).toBe(3);
});

test('what a rollback does is no batch', () => {
  const book = runningFleet(2, 'a:1');
  const from = book.mark();
  book.template('a:2').replace('n1', 'p1', 'q1', up, 100).template('a:1');
  book.replace('n1', 'q1', 'r1', ['a:2', 'a:1'], 100);
  expect(figuresOf(book.observations, span(book, from), 'a:2')).toMatchObject({ batches: 1, nodesTouched: 1 });
});
