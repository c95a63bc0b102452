import { expect, test } from 'vitest';
import { compareHolders, mayHold } from '../../domain/fence.ts';

const holder = (rollout: number, epoch: number, attempt: number) => ({ rollout, epoch, attempt });

test.each([
  [holder(2, 1, 1), holder(1, 99, 99), 'a later rollout beats every activity of an older one'],
  [holder(1, 2, 1), holder(1, 1, 99), 'a later activity beats every attempt of an older one'],
  [holder(1, 1, 2), holder(1, 1, 1), 'a later attempt beats an older one'],
])('%j beats %j: %s', (newer, older) => {
  expect(compareHolders(newer, older)).toBeGreaterThan(0);
  expect(compareHolders(older, newer)).toBeLessThan(0);
  expect(mayHold(newer, older)).toBe(true);
  expect(mayHold(older, newer)).toBe(false);
});

test('an attempt keeps what it holds, and takes what nobody holds', () => {
  expect(mayHold(holder(1, 1, 1), holder(1, 1, 1))).toBe(true);
  expect(mayHold(holder(0, 0, 0), null)).toBe(true);
});

test('rollouts that start in the same millisecond of this century are told apart by nothing else', () => {
  const startMs = 1_900_000_000_000;
  expect(compareHolders(holder(startMs + 1, 1, 1), holder(startMs, 5_000, 7))).toBe(1);
});
