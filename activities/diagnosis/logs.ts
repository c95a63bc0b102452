import type { ContainerView } from '../../domain/cluster/view.ts';
import { shown } from '../../domain/diagnosis/clean.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus, KubeError } from '../cluster/kube-error.ts';
import { paths } from '../cluster/paths.ts';

/** How much of a log is read, and kept. A stack trace follows the line that says why. */
const most = { lines: 40, bytes: 32_768, text: 400, containers: 2 } as const;

/** Containers whose logs may tell why: those that ended or do not get ready, the ones that ended badly first. */
export function worthReading(containers: readonly ContainerView[]): ContainerView[] {
  const ran = containers.filter(
    ({ init, restartCount, terminated, waitingReason }) =>
      restartCount > 0 ||
      (terminated !== undefined && !(init && terminated.exitCode === 0)) ||
      (!init && waitingReason === undefined),
  );
  const rank = ({ terminated }: ContainerView): number =>
    terminated === undefined ? 1 : terminated.exitCode === 0 ? 2 : 0;
  return ran.toSorted((a, b) => rank(a) - rank(b)).slice(0, most.containers);
}

/**
 * The last lines of a container, oldest first: of the run that ended when there was one, else of the one that runs. Empty where
 * the kubelet has none.
 */
export async function readLog(
  client: ClusterClient,
  pod: { namespace: string; name: string },
  container: ContainerView,
  signal: AbortSignal,
): Promise<string[]> {
  const read = async (previous: boolean): Promise<string[]> => {
    const query = { container: container.name, previous, tailLines: most.lines, limitBytes: most.bytes };
    const text = await client.text(paths.podLog(pod.namespace, pod.name), { query, maxBytes: most.bytes, signal });
    return text
      .split('\n')
      .map((line) => shown(line, most.text))
      .filter((line) => line !== '')
      .slice(-most.lines);
  };
  // The kubelet removes dead containers, and answers 400 for one that has none, or has not started.
  for (const previous of container.restartCount === 0 ? [false] : [true, false]) {
    try {
      return await read(previous);
    } catch (error) {
      if (error instanceof KubeError && error.status >= 500) throw unreachable();
      if (!hasStatus(error, 400) && !hasStatus(error, 404)) throw error;
    }
  }
  return [];
}

/** Its own words name addresses and certificates, which tell nothing about the pod. */
function unreachable(): NodewaveError {
  return new NodewaveError('Infrastructure', 'the API server did not get them from the kubelet of the node');
}
