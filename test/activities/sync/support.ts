import { join } from 'node:path';
import { type ClusterClient, createClusterClient } from '../../../activities/cluster/client.ts';
import { loadKubeConfig } from '../../../activities/cluster/kube-config.ts';
import type { DaemonSet, Pod } from '../../../activities/cluster/objects.ts';
import { paths } from '../../../activities/cluster/paths.ts';
import { readRecord } from '../../../activities/cluster/record-store.ts';
import type { SyncActivities } from '../../../activities/contract.ts';
import { createSyncActivities } from '../../../activities/sync/activities.ts';
import { serviceAccountKubeconfig } from '../../../dev/stack/kubeconfig.ts';
import { applyManifests } from '../../../dev/stack/manifests.ts';
import { waitFor } from '../../../dev/stack/wait.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { describeErrors } from '../../../domain/document-error.ts';
import { NodewaveError } from '../../../domain/failures.ts';
import type { InterlockPlace } from '../../../domain/interlock.ts';
import { renderedDigest } from '../../../domain/manifest/digests.ts';
import { parseManifests } from '../../../domain/manifest/parse.ts';
import { validateObjects } from '../../../domain/manifest/validate.ts';
import type { DaemonSetRecord } from '../../../domain/record.ts';
import { adminKube, sharedNodes, testNamespace, uniqueName } from '../../support/cluster.ts';
import { testStack } from '../../support/stack.ts';

/** One application in a namespace of its own, whose commits are texts. */
export interface World {
  client: ClusterClient;
  namespace: string;
  spec: ApplicationSpec;
  activities: SyncActivities;
  /** Makes a commit of YAML documents and returns its name. */
  commit(...documents: object[]): string;
  daemonSet(name?: string): Promise<DaemonSet | null>;
  record(name?: string): Promise<DaemonSetRecord | null>;
  pods(): Promise<Pod[]>;
  /** Waits until every pod of the namespace is Ready and there are as many as wanted. */
  settled(count?: number): Promise<Pod[]>;
  /** Waits until every pod is available on the live template. */
  rolledOut(name?: string): Promise<void>;
}

/** Nodes on which `daemonSet()` runs: those that all tests share. */
export const nodeCount = 12;

let account: Promise<string> | undefined;

/** A client with the rights of deploy/rbac.yaml and no more, as the worker has. */
async function workerClient(): Promise<ClusterClient> {
  account ??= (async () => {
    const { kubeconfigFile, dir } = await testStack();
    await applyManifests(await adminKube(), { file: join(import.meta.dirname, '../../../deploy/rbac.yaml') });
    return await serviceAccountKubeconfig(kubeconfigFile, 'nodewave', 'nodewave', join(dir, uniqueName('worker')));
  })();
  return createClusterClient(loadKubeConfig(await account));
}

/**
 * Makes a world whose activities run with the worker's rights, and whose `client` is the administrator's.
 * @param own another worker than that of deploy/rbac.yaml, and a brake of the test's own
 */
