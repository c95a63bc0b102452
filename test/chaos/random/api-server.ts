import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClusterClient } from '../../../activities/cluster/client.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { clusterDaemons } from '../../../dev/stack/cluster-pids.ts';
import { isRunning } from '../../../dev/stack/identity.ts';
import { lastLines, startProcess } from '../../../dev/stack/process.ts';
import type { Stack } from '../../../dev/stack/stack.ts';
import { waitFor } from '../../../dev/stack/wait.ts';

/**
 * SIGKILLs a stack's API server and starts it again with the same arguments; etcd keeps what it knew. Returns when it answers and
 * takes writes again, after about a second.
 */
export async function killApiServer(stack: Stack): Promise<void> {
  const running = clusterDaemons(stack.dir).find(({ name }) => name === 'kube-apiserver');
  if (running === undefined) throw new Error('no API server runs');
  const { identity, pidFile } = running;
  process.kill(identity.pid, 'SIGKILL');
  await waitFor(() => !isRunning(identity), { timeoutMs: 10_000, everyMs: 10, what: 'the API server to die' });
  const [command = '', ...args] = identity.command.split(' ');
  const logFile = join(stack.cluster.logDir, 'kube-apiserver.log');
  const client = createClusterClient(stack.cluster.kubeConfig);
  for (let start = 1; ; start++) {
    const child = await startProcess({ name: 'kube-apiserver', command, args, logFile });
    // The folder of the cluster knows its daemons by these files, and stops those that they name.
    writeFileSync(pidFile, String(child.identity.pid));
    const answers = waitFor(
      () => client.get(paths.namespace('default'), { timeoutMs: 1_000 }).then((found) => found !== null),
      { timeoutMs: 60_000, everyMs: 50, what: 'the API server to answer again' },
    );
    const up = await Promise.race([answers, child.ended.then(() => false)]);
    answers.catch(() => undefined);
    if (up) return;
    // On a busy machine a start may fail; whoever runs an API server starts it again.
    if (start === 5) throw new Error(`the API server did not start; its log ends:\n${lastLines(logFile, 5)}`);
  }
}
