import { expect } from 'vitest';
import { neverReady } from '../../dev/stack/stages.ts';
import { scenarios } from './scenario.ts';

const scenario = scenarios(neverReady('agent:held'));

scenario('S8: a node that is removed in mid batch is dropped from the plan', {}, async (scene) => {
  await scene.install('agent:1');
  const rollout = await scene.rollout('agent:held');
  await rollout.reaches('rolling', ({ progress }) => progress?.inFlight === 2);
  const taken = await scene.taken();
  await scene.removeNode(taken[0] ?? '');
  await scene.removeNode(scene.nodes.names.find((name) => !taken.includes(name)) ?? '');
  await rollout.reaches('rolling', async ({ progress }) => {
    await scene.makeReady('agent:held');
    return progress?.eligible === 4;
  });
  await scene.until('the others to be done', async () => {
    await scene.makeReady('agent:held');
    return (await scene.taken()).length === 5;
  });
  await scene.makeReady('agent:held');
  expect(await rollout.result()).toMatchObject({ outcome: 'succeeded', cause: null });
});