export async function makeWorld(
  change: Partial<ApplicationSpec> = {},
  own: { worker?: ClusterClient; interlock?: InterlockPlace } = {},
): Promise<World> {
  const client = createClusterClient(await adminKube());
  const worker = own.worker ?? (await workerClient());
  const namespace = await testNamespace('sync');
  const spec: ApplicationSpec = {
    name: uniqueName('app'),
    source: { repo: 'https://git.example.com/agents.git', ref: { branch: 'main' }, path: 'prod', render: 'plain' },
    destination: { cluster: 'test', namespace },
    sync: { auto: true, intervalMs: 180_000, prune: false, drift: 'correct' },
    rollout: {
      batches: [{ name: 'all', nodes: '100%', soakMs: 0 }],
      maxUnavailable: null,
      readyWithinMs: 60_000,
      maxRestarts: 2,
      onFailure: 'rollback',
      promoteAfter: 'last',
    },
    ...change,
  };
  const commits = new Map<string, object[]>();
  const activities = createSyncActivities({
    clusterFor: (cluster) => {
      if (cluster === 'test') return worker;
      throw new NodewaveError('BadInput', `no cluster ${cluster}; known: test`);
    },
    interlock: own.interlock,
    render: async (_spec, commit) => render(commits.get(commit) ?? [], namespace),
  });
  const pods = async (): Promise<Pod[]> => (await client.list<Pod>(paths.pods(namespace))).items;
  return {
    client,
    namespace,
    spec,
    activities,
    commit: (...documents) => {
      const name = `${commits.size + 1}`.padStart(40, '0');
      commits.set(name, structuredClone(documents));
      return name;
    },
    rolledOut: async (name = 'agent') => {
      await waitFor(
        async () => {
          const found = await client.get<DaemonSet>(paths.daemonSet({ namespace, name }));
          const { status, metadata } = found ?? {};
          return (
            status?.observedGeneration === metadata?.generation &&
            status?.updatedNumberScheduled === nodeCount &&
            status?.numberAvailable === nodeCount
          );
        },
        { timeoutMs: 60_000, what: `${namespace}/${name} to be rolled out` },
      );
    },
    daemonSet: (name = 'agent') => client.get<DaemonSet>(paths.daemonSet({ namespace, name })),
    record: async (name = 'agent') => (await readRecord(client, { namespace, name }))?.record ?? null,
    pods,
    settled: (count = nodeCount) =>
      waitFor(
        async () => {
          const all = await pods();
          const ready = all.every((pod) =>
            pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
          );
          return all.length === count && ready ? all : undefined;
        },
        { timeoutMs: 30_000, what: `${count} ready pods in ${namespace}` },
      ),
  };
}

function render(documents: readonly object[], namespace: string) {
  const parsed = parseManifests(
    documents.map((document, index) => ({ path: `prod/${index}.yaml`, text: JSON.stringify(document) })),
  );
  const { objects, policies, errors, warnings } = validateObjects(parsed.objects, { namespace });
  if (errors.length > 0) throw new NodewaveError('BadInput', describeErrors(errors, 10));
  return Promise.resolve({
    objects,
    policies,
    renderedDigest: renderedDigest(objects),
    subject: 'a commit',
    warnings,
  });
}

/** A DaemonSet on the shared nodes, as a person writes it. */
export function daemonSet(
  change: {
    image?: string;
    name?: string;
    spec?: object;
    template?: object;
    pod?: object;
    metadata?: object;
    container?: object;
  } = {},
) {
  const name = change.name ?? 'agent';
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, ...change.metadata },
    spec: {
      selector: { matchLabels: { app: name } },
      ...change.spec,
      template: {
        metadata: { labels: { app: name } },
        ...change.template,
        spec: {
          nodeSelector: { ...sharedNodes },
          containers: [{ name: 'agent', image: change.image ?? 'registry.example.com/agent:1', ...change.container }],
          ...change.pod,
        },
      },
    },
  };
}

export function configMap(name: string, data: Record<string, string>) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

/** Creates the object as `kubectl apply` does: its manager, and its copy of the manifest in an annotation. */
export async function kubectlApply<T>(world: World, collection: string, object: object): Promise<T> {
  const { metadata, ...rest } = object as { metadata: { annotations?: object; name: string } };
  const full = { ...rest, metadata: { ...metadata, namespace: world.namespace } };
  const copy = JSON.stringify({ ...rest, metadata: { annotations: {}, ...metadata, namespace: world.namespace } });
  const annotations = { ...metadata.annotations, 'kubectl.kubernetes.io/last-applied-configuration': `${copy}\n` };
  return await world.client.create<T>(
    collection,
    { ...full, metadata: { ...full.metadata, annotations } },
    { fieldManager: 'kubectl-client-side-apply' },
  );
}

/** What the promise rejects with, as a NodewaveError. */
export async function failureOf(promise: Promise<unknown>): Promise<NodewaveError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof NodewaveError) return error;
  throw error;
}
