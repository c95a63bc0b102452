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

test("after Temporal's Reset the new run fences the old one out, though it counts its activities from the start", () => {
  const old = { ...holder(1, 9, 1), runId: 'a', scheduledMs: 1_000 };
  const reset = { ...holder(1, 1, 1), runId: 'b', scheduledMs: 2_000 };
  expect(mayHold(reset, old)).toBe(true);
  expect(mayHold(old, reset)).toBe(false);
  expect(mayHold({ ...old, epoch: 10, scheduledMs: 500 }, old)).toBe(true);
  // Continue-as-new counts on, and schedules later as well; a record of before runs were told goes by the count.
  expect(mayHold({ ...holder(1, 10, 1), runId: 'c', scheduledMs: 3_000 }, old)).toBe(true);
  expect(mayHold(reset, holder(1, 9, 1))).toBe(false);
  // A later rollout wins whatever its run.
  expect(mayHold({ ...holder(2, 1, 1), runId: 'd', scheduledMs: 0 }, old)).toBe(true);
});

test('an attempt keeps what it holds, and takes what nobody holds', () => {
  expect(mayHold(holder(1, 1, 1), holder(1, 1, 1))).toBe(true);
  expect(mayHold(holder(0, 0, 0), null)).toBe(true);
});

test('rollouts that start in the same millisecond of this century are told apart by nothing else', () => {
  const startMs = 1_900_000_000_000;
  expect(compareHolders(holder(startMs + 1, 1, 1), holder(startMs, 5_000, 7))).toBe(1);
});
