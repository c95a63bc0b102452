import { expect, test } from 'vitest';
import { isAvailable, newestLivePod } from '../../../domain/cluster/availability.ts';
import { nowMs, pod } from '../rollout/build.ts';

test.each([
  ['Ready, nothing more asked for', {}, 0, undefined, true],
  ['not Ready', { ready: false }, 0, nowMs - 60_000, false],
  ['Ready and terminating', { terminatingUntilMs: nowMs + 1 }, 0, nowMs - 60_000, false],
  ['Ready for less than minReadySeconds', {}, 10, nowMs - 9_999, false],
  ['Ready for minReadySeconds exactly', {}, 10, nowMs - 10_000, true],
  // S24: the kubelet's own timestamp does not count, only what the observer has seen.
  ['Ready for long by the kubelet, just seen by us', { readySinceMs: nowMs - 900_000 }, 10, nowMs, false],
  ['never seen turning Ready', {}, 10, undefined, false],
] as const)('a pod that is %s (S24)', (_name, change, minReadySeconds, readySinceMs, expected) => {
  expect(isAvailable(pod('n1', 'new', change), minReadySeconds, readySinceMs, nowMs)).toBe(expected);
});

test('the newest pod that is not terminating is the one that counts (S14)', () => {
  const older = pod('n1', 'old', { createdMs: 1 });
  const newer = pod('n1', 'new', { createdMs: 2 });
  const leaving = pod('n1', 'third', { createdMs: 3, terminatingUntilMs: 4 });
  expect(newestLivePod([older, newer, leaving])).toBe(newer);
  expect(newestLivePod([newer, older])).toBe(newer);
  expect(newestLivePod([leaving])).toBeUndefined();
  expect(newestLivePod([])).toBeUndefined();
});
