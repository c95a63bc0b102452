import { expect } from 'vitest';
import type { Product } from '../support/product.ts';
import { makeScene, nodeOf, type Scene, type SceneOptions } from './scene.ts';

/** Nodes of each scene. */
export const nodeCount = 4;
/** Who sends the messages. */
export const by = 'ann@example.com';
/** A batch of all nodes. */
export const whole = { name: 'all', nodes: '100%' };

type Cleanup = Pick<SceneOptions, 'onTestFinished'>;

/** A scene whose version 1 is installed. */
export async function installed(
  product: Product,
  { onTestFinished }: Cleanup,
  prefix: string,
  rollout: object,
): Promise<Scene> {
  const policy = { maxUnavailable: 2, readyWithin: '60s', ...rollout };
  const scene = await makeScene({ product, prefix, nodes: nodeCount, rollout: policy, onTestFinished });
  const first = await scene.commit({ 'agent.yaml': scene.agent('people:1') });
  await scene.configure();
  expect(await scene.outcome(first)).toMatchObject({ outcome: 'installed' });
  return scene;
}

/** Nodes whose pod carries the image. */
export async function nodesOn(scene: Scene, image: string): Promise<string[]> {
  return (await scene.pods()).filter((pod) => pod.spec?.containers?.[0]?.image === image).map(nodeOf);
}

/** What must hold whenever nothing is being replaced: whatever starts a pod now gets last good. */
export async function expectLastGoodForNewPods(scene: Scene, image: string, touched: string[] = []): Promise<void> {
  expect(await scene.liveImage()).toBe(image);
  const untouched = scene.nodes.names.find((node) => !touched.includes(node)) ?? '';
  expect(await scene.deletePod(untouched), 'a pod deleted by hand').toBe(image);
  const [node] = touched;
  if (node !== undefined) expect(await scene.deletePod(node), 'a pod deleted by hand on a touched node').toBe(image);
}

/** The update is refused with a sentence that matches, and history does not grow. Only while nothing else happens. */
export async function expectRefused(scene: Scene, update: string, input: [unknown?], sentence: RegExp): Promise<void> {
  const before = await scene.historyLength('rollout');
  expect(before).toBeGreaterThan(0);
  expect(await refusalOf(scene, update, input), `${update} ${JSON.stringify(input)}`).toMatch(sentence);
  expect(await scene.historyLength('rollout'), 'a refused update leaves no event').toBe(before);
}

/** The sentence of a refused update; an accepted one starts with "accepted". */
export function refusalOf(scene: Scene, update: string, input: [unknown?]): Promise<string> {
  return scene.send(update, ...input).then(
    (answer) => `accepted: ${answer.message}`,
    (error: Error) => (error.cause as Error | undefined)?.message ?? error.message,
  );
}
