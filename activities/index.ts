import type { Client } from '@temporalio/client';
import type { ApplicationSpec } from '../domain/application/spec.ts';
import type { IntOrPercent } from '../domain/rollout/policy.ts';
import type { ClusterClient } from './cluster/client.ts';
import type { Activities } from './contract.ts';
import { createDiagnosisActivities } from './diagnosis/activities.ts';
import type { DiagnosisActivities } from './diagnosis/contract.ts';
import { wrapActivities } from './failure.ts';
import type { GateForms } from './gates/ask.ts';
import { createGitActivities } from './git/activities.ts';
import type { GitStore } from './git/store.ts';
import { renderCommit } from './render/render.ts';
import { createManifestSource } from './render/renderers.ts';
import type { ToolSettings } from './render/tools.ts';
import { createRolloutActivities } from './rollout/activities.ts';
import { createSyncActivities } from './sync/activities.ts';
import { createTemporalActivities } from './temporal/describe.ts';
import { rolloutIsRunning } from './temporal/is-running.ts';

/** What all activities together are made from. */
export interface ActivityDeps {
  git: GitStore;
  /** A client of the workflows' namespace. */
  client: Client;
  /** The client of a configured cluster; throws BadInput for a name that the worker does not know. */
  clusterFor: (cluster: string) => ClusterClient;
  /** Most nodes out at once in a cluster over all rollouts; null for no limit. */
  maxNodesOut?: (cluster: string) => IntOrPercent | null;
  gateForms: GateForms;
  /** Where kustomize and helm are; without it neither is found. */
  renderTools?: ToolSettings;
}

/**
 * Makes every activity, by the queue that serves it. Whatever one throws becomes a failure with a code and a sentence.
 */
export function createActivities(deps: ActivityDeps): ActivitiesByQueue {
  const { git, client, clusterFor, maxNodesOut, gateForms } = deps;
  const manifests = createManifestSource({ git, tools: deps.renderTools });
  const render = (spec: ApplicationSpec, commit: string) => renderCommit({ git, manifests }, spec, commit);
  return {
    workflowQueue: wrapActivities({ ...createGitActivities({ git }), ...createTemporalActivities({ client }) }),
    clusterQueues: wrapActivities({
      ...createSyncActivities({ clusterFor, render }),
      ...createDiagnosisActivities({ clusterFor }),
      ...createRolloutActivities({ clusterFor, render, maxNodesOut, gateForms, isRunning: rolloutIsRunning(client) }),
    }),
  };
}

/** All activities, divided by queue; together they are everything that the contract asks for. */
export interface ActivitiesByQueue {
  workflowQueue: Pick<Activities, 'resolveRef' | 'waitForNewCommit' | 'describeRollout' | 'waitForRolloutEnd'>;
  clusterQueues: Omit<Activities, keyof ActivitiesByQueue['workflowQueue']> & DiagnosisActivities;
}
