import type { PodView } from '../../domain/cluster/view.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { paths } from '../cluster/paths.ts';
import type { Evictions } from './evictions.ts';

/**
 * No DELETE is sent on a decision older than this, in milliseconds: an API server that is away for a moment lets a queue stand
 * still, and meanwhile other nodes may go out that use the budget up. What is left is decided again.
 */
const maxDecisionAgeMs = 1_000;

/** And none is carried out on one older than this: an API server that starts lets requests wait in it for seconds. */
const deadlineMs = 1_500;

/** Deletes under way at once: enough to fill a window of hundreds in a second, few enough for any API server. */
const parallelDeletes = 16;

/**
 * Deletes pods whose nodes are granted. Each DELETE names the uid and the resourceVersion that were seen, so that of two
 * workers only one can ever delete a pod, and a pod that has changed is looked at again first (S17). With `evictions` each pod is
 * evicted instead, if its disruption budget agrees (S15).
 * @param deps.isStopped asked before every DELETE: a queue may take long with a slow API server, and whoever pulls the brake or
 * closes a window meanwhile means the pods that are left in it, too
 * @param decidedMs when the decision was made, on the monotonic clock; a worker that slept drops what is left of its queue
 * @param deleted uids that were deleted; added to
 */
export async function removePods(
  deps: {
    client: ClusterClient;
    signal: AbortSignal;
    evictions: Evictions | null;
    isStopped?: () => Promise<boolean>;
  },
  namespace: string,
  pods: readonly PodView[],
  decidedMs: number,
  deleted: Set<string>,
): Promise<void> {
  const queue = pods.filter((pod) => deps.evictions?.isDue(pod) ?? true);
  const lane = async (): Promise<void> => {
    for (let pod = queue.shift(); pod !== undefined; pod = queue.shift()) {
      if ((await deps.isStopped?.()) === true) return;
      deps.signal.throwIfAborted();
      // Last: what was asked before may have taken long.
      const ageMs = performance.now() - decidedMs;
      if (ageMs > maxDecisionAgeMs) return;
      const outcome = await removeOne(deps, namespace, pod, deadlineMs - ageMs);
      // A conflict means that the pod changed since it was seen: the next decision sees it as it is now.
      if (outcome === 'deleted' || outcome === 'gone') deleted.add(pod.uid);
    }
  };
  const lanes = Array.from({ length: Math.min(parallelDeletes, queue.length) }, lane);
  const results = await Promise.allSettled(lanes);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function removeOne(
  { client, signal, evictions }: Parameters<typeof removePods>[0],
  namespace: string,
  pod: PodView,
  timeoutMs: number,
): Promise<'deleted' | 'gone' | 'conflict' | 'refused'> {
  if (evictions !== null) return await evictions.evict(namespace, pod, { signal, timeoutMs });
  const { uid, resourceVersion } = pod;
  return await client.remove(paths.pod(namespace, pod.name), { uid, resourceVersion, timeoutMs });
}
