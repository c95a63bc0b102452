import { killNow } from '../stack/process.ts';
import { waitFor } from '../stack/wait.ts';
import { readAuditLog, whoDeleted } from './audit.ts';
import { type Demo, expectThat } from './demo.ts';
import type { Observation, PodSeen } from './observation.ts';
import type { Killed } from './result.ts';

/** A moment with several nodes in flight: the worker has deleted these many pods of the batch. */
const deletedPods = 3;

/**
 * Kills the worker by SIGKILL while a pod that it has deleted has no available successor, and starts another one. Called
 * before the batch begins; the moment is chosen by what the watch shows.
 */
export async function killWorkerInBatch(demo: Demo): Promise<void> {
  const { narrator, watcher } = demo;
  const from = watcher.mark();
  const { identity, ended } = demo.worker;
  const pod = await atTheMoment(demo, () => killNow(identity));
  const end = await ended;
  const deadMs = Date.now();
  narrator.say(
    `SIGKILL to the worker (pid ${identity.pid}, ${end.signal}): ${pod.node} has lost its pod and has no successor yet`,
  );
  expectThat(demo, end.signal === 'SIGKILL', `the worker ended by ${end.signal ?? end.code} and not by SIGKILL`);
  expectThat(demo, await demo.processes.webhookReady(), 'the webhook server is not ready while the worker is dead');
  await waitFor(() => watcher.fleet.served().has(pod.node), {
    timeoutMs: 30_000,
    everyMs: 20,
    what: `a successor on ${pod.node}`,
  });
  demo.measured.killed = killedOf(watcher.observations.slice(from), pod.node, deadMs);
  const user = whoDeleted(readAuditLog(demo.stack.cluster.auditLogFile), pod.name);
  narrator.say(`the API server's audit log: pod ${pod.name} was deleted by ${user ?? 'nobody'}`);
  expectThat(
    demo,
    user?.startsWith('system:serviceaccount:nodewave') === true,
    `pod ${pod.name} was deleted by ${user ?? 'nobody'}, expected Nodewave's service account`,
  );
  narrator.say(`no worker runs; the cluster's own controller has brought the successor on ${pod.node} up`);
  demo.worker = await demo.processes.startWorker();
  narrator.say(
    `another worker runs (pid ${demo.worker.identity.pid}); Temporal hands it the batch where the dead one left it`,
  );
}

/** Calls `act` in the very callback in which the deletion arrives: a promise later the successor might be there. */
function atTheMoment({ watcher }: Demo, act: () => void): Promise<PodSeen> {
  let deletions = 0;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      forget();
      reject(new Error('the batch after the canary deleted no pods within 60 s'));
    }, 60_000);
    const forget = watcher.listen((seen, { left }) => {
      if (seen.kind !== 'pod' || !left) return;
      deletions += 1;
      if (deletions < deletedPods || watcher.fleet.served().has(seen.node)) return;
      act();
      clearTimeout(timer);
      forget();
      resolve(seen);
    });
  });
}

const isDeletion = (seen: Observation): boolean => seen.kind === 'pod' && seen.leaving;

/** How things stood on a node when the worker was dead, by the record since before the batch. */
export function killedOf(observations: readonly Observation[], node: string, deadMs: number): Killed {
  const pods = observations.filter((seen) => seen.kind === 'pod' && seen.node === node && seen.atMs <= deadMs);
  const deleted = pods.findIndex(isDeletion);
  return {
    podDeleted: deleted !== -1,
    successorAvailable: deleted !== -1 && pods.slice(deleted + 1).some((seen) => seen.kind === 'pod' && seen.available),
  };
}
