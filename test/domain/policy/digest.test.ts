import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../domain/application/defaults.ts';
import { policyFieldNames } from '../../../domain/policy/schema.ts';
import { planDigest } from '../../../domain/rollout/plan.ts';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';
import { gate } from '../gates/build.ts';

const digestOf = (policy: RolloutPolicy): string =>
  planDigest({
    commit: 'c',
    renderedDigest: 'r',
    from: 'a',
    to: 'b',
    rules: defaultPolicy().batches,
    maxUnavailable: '10%',
    policy,
  });

test.each(policyFieldNames)('an approval is for the resolved policy: %s counts', (field) => {
  const changed = { ...defaultPolicy(), [field]: 'changed' };
  expect(digestOf(changed)).not.toBe(digestOf(defaultPolicy()));
});

test('the same policy in another order of keys is the same plan', () => {
  const reversed = Object.fromEntries(Object.entries(defaultPolicy()).reverse()) as unknown as RolloutPolicy;
  expect(digestOf(reversed)).toBe(digestOf(defaultPolicy()));
});

test('a policy without gates has the digest that it had before there were any', () => {
  expect(digestOf(defaultPolicy())).toBe('fd53f9452272832c');
  expect(digestOf({ ...defaultPolicy(), gates: undefined })).toBe(digestOf(defaultPolicy()));
});

test('an approval is for every part of a gate, its kind and configuration included', () => {
  const digests = [
    gate(),
    gate({ config: { other: 1 } }),
    gate({ kind: 'pods' }),
    gate({ failureLimit: 2 }),
    gate({ onFailure: 'pause' }),
    gate({ batches: ['canary'] }),
  ].map((one) => digestOf({ ...defaultPolicy(), gates: [one] }));
  expect(new Set(digests).size).toBe(digests.length);
});
