import { waitFor } from '../stack/wait.ts';
import { approveInUi } from './approve-in-ui.ts';
import { canaryPassed } from './canary.ts';
import { conclude, type Demo } from './demo.ts';
import { killWorkerInBatch } from './kill-worker.ts';
import { pauseAndResume } from './pause.ts';
import { tellProgress } from './progress.ts';
import { pushVersion } from './push.ts';
import { imageOf, setting } from './setting.ts';
import { settled } from './settled.ts';

/** Nodes of the canary and the quarter together. */
const quarter = Math.ceil(setting.nodes / 4);

/** Version 2 is pushed and rolls out in batches, through an approval, the death of its worker, and a pause. */
export async function rollVersion2(demo: Demo): Promise<void> {
  const { follower, narrator, watcher } = demo;
  narrator.chapter('Version 2 is pushed: canary, approval, a killed worker, a pause');
  const { commit, from, startedMs, returned } = await pushVersion(demo, '2');
  const stopTelling = tellProgress(watcher, narrator, '2');
  try {
    const first = await watcher.firstLeaving(from, ({ image }) => image === imageOf('1'), 60_000);
    demo.measured.pushToFirstDeleteMs = first.atMs - startedMs;
    narrator.detail(await returned);
    narrator.say(`watch: first pod deleted, on ${first.node}, ${first.atMs - startedMs} ms after the push began`);
    const waiting = await canaryPassed(demo, '2', commit);
    const killed = killWorkerInBatch(demo);
    killed.catch(() => undefined);
    await approveInUi(demo, waiting);
    await killed;
    await waitFor(() => watcher.fleet.served(imageOf('2')).size >= quarter + setting.budget, {
      timeoutMs: 90_000,
      everyMs: 20,
      what: 'the last batch to get going',
    });
    const pause = await pauseAndResume(demo, commit);
    const outcome = await follower.outcome(commit);
    await settled(demo, '2');
    stopTelling();
    conclude(demo, '2', { commit, cause: outcome.cause, from, pauses: [pause] });
  } finally {
    stopTelling();
  }
}
