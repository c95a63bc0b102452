import { conclude, type Demo, expectThat } from './demo.ts';
import { pushVersion } from './push.ts';
import { imageOf, setting } from './setting.ts';
import { settled } from './settled.ts';

/** Version 3 crashes on the canaries; Nodewave stops, puts them back and keeps the commit off the cluster. */
export async function rollBackVersion3(demo: Demo): Promise<void> {
  const { client, follower, narrator, watcher } = demo;
  narrator.chapter('Version 3 crashes: stopped at the canary, rolled back by itself');
  const { commit, from, returned } = await pushVersion(demo, '3');
  const stopTelling = tellTrouble(demo);
  try {
    narrator.detail(await returned);
    const outcome = await follower.outcome(commit);
    await settled(demo, '2');
    narrator.say(`cause, as Nodewave states it:`);
    narrator.detail(outcome.cause ?? 'none');
    await tellDiagnosis(demo);
    const { phase, sentence } = await client.applicationStatus(setting.application);
    narrator.brief(`application ${phase}: ${sentence}`);
    expectThat(demo, phase === 'held', `after version 3 the application is ${phase}, expected held`);
    expectThat(
      demo,
      watcher.fleet.template?.image === imageOf('2'),
      'after version 3 a new node would not get version 2: its template is not the live one',
    );
    conclude(demo, '3', { commit, cause: outcome.cause, from });
  } finally {
    stopTelling();
  }
}

/** What the rollout kept of the crashed pods before it replaced them, as people ask for it. */
async function tellDiagnosis(demo: Demo): Promise<void> {
  const { narrator, nodewave } = demo;
  const place = ['-n', setting.namespace, '--cluster', setting.cluster];
  narrator.say(`nodewave explain ds/${setting.daemonSet} ${place.join(' ')}`);
  const page = await nodewave('explain', `ds/${setting.daemonSet}`, ...place);
  narrator.detail(page);
  expectThat(demo, /confidence (?:high|medium)/.test(page), 'nobody knows why version 3 crashed');
}

/** Prints, once per node, what the watch sees of containers that do not run. */
function tellTrouble({ narrator, watcher }: Demo): () => void {
  const told = new Set<string>();
  return watcher.listen((seen) => {
    if (seen.kind !== 'pod' || seen.leaving || seen.trouble === null || told.has(seen.node)) return;
    told.add(seen.node);
    narrator.say(`watch: ${seen.node} (${watcher.fleet.nodes.get(seen.node)}): ${seen.trouble}`);
  });
}
