import { type ClusterClient, createClusterClient } from '../activities/cluster/client.ts';
import { loadInClusterKubeConfig, loadKubeConfig } from '../activities/cluster/kube-config.ts';
import { NodewaveError } from '../domain/failures.ts';
import { didYouMean } from '../domain/suggest.ts';
import type { ClusterSource } from './clusters-file.ts';
import { ConfigError } from './config-error.ts';

/** The clusters that this process may use, by the name that `destination.cluster` uses. */
export type Clusters = ReadonlyMap<string, ClusterClient>;

const identifyDeadlineMs = 5_000;

/** Opens a client for every entry, without asking a cluster. Throws ConfigError for a kubeconfig that cannot be used. */
export function openClusters(sources: Readonly<Record<string, ClusterSource>>): Clusters {
  const clusters = new Map<string, ClusterClient>();
  for (const [name, source] of Object.entries(sources)) {
    try {
      const config =
        'inCluster' in source ? loadInClusterKubeConfig() : loadKubeConfig(source.kubeconfig, source.context);
      clusters.set(name, createClusterClient(config));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`NODEWAVE_CLUSTERS_FILE: clusters.${name}: ${message}`, { cause: error });
    }
  }
  return clusters;
}

/** Looks a cluster up by name. Throws BadInput that names the ones there are. */
export function clusterNamed(clusters: Clusters, name: string): ClusterClient {
  const client = clusters.get(name);
  if (client !== undefined) return client;
  const names = [...clusters.keys()];
  throw new NodewaveError(
    'BadInput',
    `there is no cluster "${name}"${didYouMean(name, names)}; this worker knows ${names.join(', ')}`,
  );
}

/** The uid of a cluster's namespace kube-system, which tells clusters apart. Throws KubeError. */
export async function clusterUid(client: ClusterClient): Promise<string> {
  const namespace = await client.get<{ metadata: { uid: string } }>('/api/v1/namespaces/kube-system', {
    timeoutMs: identifyDeadlineMs,
  });
  if (namespace === null) throw new NodewaveError('Infrastructure', 'the cluster has no namespace kube-system');
  return namespace.metadata.uid;
}

/** Remembers which cluster is behind which name, and refuses a second name for the same one. */
export function createClusterRegister(): { claim: (name: string, uid: string) => void } {
  const names = new Map<string, string>();
  return {
    claim(name, uid) {
      const other = names.get(uid);
      if (other !== undefined && other !== name) {
        // Two queues for one cluster would mean two rollouts, and two budgets, for one DaemonSet.
        throw new ConfigError(
          `NODEWAVE_CLUSTERS_FILE: clusters.${other} and clusters.${name} are the same cluster (namespace kube-system has uid ${uid} in both); keep one of them`,
        );
      }
      names.set(uid, name);
    },
  };
}
