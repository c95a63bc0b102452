import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../../domain/application/defaults.ts';
import { describeError } from '../../../domain/document-error.ts';
import { askedAfter, gateBatchErrors } from '../../../domain/policy/gate-batches.ts';
import type { ResolvedPolicy } from '../../../domain/policy/source.ts';
import { gate } from '../gates/build.ts';

const policy = (batches: string[] | undefined, rules: string[]): ResolvedPolicy['policy'] => ({
  ...defaultPolicy(),
  batches: rules.map((name, index) => ({ name, nodes: index + 1, soakMs: 0 })),
  gates: [gate({ name: 'first' }), gate({ name: 'smoke', batches })],
});

describe('a gate for a batch that the DaemonSet does not have', () => {
  const sources = {
    gates: { kind: 'NodeApplication', name: 'agents', field: 'spec.rollout.gates', file: 'app.yaml', line: 9 },
  };
  const errors = (found: ResolvedPolicy['policy'], from: object = sources): string[] =>
    gateBatchErrors({ policy: found, sources: from as ResolvedPolicy['sources'] }, 'monitoring/agent').map(
      describeError,
    );

  test('is an error where the gate is written, although the batches may come from elsewhere', () => {
    expect(errors(policy(['canry'], ['canary', 'half']))).toEqual([
      'app.yaml:9: spec.rollout.gates: gate smoke: there is no batch "canry"; did you mean canary? (batches of monitoring/agent)',
    ]);
    expect(errors(policy(['x'], ['canary']), { gates: { kind: 'NodeApplication', name: 'agents' } })).toEqual([
      'agents:1: gate smoke: there is no batch "x"; expected one of canary, rest (batches of monitoring/agent)',
    ]);
  });

  test('the batch that Nodewave adds may be named, and no gates are no error', () => {
    expect(errors(policy(['canary', 'rest'], ['canary']))).toEqual([]);
    expect(errors({ ...policy(undefined, ['canary']), gates: undefined })).toEqual([]);
  });
});

test.each([
  [undefined, false, 'every batch'],
  [undefined, true, 'every batch but the last'],
  [['canary'], true, 'canary'],
  [['canary', 'rest'], true, 'canary'],
  [['canary', 'half'], false, 'canary, half'],
  [['rest'], true, 'none: after the last batch nothing is left to compare with'],
])('S26: a gate of %j (compares: %s) is asked after %s', (batches, compares, expected) => {
  expect(askedAfter(gate({ batches }), policy(undefined, ['canary', 'half']), compares)).toBe(expected);
});
