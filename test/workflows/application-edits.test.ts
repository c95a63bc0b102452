import { afterAll, beforeAll, expect, test } from 'vitest';
import { commit, daemonSet, type Harness, startHarness, TestApplication } from './application/harness.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness();
}, 180_000);

afterAll(async () => {
  await harness?.stop();
});

const c1 = commit('1');
const c2 = commit('2');
const sentence = 'kubectl-set (Update) set the image of DaemonSet monitoring/edited to agent:9';

test('S29: what a person changed while no rollout ran is held with a sentence, until it is put back or in git', async () => {
  const app = new TestApplication(harness, 'edited');
  app.world.push(c1, [daemonSet('edited', 't1', 'unchanged')]);
  await app.start();
  await app.outcome(c1, 'unchanged');
  app.world.edits = { 'monitoring/edited': sentence };
  const held = await app.until('held', ({ phase }) => phase === 'held');
  expect(held.sentence).toBe(
    `${sentence}. To take it over, commit it; then it is rolled out to the rest and becomes last good.`,
  );
  expect(held.rollouts).toEqual([]);
  app.world.edits = {};
  await app.until('at rest again', ({ phase }) => phase === 'waiting');
  app.world.edits = { 'monitoring/edited': sentence };
  await app.until('held again', ({ phase }) => phase === 'held');
  app.world.edits = {};
  app.world.push(c2, [daemonSet('edited', 't9')]);
  await app.changed();
  await (await app.rollout('edited', c2)).finish('succeeded');
  expect(await app.outcome(c2, 'succeeded')).toMatchObject({ phase: 'waiting' });
});
