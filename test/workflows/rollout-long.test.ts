import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LongRollout, type LongRollouts, startLongRollouts } from './rollout/long-rollout.ts';

const by = 'ann';
const plan = 'ab12cd34';

let rollouts: LongRollouts;

beforeAll(async () => {
  // A tenth of what Temporal suggests by itself, so that a rollout of 100 batches goes on as new several times.
  rollouts = await startLongRollouts(400);
}, 180_000);

afterAll(async () => {
  await rollouts?.stop();
});

const runIdOf = async ({ handle }: LongRollout): Promise<string> => (await handle.describe()).runId;

test('S47: 5,000 nodes in 100 batches with soaks and two approvals stay under 2,500 events', async () => {
  const rollout = await rollouts.start('many', { batches: 100, approvals: { 0: 'before', 49: 'after' } });
  await rollout.until('the first question', ({ phase }) => phase === 'awaitingApprovalBefore');
  await rollout.handle.executeUpdate('approve', { args: [{ by, plan, reason: 'go' }] });
  const half = await rollout.until('the second question', ({ phase }) => phase === 'awaitingApprovalAfter');
  // What was seen before continue-as-new is still told after it.
  expect(half).toMatchObject({
    batch: 49,
    planDigest: 'ab12cd34ef56',
    exposed: ['node-joined'],
    progress: { eligible: 5_000, done: 2_500, exposed: 1 },
    log: [{ by, what: 'approve before batch batch 1: go' }],
  });
  expect(half.nodesTouched).toHaveLength(200);
  await rollout.handle.executeUpdate('approve', { args: [{ by, plan }] });
  const events = await rollout.eventsOfRuns();
  expect(events.length, 'it went on as new').toBeGreaterThan(3);
  expect(Math.max(...events)).toBeLessThan(500);
  expect(events.reduce((sum, length) => sum + length, 0)).toBeLessThan(2_500);
  // Each batch once and in order, always on the new template, and none can be fenced out by an older run's activity.
  expect(rollout.batches.map(({ batchIndex }) => batchIndex)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(new Set(rollout.batches.map(({ live }) => live))).toEqual(new Set(['target']));
  const epochs = rollout.batches.map(({ epoch }) => epoch);
  expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
  expect(new Set(epochs).size).toBe(100);
}, 120_000);

test('a rollout that is paused goes on as new when messages keep coming, and stays paused', async () => {
  const rollout = await rollouts.start('paused', { batches: 3, approvals: { 1: 'before' } });
  await rollout.until('the question', ({ phase }) => phase === 'awaitingApprovalBefore');
  await rollout.handle.executeUpdate('pause', { args: [{ by, reason: 'a storm' }] });
  const before = await rollout.until('the pause', ({ phase }) => phase === 'paused');
  const first = await runIdOf(rollout);
  await wearOut(rollout, first);
  const after = await rollout.status();
  expect(after).toEqual(before);
  await rollout.handle.executeUpdate('resume', { args: [{ by }] });
  await rollout.until('the question again', ({ phase }) => phase === 'awaitingApprovalBefore');
}, 60_000);

test('a rollout that waits for an approval goes on as new when messages keep coming, and takes the answer', async () => {
  const rollout = await rollouts.start('asks', { batches: 3, approvals: { 1: 'before', 2: 'after' } });
  const before = await rollout.until('the question', ({ phase }) => phase === 'awaitingApprovalBefore');
  const first = await runIdOf(rollout);
  await wearOut(rollout, first);
  expect(await rollout.status()).toEqual(before);
  await rollout.handle.executeUpdate('approve', { args: [{ by, plan }] });
  const second = await rollout.until('the next question', ({ phase }) => phase === 'awaitingApprovalAfter');
  expect(second.log).toHaveLength(1);
}, 60_000);

test('an outage that lasts does not stop continue-as-new, and the rollout goes on where it was', async () => {
  const rollout = await rollouts.start('outage', { batches: 4, approvals: { 1: 'before' } });
  await rollout.until('the question', ({ phase }) => phase === 'awaitingApprovalBefore');
  rollout.setAway(true);
  await rollout.handle.executeUpdate('approve', { args: [{ by, plan }] });
  await rollout.until('holding', ({ phase }) => phase === 'holding');
  const first = await runIdOf(rollout);
  await wearOut(rollout, first);
  await rollout.until('holding again', ({ phase }) => phase === 'holding');
  rollout.setAway(false);
  const events = await rollout.eventsOfRuns();
  expect(events.length).toBeGreaterThan(1);
  expect(rollout.batches.map(({ batchIndex }) => batchIndex)).toEqual([0, 1, 2, 3]);
}, 60_000);

/** Sends signals that change nothing until the rollout runs as another run. */
async function wearOut(rollout: LongRollout, firstRunId: string): Promise<void> {
  for (let sent = 0; (await runIdOf(rollout)) === firstRunId; sent++) {
    expect(sent, 'signals until continue-as-new').toBeLessThan(300);
    // Of an older pause than none: noticed, and nothing comes of it.
    await rollout.handle.signal('hold', { on: false, by, reason: '', atMs: 0 });
  }
}
