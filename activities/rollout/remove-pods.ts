import type { PodView } from '../../domain/cluster/view.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { paths } from '../cluster/paths.ts';

/** Nothing is deleted on a view older than this, in milliseconds. */
export const maxViewAgeMs = 30_000;

/** Deletes under way at once: enough to fill a window of hundreds in a second, few enough for any API server. */
const parallelDeletes = 16;

/**
 * Deletes pods whose nodes are granted. Each DELETE names the uid and the resourceVersion that were seen, so that of two
 * workers only one can ever delete a pod, and a pod that has changed is looked at again first (S17).
 * @param decidedMs when the decision was made, on the monotonic clock; a worker that slept drops what is left of its queue
 * @param deleted uids that were deleted; added to
 */
export async function removePods(
  deps: { client: ClusterClient; signal: AbortSignal },
  namespace: string,
  pods: readonly PodView[],
  decidedMs: number,
  deleted: Set<string>,
): Promise<void> {
  const queue = [...pods];
  const lane = async (): Promise<void> => {
    for (let pod = queue.shift(); pod !== undefined; pod = queue.shift()) {
      deps.signal.throwIfAborted();
      if (performance.now() - decidedMs > maxViewAgeMs) return;
      const outcome = await deps.client.remove(paths.pod(namespace, pod.name), {
        uid: pod.uid,
        resourceVersion: pod.resourceVersion,
      });
      // A conflict means that the pod changed since it was seen: the next decision sees it as it is now.
      if (outcome !== 'conflict') deleted.add(pod.uid);
    }
  };
  const lanes = Array.from({ length: Math.min(parallelDeletes, pods.length) }, lane);
  const results = await Promise.allSettled(lanes);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
