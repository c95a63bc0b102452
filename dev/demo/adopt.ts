import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conclude, type Demo, expectThat } from './demo.ts';
import { fleetAt } from './fleet.ts';
import { applicationYaml } from './manifests.ts';
import { samePods } from './outcome.ts';
import { setting } from './setting.ts';
import { settled } from './settled.ts';

/** Version 1 runs already, applied by kubectl: Nodewave takes the DaemonSet over and restarts no pod. */
export async function adoptVersion1(demo: Demo, commit: string): Promise<void> {
  const { narrator, watcher } = demo;
  narrator.chapter('Version 1 runs already; Nodewave adopts it');
  const from = watcher.mark();
  const before = fleetAt(watcher.observations);
  narrator.say(
    `DaemonSet ${setting.namespace}/${setting.daemonSet}: strategy ${before.template?.strategy}, fields owned by ${before.template?.managers.join(', ')}`,
  );
  expectThat(
    demo,
    before.template?.managers.includes('kubectl-client-side-apply') === true,
    'the DaemonSet that kubectl applied is not owned by kubectl-client-side-apply',
  );
  const file = join(demo.stack.dir, 'node-application.yaml');
  writeFileSync(file, applicationYaml(demo.repository.url));
  narrator.say('nodewave apply -f node-application.yaml');
  narrator.detail(await demo.nodewave('apply', '-f', file, '--by', 'ann@example.com'));
  const outcome = await demo.follower.outcome(commit);
  await settled(demo, '1');
  const { template } = watcher.fleet;
  narrator.say(
    `DaemonSet now: strategy ${template?.strategy}, fields owned by ${template?.managers.join(', ')}, application ${template?.application}`,
  );
  const same = samePods(before, watcher.fleet);
  expectThat(demo, same, 'adopting version 1 replaced pods');
  expectThat(demo, outcome.outcome === 'adopted', `Nodewave calls version 1 ${outcome.outcome}, not adopted`);
  if (same) narrator.say(`all ${before.pods.size} pods have the uid that they had before`);
  conclude(demo, '1', { commit, cause: outcome.cause, from });
}
