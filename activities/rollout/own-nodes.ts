import type { ClusterClient } from '../cluster/client.ts';
import { hasStatus } from '../cluster/kube-error.ts';
import type { Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';

/** Nodes whose other pods matter to a rollout. */
export interface NodeNeighbours {
  /** Run pods of Nodewave or Temporal: they go last. */
  ownNodes: ReadonlySet<string>;
  /** Run an upgrade of System Upgrade Controller now, which leaves no mark on the node itself (S35). */
  upgrading: ReadonlySet<string>;
}

const nobody: NodeNeighbours = { ownNodes: new Set(), upgrading: new Set() };

/** Upgrades begin and end while a batch runs. */
const readAgainMs = 30_000;

const ownNames = 'in (nodewave, temporal)';

/** Which nodes run what matters, by the labels of the pods there. Nothing where the worker may not list pods of all namespaces. */
export async function readNeighbours(client: ClusterClient, signal: AbortSignal): Promise<NodeNeighbours> {
  try {
    const [byName, byPart, upgrading] = await Promise.all([
      nodesOf(client, `app.kubernetes.io/name ${ownNames}`, signal),
      nodesOf(client, `app.kubernetes.io/part-of ${ownNames}`, signal),
      nodesOf(client, 'upgrade.cattle.io/plan', signal),
    ]);
    return { ownNodes: new Set([...byName, ...byPart]), upgrading: new Set(upgrading) };
  } catch (error) {
    // Rights can be narrowed to the namespaces of applications; an order of nodes is no reason to stop for that.
    if (hasStatus(error, 403)) return nobody;
    throw error;
  }
}

/** Reads them now, and again every 30 s until `signal` aborts; while that fails the last answer stands. */
export async function followNeighbours(client: ClusterClient, signal: AbortSignal): Promise<() => NodeNeighbours> {
  let newest = await readNeighbours(client, signal);
  const timer = setInterval(() => {
    readNeighbours(client, signal).then(
      (read) => {
        newest = read;
      },
      () => undefined,
    );
  }, readAgainMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return () => newest;
}

async function nodesOf(client: ClusterClient, labelSelector: string, signal: AbortSignal): Promise<string[]> {
  const found = await client.list(paths.allPods(), {
    labelSelector,
    // A pod that has ended needs its node no more.
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
    project: (pod: Pod) => pod.spec?.nodeName ?? '',
    signal,
  });
  return found.items.filter((node) => node !== '');
}
