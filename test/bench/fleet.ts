import type { ClusterClient } from '../../activities/cluster/client.ts';
import type { DaemonSet } from '../../activities/cluster/objects.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import type { PodHistory } from '../support/pod-history.ts';

/** Image of the pods that a bench starts with; they are ready at once. */
export const oldImage = 'agent:1';
/** Image that it rolls out. */
export const newImage = 'agent:2';

/** What both sides of a comparison are given. */
export interface Side {
  nodes: number;
  inFlight: number;
  kube: ClusterClient;
  say: (line: string) => void;
}

/** A DaemonSet of one container on every node, as kubectl would send it. */
export function fleet(namespace: string, name: string, image: string, maxUnavailable: number) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'agent', image }] } },
    },
  };
}

/** Creates a namespace. */
export async function makeNamespace(client: ClusterClient, name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await client.create('/api/v1/namespaces', namespace, { fieldManager: 'bench' });
}

/** Creates it and waits until every node has an available pod. */
export async function createFleet(client: ClusterClient, body: ReturnType<typeof fleet>, nodes: number): Promise<void> {
  const { namespace, name } = body.metadata;
  await client.create(paths.daemonSets(namespace), body, { fieldManager: 'kubectl-client-side-apply' });
  await waitFor(
    async () => (await client.get<DaemonSet>(paths.daemonSet({ namespace, name })))?.status?.numberAvailable === nodes,
    { timeoutMs: 900_000, everyMs: 500, what: `${nodes} available pods of ${namespace}/${name}` },
  );
}

/** Resolves when `nodes` pods of `image` are available, by the independent record. */
export async function allOn(history: PodHistory, image: string, nodes: number): Promise<void> {
  const available = new Set<string>();
  await history.until((event) => {
    if (event.image !== image) return false;
    if (event.available) available.add(event.uid);
    else available.delete(event.uid);
    return available.size === nodes;
  });
}

/** Seconds with one decimal. */
export function secondsSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 100) / 10;
}
