import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { type ClusterClient, createClusterClient } from '../../activities/cluster/client.ts';
import { wrapActivities } from '../../activities/failure.ts';
import { createRolloutActivities } from '../../activities/rollout/activities.ts';
import type { Rendered } from '../../activities/rollout/call.ts';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { digest } from '../../domain/digest.ts';
import { clusterTaskQueue, rolloutWorkflowId, watchTaskQueue, workflowTaskQueue } from '../../domain/ids.ts';
import type { RolloutInput } from '../../domain/rollout/input.ts';
import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import type { RolloutFinished } from '../../domain/wire.ts';
import { ensureWorkflowBundle } from '../../worker/bundle.ts';
import { adminKube } from '../support/cluster.ts';
import { startTemporal, type TestTemporal } from '../support/temporal.ts';

/** Rollout workflows on the real control plane, with manifests from memory instead of git. */
export interface Engine {
  client: Client;
  kube: ClusterClient;
  temporal: TestTemporal;
  /** Starts a rollout of one DaemonSet to `image`. */
  start(options: StartOptions): Promise<Running>;
  stop(): Promise<void>;
}

/** What a rollout is started with. */
export interface StartOptions {
  namespace: string;
  name: string;
  mode: RolloutInput['mode'];
  image: string;
  nodeSelector: Record<string, string>;
  policy?: Partial<RolloutPolicy>;
}

/** A started rollout. */
export interface Running {
  input: RolloutInput;
  workflowId: string;
  result(): Promise<RolloutFinished>;
}

const cluster = 'local';

/** Policy of tests: everything at once unless a test says otherwise. */
export const testPolicy: RolloutPolicy = {
  batches: [{ name: 'all', nodes: '100%', soakMs: 0 }],
  maxUnavailable: 2,
  readyWithinMs: 60_000,
  maxRestarts: 0,
  onFailure: 'rollback',
  promoteAfter: 'last',
};

/** Starts workers of all three queues against a Temporal of the test file's own and the run's cluster. */
export async function startEngine(): Promise<Engine> {
  const temporal = await startTemporal();
  const kube = createClusterClient(await adminKube());
  const manifests = new Map<string, Rendered>();
  const activities = wrapActivities(
    createRolloutActivities({
      clusterFor: () => kube,
      render: async (_spec, commit) => {
        const rendered = manifests.get(commit);
        if (rendered === undefined) throw new Error(`no manifest for ${commit}`);
        return rendered;
      },
    }),
  );
  const codePath = await ensureWorkflowBundle(join(tmpdir(), 'nodewave-test-bundles'));
  const common = { connection: temporal.env.nativeConnection, namespace: temporal.config.namespace };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: workflowTaskQueue, workflowBundle: { codePath } }),
    Worker.create({ ...common, taskQueue: clusterTaskQueue(cluster), activities, maxHeartbeatThrottleInterval: 500 }),
    Worker.create({ ...common, taskQueue: watchTaskQueue(cluster), activities, maxHeartbeatThrottleInterval: 500 }),
  ]);
  const running = workers.map((worker) => worker.run());
  const { client } = temporal.env;
  return {
    client,
    kube,
    temporal,
    start: async (options) => {
      const commit = randomBytes(20).toString('hex');
      const manifest = daemonSet(options);
      const renderedDigest = digest(manifest);
      const { kind, metadata } = manifest;
      manifests.set(commit, { objects: [{ kind, ...metadata, body: manifest }], renderedDigest });
      const ref = { cluster, namespace: options.namespace, name: options.name };
      const input: RolloutInput = {
        v: 1,
        application: `app-${options.namespace}`,
        ref,
        mode: options.mode,
        spec: specOf(options),
        sync: {
          namespace: options.namespace,
          name: options.name,
          verdict: options.mode === 'install' ? 'install' : 'rollout',
          adopt: false,
          templateDigest: digest(manifest.spec.template),
          quarantineKey: digest([options.image]),
          maxUnavailable: null,
        },
        commit,
        subject: `Ship ${options.image}`,
        renderedDigest,
        rollout: Date.now(),
        by: 'git',
      };
      const workflowId = rolloutWorkflowId(ref);
      const handle = await client.workflow.start('rollout', {
        taskQueue: workflowTaskQueue,
        workflowId,
        args: [input],
      });
      return { input, workflowId, result: () => handle.result() as Promise<RolloutFinished> };
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await temporal.stop();
    },
  };
}

function specOf(options: StartOptions): ApplicationSpec {
  return {
    name: `app-${options.namespace}`,
    source: { repo: '/nowhere', ref: { branch: 'main' }, path: '.', render: 'plain' },
    destination: { cluster, namespace: options.namespace },
    sync: { auto: true, intervalMs: 60_000, prune: false, drift: 'detect' },
    rollout: { ...testPolicy, ...options.policy },
  };
}

/** A DaemonSet of one container. */
export function daemonSet(options: Pick<StartOptions, 'namespace' | 'name' | 'image' | 'nodeSelector'>) {
  const labels = { app: options.name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: options.name, namespace: options.namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: options.nodeSelector,
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'agent', image: options.image }],
        },
      },
    },
  };
}
