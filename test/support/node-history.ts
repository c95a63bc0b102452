import type { ClusterClient } from '../../activities/cluster/client.ts';
import type { Node } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';

/** What became of a node, in the order in which the API server made it happen. */
export interface NodeEvent {
  name: string;
  uid: string;
  /** Its labels fit the selector and it has no taint that keeps DaemonSet pods away. */
  eligible: boolean;
  ready: boolean;
  gone: boolean;
  atMs: number;
}

/** An independent record of every node of a group. */
export interface NodeHistory {
  readonly events: readonly NodeEvent[];
  stop(): void;
}

/** Taints that every DaemonSet pod tolerates (kubernetes.io, "Taints and tolerations" of DaemonSets). */
const tolerated = ['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'];

/**
 * Starts to record the nodes that `selector` matches, and those that stop matching; those that are there come first.
 * @param alsoFits what else decides, where a test's DaemonSet says more than a selector; taints then do not count by themselves
 */
export async function recordNodes(
  client: ClusterClient,
  selector: Record<string, string>,
  alsoFits?: (node: Node) => boolean,
): Promise<NodeHistory> {
  const events: NodeEvent[] = [];
  const stopping = new AbortController();
  const known = new Set<string>();
  const add = (node: Node, gone: boolean): void => {
    const event = eventOf(node, selector, gone, alsoFits);
    if (!event.eligible && !known.has(event.uid)) return;
    known.add(event.uid);
    events.push(event);
  };
  const { items, resourceVersion } = await client.list<Node>(paths.nodes());
  for (const node of items) add(node, false);
  let from = resourceVersion;
  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const ended = await client.watch(
        paths.nodes(),
        { resourceVersion: from, timeoutSeconds: 300 },
        (type, object) => {
          const node = object as unknown as Node;
          from = node.metadata.resourceVersion;
          if (type !== 'BOOKMARK') add(node, type === 'DELETED');
        },
        stopping.signal,
      );
      if (ended === 'gone') throw new Error('the watch lost events: its record would have a hole');
    }
  };
  follow().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return { events, stop: () => stopping.abort(new Error('the record was stopped')) };
}

function eventOf(
  node: Node,
  selector: Record<string, string>,
  gone: boolean,
  alsoFits?: (node: Node) => boolean,
): NodeEvent {
  const { metadata, spec, status } = node;
  const fits = Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value);
  const kept = (spec?.taints ?? []).some(
    ({ key, effect }) =>
      effect !== 'PreferNoSchedule' && !tolerated.some((name) => key === `node.kubernetes.io/${name}`),
  );
  return {
    name: metadata.name,
    uid: metadata.uid,
    eligible: fits && (alsoFits === undefined ? !kept : alsoFits(node)) && !gone,
    ready: status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true,
    gone,
    atMs: Date.now(),
  };
}
