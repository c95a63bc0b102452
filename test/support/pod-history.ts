import type { ClusterClient } from '../../activities/cluster/client.ts';
import type { Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';

/** One thing that happened to a pod, in the order in which the API server made it happen. */
export interface PodEvent {
  uid: string;
  name: string;
  node: string;
  image: string;
  /** Label `controller-revision-hash`. */
  hash: string;
  phase: string;
  /** Ready and not being deleted. */
  available: boolean;
  terminating: boolean;
  gone: boolean;
  atMs: number;
}

/** An independent record of every pod of a namespace. */
export interface PodHistory {
  readonly events: readonly PodEvent[];
  /** Resolves once an event matches; looks at those that were first. Each event is shown once, in order. */
  until(matches: (event: PodEvent) => boolean): Promise<PodEvent>;
  stop(): void;
}

/** Starts to record; the pods that are there already come first. */
export async function recordPods(client: ClusterClient, namespace: string): Promise<PodHistory> {
  const events: PodEvent[] = [];
  const waiting = new Set<(event: PodEvent) => void>();
  const stopping = new AbortController();
  const add = (pod: Pod, gone: boolean): void => {
    const event = eventOf(pod, gone);
    events.push(event);
    for (const look of waiting) look(event);
  };
  const { items, resourceVersion } = await client.list<Pod>(paths.pods(namespace));
  for (const pod of items) add(pod, false);
  let from = resourceVersion;
  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const ended = await client.watch(
        paths.pods(namespace),
        { resourceVersion: from, timeoutSeconds: 300 },
        (type, object) => {
          const pod = object as unknown as Pod;
          from = pod.metadata.resourceVersion;
          if (type !== 'BOOKMARK') add(pod, type === 'DELETED');
        },
        stopping.signal,
      );
      if (ended === 'gone') throw new Error('the watch lost events: its record would have a hole');
    }
  };
  follow().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    events,
    until: (matches) =>
      new Promise((resolve) => {
        // Each event is shown once and in order, so that `matches` may count.
        const found = events.find(matches);
        if (found !== undefined) return resolve(found);
        const look = (event: PodEvent): void => {
          if (!matches(event)) return;
          waiting.delete(look);
          resolve(event);
        };
        waiting.add(look);
      }),
    stop: () => stopping.abort(new Error('the record was stopped')),
  };
}

function eventOf(pod: Pod, gone: boolean): PodEvent {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = pod.status?.conditions?.some((entry) => entry.type === 'Ready' && entry.status === 'True') === true;
  const pinned =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0];
  return {
    uid: pod.metadata.uid,
    name: pod.metadata.name,
    node: pod.spec?.nodeName ?? pinned?.matchFields?.[0]?.values?.[0] ?? '',
    image: pod.spec?.containers?.[0]?.image ?? '',
    hash: pod.metadata.labels?.['controller-revision-hash'] ?? '',
    phase: pod.status?.phase ?? '',
    available: ready && !terminating && !gone,
    terminating,
    gone,
    atMs: Date.now(),
  };
}
