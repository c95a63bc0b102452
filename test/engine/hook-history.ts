import type { ClusterClient } from '../../activities/cluster/client.ts';
import type { KubeObject, Node, Pod } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';

/** One state of an object. Versions of all objects come from one counter of the API server, so they tell what was first. */
interface Version {
  version: bigint;
  object: KubeObject;
}

/** An independent record of nodes and pods in the order in which the API server made things happen. */
export interface HookHistory {
  /** The node of each pod as it was at the very moment at which the pod's deletion began, for these pods by uid. */
  nodesAtDeletion(podUids: ReadonlySet<string>): Node[];
  stop(): void;
}

/** Starts to record; what is there already comes first. */
export async function recordHooks(client: ClusterClient, namespace: string): Promise<HookHistory> {
  const stopping = new AbortController();
  const [nodes, pods] = await Promise.all([
    follow(client, paths.nodes(), stopping.signal),
    follow(client, paths.pods(namespace), stopping.signal),
  ]);
  return {
    nodesAtDeletion: (podUids) => {
      const begun = new Set<string>();
      return pods.flatMap(({ version, object }) => {
        const pod = object as unknown as Pod;
        const { uid, deletionTimestamp } = pod.metadata;
        if (!podUids.has(uid) || begun.has(uid) || deletionTimestamp === undefined) return [];
        begun.add(uid);
        const before = nodes.filter(
          (node) => node.version < version && node.object.metadata.name === pod.spec?.nodeName,
        );
        const last = before.at(-1);
        return last === undefined ? [] : [last.object as unknown as Node];
      });
    },
    stop: () => stopping.abort(new Error('the record was stopped')),
  };
}

async function follow(client: ClusterClient, path: string, signal: AbortSignal): Promise<Version[]> {
  const versions: Version[] = [];
  const add = (object: KubeObject): void => {
    versions.push({ version: BigInt(object.metadata.resourceVersion), object });
  };
  const { items, resourceVersion } = await client.list<KubeObject>(path);
  for (const item of items) add(item);
  let from = resourceVersion;
  const watching = async (): Promise<void> => {
    while (!signal.aborted) {
      const ended = await client.watch(
        path,
        { resourceVersion: from, timeoutSeconds: 300 },
        (type, object) => {
          const seen = object as unknown as KubeObject;
          from = seen.metadata.resourceVersion;
          if (type !== 'BOOKMARK') add(seen);
        },
        signal,
      );
      if (ended === 'gone') throw new Error('the watch lost events: its record would have a hole');
    }
  };
  watching().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return versions;
}
