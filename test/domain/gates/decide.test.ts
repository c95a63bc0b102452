import { describe, expect, test } from 'vitest';
import { decideGates, gateReports, type MeasuredGate } from '../../../domain/gates/decide.ts';
import { gatesOfBatch } from '../../../domain/gates/of-batch.ts';
import type { GateSpec, Measurement } from '../../../domain/gates/types.ts';
import { gate, tallyOf } from './build.ts';

const at = (name: string, letters: string | Measurement[], given: Partial<GateSpec> = {}): MeasuredGate => {
  const spec = gate({ name, ...given });
  return { spec, tally: tallyOf(spec, letters) };
};
const passed = at('passed', 'sss');
const waiting = at('waiting', 's');
const dark = at('dark', 'iii');
const dumb = at('dumb', 'eee');
const bad = at('bad', 'ff');

describe('gates together', () => {
  test.each([
    [[], 'passed', null, []],
    [[passed], 'passed', null, ['passed']],
    [[passed, waiting], 'waiting', null, ['waiting']],
    [[passed, waiting, dark], 'inconclusive', 'pause', ['dark']],
    [[passed, waiting, dark, bad], 'failed', 'rollback', ['bad']],
    [[bad, dumb], 'failed', 'rollback', ['bad']],
  ] as const)('%#: the worst one decides', (gates, state, action, names) => {
    expect(decideGates(gates, 'rollback', 0)).toMatchObject({ state, action, gates: names });
  });

  test('a failed gate does what it says itself, else what the policy says', () => {
    const pausing = at('a', 'ff', { onFailure: 'pause' });
    const rolling = at('b', 'ff', { onFailure: 'rollback' });
    expect(decideGates([pausing], 'rollback', 0).action).toBe('pause');
    expect(decideGates([rolling], 'pause', 0).action).toBe('rollback');
    expect(decideGates([bad], 'pause', 0).action).toBe('pause');
    expect(decideGates([pausing, rolling], 'pause', 0)).toMatchObject({ action: 'rollback', gates: ['a', 'b'] });
  });

  test('an inconclusive gate does what it says itself, whatever the policy does with failures', () => {
    expect(decideGates([dark], 'rollback', 0)).toMatchObject({ action: 'pause', unreachable: false });
    const strict = at('strict', 'iii', { onInconclusive: 'rollback' });
    expect(decideGates([strict], 'pause', 0).action).toBe('rollback');
  });

  test('S34: a gate that could not be asked pauses and never rolls back: infrastructure is not the release', () => {
    const strict = at('strict', 'eee', { onInconclusive: 'rollback', onFailure: 'rollback' });
    expect(decideGates([strict], 'rollback', 0)).toMatchObject({
      state: 'inconclusive',
      action: 'pause',
      unreachable: true,
    });
    expect(decideGates([strict, dark], 'rollback', 0)).toMatchObject({ action: 'pause', unreachable: false });
  });

  test('the sentence names the gate, its numbers and the others', () => {
    expect(decideGates([], 'pause', 0).sentence).toBe('There are no gates');
    expect(decideGates([passed, at('b', 'sss')], 'pause', 0).sentence).toBe('All 2 gates have passed');
    expect(decideGates([waiting], 'pause', 0).sentence).toBe(
      'Gate waiting waits: 1 of 3 successful measurements; last: was a success',
    );
    const five = ['b', 'c', 'd', 'e'].map((name) => at(name, 'ff'));
    expect(decideGates([bad, ...five], 'pause', 0).sentence).toBe(
      'Gate bad has failed: 2 failed measurements, 1 is accepted: was a failure; so are b, c, d and 1 more',
    );
    expect(decideGates([dark, bad], 'pause', 0).sentence).not.toContain('dark');
  });

  test('the nodes that failed gates blame are named once, those of other gates not at all', () => {
    const blaming = (name: string, nodes: string[], times: number) =>
      at(
        name,
        Array.from({ length: times }, () => ({ outcome: 'failure', sentence: 'x', nodes })),
      );
    const gates = [blaming('a', ['n1', 'n2'], 2), blaming('b', ['n2', 'n3'], 2), blaming('c', ['n4'], 1)];
    expect(decideGates(gates, 'pause', 0).nodes).toEqual(['n1', 'n2', 'n3']);
  });
});

describe('reports', () => {
  test('say each gate, its kind, state and sentence', () => {
    expect(gateReports([passed, dumb], 0)).toEqual([
      { name: 'passed', kind: 'job', state: 'passed', sentence: '3 successful measurements; last: was a success' },
      {
        name: 'dumb',
        kind: 'job',
        state: 'inconclusive',
        sentence: 'could not be asked 3 times in a row: was a error',
        unreachable: true,
      },
    ]);
  });

  test('are bounded whatever is measured, and keep the gate that failed', () => {
    const nodes = Array.from({ length: 500 }, (_, index) => `node-${index}`);
    const failure = { outcome: 'failure', sentence: `a\n${'x'.repeat(5_000)}`, nodes } as const;
    const many = [...Array.from({ length: 30 }, (_, index) => at(`g${index}`, 'sss')), at('last', [failure, failure])];
    const reports = gateReports(many, 0);
    expect(reports).toHaveLength(20);
    expect(reports.at(-1)).toMatchObject({ name: 'last', state: 'failed', nodes: nodes.slice(0, 10) });
    expect(reports.at(-1)?.sentence).toMatch(/^2 failed measurements, 1 is accepted: a x+…$/);
    expect(Math.max(...reports.map(({ sentence }) => sentence.length))).toBeLessThanOrEqual(300);
    const { sentence } = decideGates([...many, at('other', 'ff')], 'pause', 0);
    expect(sentence).toMatch(/; so is other$/);
    expect(sentence.length).toBeLessThanOrEqual(300);
  });
});

test('a gate that names batches counts only in those', () => {
  const all = gate({ name: 'all' });
  const canary = gate({ name: 'canary-only', batches: ['canary'] });
  const names = (name: string, last = false) => gatesOfBatch([all, canary], { name, last }).map((one) => one.name);
  expect(names('canary')).toEqual(['all', 'canary-only']);
  expect(names('batch 2')).toEqual(['all']);
  expect(names('batch 3', true)).toEqual(['all']);
  expect(gatesOfBatch(undefined, { name: 'canary', last: false })).toEqual([]);
});
