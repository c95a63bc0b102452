import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterClient } from '../../activities/cluster/client.ts';
import type { DaemonSet, Node, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';

/** What every observation has. */
interface Sighting {
  /** The API server's version of the object. All kinds live in one etcd, so versions order everything that happened. */
  version: number;
  /** When it arrived, on this process' clock. */
  atMs: number;
  gone: boolean;
  /** Found by a new list after the watch had lost its place: other states may lie in between, and `version` may be late. */
  gap: boolean;
}

/** A node as it was. */
export interface NodeSighting extends Sighting {
  kind: 'node';
  uid: string;
  name: string;
  labels: Record<string, string>;
  taints: { key: string; effect: string }[];
  ready: boolean;
  cordoned: boolean;
}

/** A pod as it was. */
export interface PodSighting extends Sighting {
  kind: 'pod';
  uid: string;
  name: string;
  node: string;
  image: string;
  ready: boolean;
  terminating: boolean;
  /** By the API server's clock, in whole seconds. */
  createdMs: number;
}

/** The DaemonSet as it was: which template new pods are made of. */
export interface LiveSighting extends Sighting {
  kind: 'live';
  uid: string;
  image: string;
  strategy: string;
}

export type Seen = NodeSighting | PodSighting | LiveSighting;

/** An independent record of nodes, pods and one DaemonSet, made with admin rights. It survives restarts of the API server. */
export interface ClusterRecord {
  /** In the order of arrival; `version` gives the order in which it happened. */
  readonly seen: readonly Seen[];
  /** Objects as they are now, by uid. */
  readonly nodes: ReadonlyMap<string, NodeSighting>;
  readonly pods: ReadonlyMap<string, PodSighting>;
  /** The DaemonSet now; null while there is none. */
  live(): LiveSighting | null;
  /** How often a watch had lost its place. */
  gaps(): number;
  stop(): void;
}

/** Starts to record and returns once everything that is there has been seen. */
export async function recordCluster(
  client: ClusterClient,
  namespace: string,
  daemonSet: string,
): Promise<ClusterRecord> {
  const seen: Seen[] = [];
  const stopping = new AbortController();
  let gaps = 0;

  async function follow<T extends Node | Pod | DaemonSet, S extends Seen>(
    path: string,
    see: (object: T) => Omit<S, keyof Sighting> | null,
  ): Promise<Map<string, S>> {
    const now = new Map<string, S>();
    let from = '';
    const add = (object: T, gone: boolean, gap: boolean): void => {
      const facts = see(object);
      if (facts === null) return;
      const version = Number(object.metadata.resourceVersion);
      const sighting = { ...facts, version, atMs: Date.now(), gone, gap } as S;
      const before = now.get(object.metadata.uid);
      if (before !== undefined && before.version >= version) return;
      if (gone) now.delete(object.metadata.uid);
      else now.set(object.metadata.uid, sighting);
      seen.push(sighting);
    };
    const list = async (gap: boolean): Promise<void> => {
      const { items, resourceVersion } = await client.list<T>(path, { signal: stopping.signal });
      const there = new Set(items.map((item) => item.metadata.uid));
      for (const item of items) add(item, false, gap);
      for (const [uid, last] of now) {
        if (there.has(uid)) continue;
        now.delete(uid);
        seen.push({ ...last, version: Number(resourceVersion), atMs: Date.now(), gone: true, gap: true });
      }
      from = resourceVersion;
    };
    const goOn = async (): Promise<void> => {
      while (!stopping.signal.aborted) {
        try {
          const ended = await client.watch(
            path,
            { resourceVersion: from, timeoutSeconds: 300 },
            (type, object) => {
              const item = object as unknown as T;
              from = item.metadata.resourceVersion;
              if (type !== 'BOOKMARK') add(item, type === 'DELETED', false);
            },
            stopping.signal,
          );
          if (ended === 'ended') continue;
          gaps += 1;
          await list(true);
        } catch {
          // The API server is away: the watch goes on from where it was once it is back.
          await sleep(50);
        }
      }
    };
    await list(false);
    void goOn();
    return now;
  }

  const nodes = await follow<Node, NodeSighting>(paths.nodes(), (node) => ({
    kind: 'node',
    uid: node.metadata.uid,
    name: node.metadata.name,
    labels: node.metadata.labels ?? {},
    taints: (node.spec?.taints ?? []).map(({ key, effect }) => ({ key, effect })),
    ready: isReady(node.status?.conditions),
    cordoned: node.spec?.unschedulable === true,
  }));
  const sets = await follow<DaemonSet, LiveSighting>(paths.daemonSets(namespace), (object) =>
    object.metadata.name !== daemonSet
      ? null
      : {
          kind: 'live',
          uid: object.metadata.uid,
          image: (object.spec.template.spec?.containers as { image?: string }[] | undefined)?.[0]?.image ?? '',
          strategy: object.spec.updateStrategy?.type ?? 'RollingUpdate',
        },
  );
  const pods = await follow<Pod, PodSighting>(paths.pods(namespace), (pod) =>
    pod.metadata.ownerReferences?.[0]?.name !== daemonSet ? null : podFacts(pod),
  );
  return {
    seen,
    nodes,
    pods,
    live: () => [...sets.values()][0] ?? null,
    gaps: () => gaps,
    stop: () => stopping.abort(new Error('the record was stopped')),
  };
}

function podFacts(pod: Pod): Omit<PodSighting, keyof Sighting> {
  const pinned =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0];
  return {
    kind: 'pod',
    uid: pod.metadata.uid,
    name: pod.metadata.name,
    node: pod.spec?.nodeName ?? pinned?.matchFields?.[0]?.values?.[0] ?? '',
    image: pod.spec?.containers?.[0]?.image ?? '',
    ready: isReady(pod.status?.conditions),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    createdMs: Date.parse(pod.metadata.creationTimestamp),
  };
}

function isReady(conditions: readonly { type: string; status: string }[] | undefined): boolean {
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}
