import { expect } from 'vitest';
import { livePhases } from '../../domain/rollout/phases.ts';
import type { RolloutFinished } from '../../domain/wire.ts';
import { imageOf } from '../e2e/scene.ts';
import {
  driveToItsEnd,
  engineOptions,
  handleOf,
  held,
  reserved,
  reset,
  slow,
  stages,
  standing,
  ways,
} from './buttons.ts';
import { type Scene, scenarios } from './scenario.ts';

const scenario = scenarios(stages, engineOptions);

/** Nothing of a rollout that is over is left in the record or in the interlock. */
async function nothingIsLocked(scene: Scene): Promise<void> {
  expect(await reserved(scene)).toEqual([]);
  expect(await scene.record()).toMatchObject({ target: null, grants: [], touched: [] });
}

for (const phase of livePhases) {
  const way = ways.find((one) => one.phase === phase);
  if (way === undefined) throw new Error(`no way leads into phase ${phase}`);

  scenario(
    `Terminate in phase ${phase}: the next rollout goes on, no pod is deleted twice, nothing stays locked`,
    {},
    async (scene) => {
      const { release } = await standing(scene, way);
      await handleOf(scene).terminate('a test');
      // What the application starts next: the fix or, where nothing was good yet, the same again.
      const image = phase === 'installing' ? held : 'buttons:3';
      if (phase !== 'planning') release?.();
      const next = await scene.rollout(image);
      expect(await driveToItsEnd(scene, next)).toMatchObject({ outcome: 'succeeded', cause: null });
      // What the terminated run has still under way finds a newer one.
      release?.();
      expect(await scene.images()).toEqual({ [image]: 6 });
      await nothingIsLocked(scene);
    },
  );

  scenario(
    `Reset in phase ${phase}: the new run fences the old one and ends right, no pod is deleted twice`,
    {},
    async (scene) => {
      const { rollout, release } = await standing(scene, way);
      await reset(scene);
      release?.();
      const { outcome } = await driveToItsEnd(scene, rollout);
      expect(way.again).toContain(outcome);
      await nothingIsLocked(scene);
    },
  );

  // A first install has nothing to go back to: see the table of messages.
  if (phase === 'installing') continue;
  scenario(`Cancel in phase ${phase} means abort: last good is live again and no pod is touched`, {}, async (scene) => {
    const { release } = await standing(scene, way);
    await handleOf(scene).cancel();
    release?.();
    const { outcome, cause } = (await handleOf(scene).result()) as RolloutFinished;
    expect([outcome, cause]).toEqual(['aborted', 'aborted by Temporal cancel request: cancelled']);
    const taken = await scene.taken();
    const { template, updateStrategy } = (await scene.live()).spec;
    expect([template, updateStrategy]).toMatchObject([
      { spec: { containers: [{ image: slow }] } },
      { type: 'OnDelete' },
    ]);
    await scene.until('a pod on every node', async () => (await scene.pods()).length === 6);
    const left = (await scene.pods()).filter((pod) => imageOf(pod) === slow);
    if (phase !== 'rollingBack') expect(left.length).toBeGreaterThanOrEqual(6 - taken.length);
    expect(await scene.taken()).toEqual(taken);
    await nothingIsLocked(scene);
  });
}
