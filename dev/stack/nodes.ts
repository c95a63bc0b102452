import { ApiException, CoreV1Api, type KubeConfig, type V1Node } from '@kubernetes/client-node';
import { createClusterClient } from '../../activities/cluster/client.ts';
import { waitFor } from './wait.ts';

/** Label on the nodes that this module makes; the value is the name they start with. */
export const nodeGroupLabel = 'nodewave.test/group';
/** Label that carries the pool of a node. */
export const poolLabel = 'nodewave.test/pool';

/** The nodes that are wanted. */
export interface NodeOptions {
  /** Names are `<prefix>-0001` and so on; "node" without it. */
  prefix?: string;
  /** Zones that the nodes are spread over in turn; zone-a, zone-b and zone-c without it. */
  zones?: readonly string[];
  /** Pools that the nodes are spread over in turn, in blocks of one round over the zones; none without it. */
  pools?: readonly string[];
  /** Labels on every node. */
  labels?: Readonly<Record<string, string>>;
  /** Gives up waiting for Ready after this long; two minutes without it, and 100 ms a node for many. */
  timeoutMs?: number;
}

const defaultZones = ['zone-a', 'zone-b', 'zone-c'] as const;
/** Requests in flight; more do not make the API server faster on two cores. */
const concurrency = 40;

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
}

function ignoring(code: number): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof ApiException && error.code === code)) throw error;
  };
}

const nodeName = (prefix: string, index: number) => `${prefix}-${String(index + 1).padStart(4, '0')}`;

/** The node with this index, counted from 0, of a group, as `scaleNodes` makes it. */
export function nodeManifest(index: number, options: NodeOptions): V1Node {
  const { prefix = 'node', zones = defaultZones, pools = [], labels = {} } = options;
  const name = nodeName(prefix, index);
  const pool = pools.length === 0 ? undefined : pools[Math.floor(index / zones.length) % pools.length];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'local',
        'topology.kubernetes.io/zone': zones[index % zones.length] ?? 'zone-a',
        [nodeGroupLabel]: prefix,
        ...(pool === undefined ? {} : { [poolLabel]: pool }),
        ...labels,
      },
    },
  };
}

async function groupNodes(core: CoreV1Api, prefix: string): Promise<V1Node[]> {
  return (await core.listNode({ labelSelector: `${nodeGroupLabel}=${prefix}` })).items;
}

/** Names of the nodes of a group. */
export async function groupNames(kubeConfig: KubeConfig, prefix: string): Promise<string[]> {
  const nodes = await groupNodes(kubeConfig.makeApiClient(CoreV1Api), prefix);
  return nodes.map(({ metadata }) => metadata?.name ?? '');
}

const isReady = ({ status }: V1Node) =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;

/**
 * Makes the group of nodes `prefix` exactly `count` nodes and returns their names once all are Ready: creates those
 * that are missing, deletes those above. Nodes that exist are not changed.
 */
export async function scaleNodes(kubeConfig: KubeConfig, count: number, options: NodeOptions = {}): Promise<string[]> {
  const { prefix = 'node', timeoutMs = Math.max(120_000, count * 100) } = options;
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const wanted = Array.from({ length: count }, (_, index) => nodeManifest(index, options));
  const names = new Set(wanted.map(({ metadata }) => metadata?.name));
  const existing = (await groupNodes(core, prefix)).map(({ metadata }) => metadata?.name ?? '');
  await inParallel(
    existing.filter((name) => !names.has(name)),
    (name) => core.deleteNode({ name }).catch(ignoring(404)),
  );
  await inParallel(
    wanted.filter(({ metadata }) => !existing.includes(metadata?.name ?? '')),
    (body) => core.createNode({ body }).catch(ignoring(409)),
  );
  await waitFor(async () => (await groupNodes(core, prefix)).filter(isReady).length === count, {
    timeoutMs,
    everyMs: count > 200 ? 500 : 100,
    what: `${count} nodes of group ${prefix} to be Ready`,
  });
  return wanted.map(({ metadata }) => metadata?.name ?? '');
}

/** Deletes all nodes of a group; their pods are collected by the control plane. */
export async function deleteNodes(kubeConfig: KubeConfig, prefix: string): Promise<void> {
  await scaleNodes(kubeConfig, 0, { prefix });
}

/** Label by which the base stages take a node's readiness away. */
export const notReadyLabel = 'nodewave.test/not-ready';

/** Makes one node NotReady, or Ready again, and returns when it shows. Its pods stay as they are. */
export async function setNodeReady(kubeConfig: KubeConfig, name: string, ready: boolean): Promise<void> {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  await createClusterClient(kubeConfig).patch(
    `/api/v1/nodes/${encodeURIComponent(name)}`,
    { metadata: { labels: { [notReadyLabel]: ready ? null : 'true' } } },
    { type: 'merge' },
  );
  await waitFor(async () => isReady(await core.readNode({ name })) === ready, {
    timeoutMs: 30_000,
    what: `node ${name} to be ${ready ? 'Ready' : 'NotReady'}`,
  });
}
