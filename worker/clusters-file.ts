import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { IntOrPercent } from '../domain/rollout/policy.ts';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';

/** How one cluster is reached: a kubeconfig file with a context of it, or the pod's own service account. */
export type ClusterSource = ({ kubeconfig: string; context?: string } | { inCluster: true }) & {
  /** Most nodes out at once over all rollouts; percent of all nodes, rounded up. Without it there is no limit. */
  maxNodesOut?: IntOrPercent;
};

const variable = 'NODEWAVE_CLUSTERS_FILE';
const name = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const keys = ['clusters', 'kubeconfig', 'context', 'inCluster', 'maxNodesOut'];
const countOrPercent = 'expected a number of nodes such as 5, or a percentage such as "5%"';

const entrySchema = z.strictObject(
  {
    kubeconfig: z.string('expected the path of a kubeconfig file').min(1, 'expected the path of a file').optional(),
    context: z.string('expected the name of a context in the kubeconfig').min(1, 'expected a name').optional(),
    inCluster: z.literal(true, 'expected true; leave it out to use a kubeconfig').optional(),
    maxNodesOut: z
      .union(
        [z.int(countOrPercent).min(1, countOrPercent), z.string().regex(/^([1-9]\d?|100)%$/, countOrPercent)],
        countOrPercent,
      )
      .optional(),
  },
  'expected {kubeconfig: PATH, context: NAME} or {inCluster: true}',
);
const fileSchema = z.strictObject(
  { clusters: z.record(z.string(), entrySchema, 'expected a map of cluster names') },
  'expected "clusters:" with an entry for each cluster',
);

/**
 * Reads the clusters file: `clusters: {NAME: {kubeconfig: PATH, context: NAME} | {inCluster: true}}`, each with a
 * `maxNodesOut` where there is a limit over all rollouts. Relative paths start at the file's own folder. Throws ConfigError.
 */
export function readClustersFile(file: string): Record<string, ClusterSource> {
  const { value, place } = readConfigFile(variable, file, fileSchema, keys);
  const clusters: Record<string, ClusterSource> = {};
  for (const [cluster, entry] of Object.entries(value.clusters)) {
    const refuse = (message: string): ConfigError =>
      new ConfigError(`${variable}: ${place(['clusters', cluster])}: clusters.${cluster}: ${message}`);
    // The name becomes part of task queues and workflow ids, where ":" and "/" separate.
    if (!name.test(cluster)) throw refuse('expected small letters, digits and "-", at most 63 of them');
    const limit = entry.maxNodesOut === undefined ? {} : { maxNodesOut: entry.maxNodesOut as IntOrPercent };
    if (entry.inCluster === true) {
      if (entry.kubeconfig !== undefined || entry.context !== undefined) {
        throw refuse('has inCluster and a kubeconfig; keep one of the two');
      }
      clusters[cluster] = { inCluster: true, ...limit };
    } else if (entry.kubeconfig === undefined) {
      throw refuse('says neither kubeconfig nor inCluster; add one of the two');
    } else {
      const kubeconfig = resolve(dirname(file), entry.kubeconfig);
      clusters[cluster] = {
        kubeconfig,
        ...(entry.context === undefined ? {} : { context: entry.context }),
        ...limit,
      };
    }
  }
  if (Object.keys(clusters).length === 0) {
    throw new ConfigError(`${variable}: ${file} names no cluster; add one under "clusters:"`);
  }
  return clusters;
}
