import type { KubeConfig } from '@kubernetes/client-node';
import { createClusterClient } from '../../activities/cluster/client.ts';
import type { DaemonSet, Node, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { Fleet } from './fleet.ts';
import { nodeSeen, type Observation, type PodSeen, podSeen, templateSeen } from './observation.ts';
import { setting } from './setting.ts';

/** What is told of each observation. */
export type Listener = (seen: Observation, change: { appeared: boolean; left: boolean }) => void;

/** A record of nodes, pods and DaemonSet of the cluster, made with admin rights and independent of Nodewave. */
export interface Watcher {
  readonly observations: readonly Observation[];
  /** The cluster as it was seen last. */
  readonly fleet: Fleet;
  /** Number of observations so far: where a span begins or ends. */
  mark(): number;
  /** Calls `listener` for each observation from now on, at once when it arrives; returns how to take it back. */
  listen(listener: Listener): () => void;
  /** The first pod since `mark` whose deletion is seen and that `matches`; those that were seen already count. */
  firstLeaving(mark: number, matches: (pod: PodSeen) => boolean, timeoutMs: number): Promise<PodSeen>;
  /** Why the record may have a hole; null while it has none. */
  problem(): string | null;
  stop(): void;
}

interface Collection<T> {
  path: string;
  see(object: T, gone: boolean): Observation | null;
}

/** Starts to watch and returns once everything that is there has been seen. */
export async function startWatcher(kubeConfig: KubeConfig): Promise<Watcher> {
  const client = createClusterClient(kubeConfig);
  const observations: Observation[] = [];
  const fleet = new Fleet();
  const listeners = new Set<Listener>();
  const stopping = new AbortController();
  let hole: string | null = null;

  const add = (seen: Observation | null): void => {
    if (seen === null) return;
    observations.push(seen);
    const change = fleet.add(seen);
    for (const listener of listeners) listener(seen, change);
  };

  async function follow<T extends Node | Pod | DaemonSet>({ path, see }: Collection<T>): Promise<void> {
    const { items, resourceVersion } = await client.list<T>(path);
    for (const item of items) add(see(item, false));
    let from = resourceVersion;
    const goOn = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        const ended = await client.watch(
          path,
          { resourceVersion: from, timeoutSeconds: 300 },
          (type, object) => {
            const item = object as unknown as T;
            from = item.metadata.resourceVersion;
            if (type !== 'BOOKMARK') add(see(item, type === 'DELETED'));
          },
          stopping.signal,
        );
        if (ended === 'gone') throw new Error('the API server has dropped events that were not delivered yet');
      }
    };
    goOn().catch((error: unknown) => {
      if (!stopping.signal.aborted) hole = `${path}: ${error instanceof Error ? error.message : String(error)}`;
    });
  }

  const { namespace, daemonSet } = setting;
  await follow<Node>({ path: paths.nodes(), see: (node, gone) => nodeSeen(node, gone, Date.now()) });
  await follow<DaemonSet>({
    path: paths.daemonSets(namespace),
    see: (object, gone) => (gone || object.metadata.name !== daemonSet ? null : templateSeen(object, Date.now())),
  });
  await follow<Pod>({
    path: paths.pods(namespace),
    see: (pod, gone) => (pod.metadata.ownerReferences?.[0]?.name === daemonSet ? podSeen(pod, gone, Date.now()) : null),
  });

  const listen = (listener: Listener): (() => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  return {
    observations,
    fleet,
    mark: () => observations.length,
    listen,
    firstLeaving: (mark, matches, timeoutMs) => {
      const wanted = (seen: Observation): seen is PodSeen => seen.kind === 'pod' && seen.leaving && matches(seen);
      const found = observations.slice(mark).find(wanted);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          forget();
          reject(new Error(`no pod was deleted within ${timeoutMs / 1_000} s`));
        }, timeoutMs);
        const forget = listen((seen) => {
          if (!wanted(seen)) return;
          clearTimeout(timer);
          forget();
          resolve(seen);
        });
      });
    },
    problem: () => hole,
    stop: () => stopping.abort(new Error('the watch was stopped')),
  };
}
