import type { RolloutView } from '../../client/index.ts';
import { type Demo, expectThat } from './demo.ts';
import { imageOf, setting, type Version } from './setting.ts';

/** Waits until the canary has passed and the rollout asks for an approval; checks which nodes it took. */
export async function canaryPassed(demo: Demo, version: Version, commit: string): Promise<RolloutView> {
  const { follower, narrator, watcher } = demo;
  const view = await follower.rollout(
    commit,
    'the canary to pass and to wait for an approval',
    ({ phase }) => phase === 'awaitingApprovalAfter',
  );
  const image = imageOf(version);
  const { nodes, template } = watcher.fleet;
  const canaries = [...watcher.fleet.served(image)].map((node) => `${node} (${nodes.get(node)})`).sort();
  const zones = new Set([...watcher.fleet.served(image)].map((node) => nodes.get(node)));
  narrator.say(`watch: canaries ${canaries.join(', ')}`);
  expectThat(
    demo,
    canaries.length === setting.zones.length && zones.size === setting.zones.length,
    `the canary of version ${version} is on ${canaries.join(', ') || 'no node'}, expected one node in each zone`,
  );
  expectThat(
    demo,
    template?.image !== image,
    `while version ${version} waits for its approval, a new node would get it: its template is live`,
  );
  return view;
}

/** The part of a plan digest that people type. */
export function planPrefix({ planDigest }: RolloutView): string {
  if (planDigest === null) throw new Error('the rollout waits for an approval and names no plan');
  return planDigest.slice(0, 8);
}
