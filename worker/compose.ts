import type { Client } from '@temporalio/client';
import type { ClusterClient } from '../activities/cluster/client.ts';
import { createGateForms } from '../activities/gates/forms.ts';
import { createGitStore } from '../activities/git/store.ts';
import { type ActivitiesByQueue, createActivities } from '../activities/index.ts';
import { applicationReports } from '../activities/temporal/reports.ts';
import type { ServicesConfig } from './config.ts';
import { ConfigError } from './config-error.ts';

/** Makes the activities of the product from its configuration. Throws ConfigError when the git cache cannot be made. */
export function createProductActivities(deps: {
  config: ServicesConfig;
  client: Client;
  clusterFor: (cluster: string) => ClusterClient;
}): ActivitiesByQueue {
  const { config, client, clusterFor } = deps;
  const maxNodesOut = (cluster: string) => config.clusters[cluster]?.maxNodesOut ?? null;
  const gateForms = createGateForms({ allowLocal: config.gatesMayAskLocal, reports: applicationReports(client) });
  const { renderTools } = config;
  return createActivities({ git: openGit(config), client, clusterFor, maxNodesOut, gateForms, renderTools });
}

function openGit(config: ServicesConfig) {
  try {
    return createGitStore({ cacheDir: config.gitCacheDir, surroundings: config.gitSurroundings, ...config.git });
  } catch (error) {
    throw new ConfigError(
      `NODEWAVE_GIT_CACHE: ${config.gitCacheDir} cannot be made (${String(error)}); name a folder that can be written`,
      { cause: error },
    );
  }
}
