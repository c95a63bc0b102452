import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../domain/application/defaults.ts';
import { rolloutCost } from '../../../domain/diff/cost.ts';
import { anywhere, node } from '../rollout/build.ts';

const zone = (of: string, pool = 'std') => ({
  labels: { 'topology.kubernetes.io/zone': of, 'node.kubernetes.io/pool': pool },
});
const nodes = [node('a', zone('z1')), node('b', zone('z1', 'gpu')), node('c', zone('z2')), node('d', zone('z2'))];
const policy = { ...defaultPolicy(), readyWithinMs: 60_000 };
const plan = {
  budget: 2,
  batches: [
    { name: 'canary', nodes: '1', goal: 1, soakMs: 100_000, approval: 'after' as const },
    { name: 'rest', nodes: '100%', goal: 4, soakMs: 0 },
  ],
};
const input = { policy, plan, nodes, scheduling: anywhere, minReadyMs: 5_000, startsMs: [1_000, 2_000, 3_000, 9_000] };

test('pods are counted by zone and pool, without nodes that a rollout leaves alone', () => {
  const exclude = { names: ['d'] };
  expect(rolloutCost({ ...input, policy: { ...policy, exclude } })).toMatchObject({
    pods: 3,
    zones: { z1: 2, z2: 1 },
    pools: { std: 2, gpu: 1 },
    approvals: 1,
  });
});

test('a batch takes as many rounds as its nodes fill the budget, and its soak', () => {
  // A node takes 9 s and 5 s of minReadySeconds; one round, a soak of 100 s, two rounds.
  expect(rolloutCost(input)).toMatchObject({ basis: 'measured', nodeMs: 14_000, expectedMs: 142_000 });
});

test('without pods to measure a node takes what the policy allows', () => {
  expect(rolloutCost({ ...input, startsMs: [1_000] })).toMatchObject({ basis: 'policy', nodeMs: 65_000 });
});

test('pods that were ready within the second of their creation still take one', () => {
  expect(rolloutCost({ ...input, startsMs: [0, 0, 0] })).toMatchObject({ basis: 'measured', nodeMs: 6_000 });
});

test('a limit of pods per minute stretches it', () => {
  const slow = rolloutCost({ ...input, policy: { ...policy, podsPerMinute: 1 } });
  expect(slow.expectedMs).toBe(60_000 + 100_000 + 180_000);
});
