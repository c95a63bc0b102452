import { isAvailable, newestLivePod } from '../../domain/cluster/availability.ts';
import type { Reservation } from '../../domain/interlock.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { DaemonSet, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { podView } from '../cluster/project.ts';
import { readRecord } from '../cluster/record-store.ts';
import { labelSelectorOf } from '../cluster/selector.ts';

/** How long an answer is believed, milliseconds. */
const believedMs = 3_000;

/**
 * Makes a function that tells whether nothing of a rollout is out any more on a node that it has reserved: its pod there is
 * available, and no grant allows to delete that very pod. A rollout that is moving gives such a node back itself.
 */
export function backAgain(client: ClusterClient): (holder: Reservation) => Promise<boolean> {
  const known = new Map<string, { back: boolean; atMs: number }>();
  return async (holder) => {
    const key = `${holder.workflowId} ${holder.node}`;
    const found = known.get(key);
    if (found !== undefined && performance.now() - found.atMs < believedMs) return found.back;
    const back = await look(client, holder);
    known.set(key, { back, atMs: performance.now() });
    return back;
  };
}

async function look(client: ClusterClient, { workflowId, node }: Reservation): Promise<boolean> {
  const [, , namespace, name] = /^rollout:([^:]+):([^/]+)\/(.+)$/.exec(workflowId) ?? [];
  if (namespace === undefined || name === undefined) return false;
  const daemonSet = await client.get<DaemonSet>(paths.daemonSet({ namespace, name }));
  if (daemonSet === null) return true;
  const { items } = await client.list(paths.pods(namespace), {
    labelSelector: labelSelectorOf(daemonSet),
    fieldSelector: `spec.nodeName=${node}`,
    project: (raw: Pod) => podView(raw),
  });
  const pod = newestLivePod(items);
  const minReadySeconds = daemonSet.spec.minReadySeconds ?? 0;
  if (pod === undefined || !isAvailable(pod, minReadySeconds, pod.readySinceMs, Date.now())) return false;
  // After the pod: a grant that was there before has either deleted it, or still names it.
  const stored = await readRecord(client, { namespace, name });
  return stored?.record.grants.every((grant) => grant.podUid !== pod.uid) ?? true;
}
