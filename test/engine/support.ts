import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { type ClusterClient, createClusterClient } from '../../activities/cluster/client.ts';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import { createDiagnosisActivities } from '../../activities/diagnosis/activities.ts';
import { wrapActivities } from '../../activities/failure.ts';
import { createGateForms } from '../../activities/gates/forms.ts';
import { createRolloutActivities } from '../../activities/rollout/activities.ts';
import type { Rendered } from '../../activities/rollout/call.ts';
import { rolloutIsRunning } from '../../activities/temporal/is-running.ts';
import { applicationReports } from '../../activities/temporal/reports.ts';
import { connect, type NodewaveClient } from '../../client/index.ts';
import { serviceAccountKubeconfig } from '../../dev/stack/kubeconfig.ts';
import { applyManifests } from '../../dev/stack/manifests.ts';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { digest } from '../../domain/digest.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { clusterTaskQueue, rolloutWorkflowId, watchTaskQueue, workflowTaskQueue } from '../../domain/ids.ts';
import { interlockPlace } from '../../domain/interlock.ts';
import type { RolloutInput } from '../../domain/rollout/input.ts';
import type { IntOrPercent, RolloutPolicy } from '../../domain/rollout/policy.ts';
import type { RolloutFinished } from '../../domain/wire.ts';
import { ensureWorkflowBundle } from '../../worker/bundle.ts';
import { adminKube } from '../support/cluster.ts';
import { testStack } from '../support/stack.ts';
import { installRuntime, startTemporal } from '../support/temporal.ts';

/** Rollout workflows on the real control plane, with manifests from memory instead of git. */
export interface Engine {
  client: Client;
  /** What the command line reads a rollout's state with. */
  nodewave: NodewaveClient;
  /** With admin rights, for what a test does itself. */
  kube: ClusterClient;
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
  /** Further fields of the container, of the pod and of the DaemonSet's spec. */
  container?: Record<string, unknown>;
  pod?: Record<string, unknown>;
  spec?: Record<string, unknown>;
}

/** A started rollout. */
export interface Running {
  input: RolloutInput;
  workflowId: string;
  result(): Promise<RolloutFinished>;
}

/** What an engine talks to, where it is not the test file's own Temporal and the run's API server themselves. */
export interface EngineOptions {
  /** host:port of a Temporal server that the test starts and stops. */
  temporalAddress?: string;
  /** While `away` is true no commit can be rendered; what `hold` returns is waited for before one is. */
  git?: { away?: boolean; hold?: (namespace: string, image: string) => Promise<void> };
  /** host:port at which the worker reaches the API server, e.g. a proxy's. */
  apiServer?: string;
  /** Puts something between the worker and its client of the cluster. */
  around?: (client: ClusterClient) => ClusterClient;
  /** Further arguments of the test file's own Temporal. */
  temporalArgs?: string[];
  /** Namespace and service account of the worker, with copies of its roles; `nodewave` has those of deploy/rbac.yaml alone. */
  account?: string;
  /** Files of deploy/ whose rights it has; rbac.yaml without it. */
  rights?: readonly string[];
  /** A name of the test's own, for an interlock that no other test file reserves nodes in. */
  interlock?: string;
  maxNodesOut?: IntOrPercent;
}

const cluster = 'local';
const repositoryRoot = join(import.meta.dirname, '..', '..');

/** Policy of tests: everything at once unless a test says otherwise. */
export const testPolicy: RolloutPolicy = {
  batches: [{ name: 'all', nodes: '100%', soakMs: 0 }],
  maxUnavailable: 2,
  readyWithinMs: 60_000,
  maxRestarts: 0,
  onFailure: 'rollback',
  promoteAfter: 'last',
};

/** A client of the API server with the worker's own user and the rights of deploy/rbac.yaml: the audit log tells it apart. */
async function workerClient(dir: string, options: EngineOptions): Promise<ClusterClient> {
  const { apiServer, account = 'nodewave', rights = ['rbac.yaml'] } = options;
  const { kubeconfigFile } = await testStack();
  for (const name of rights) {
    const text = readFileSync(join(repositoryRoot, 'deploy', name), 'utf8');
    await applyManifests(await adminKube(), { text: text.replaceAll('nodewave', account) });
    // The interlock is in the namespace of this name, whatever the worker's account is called.
    if (name === 'rbac.yaml') await applyManifests(await adminKube(), { text: text.slice(0, text.indexOf('---')) });
  }
  const file = await serviceAccountKubeconfig(kubeconfigFile, account, account, join(dir, 'worker.yaml'));
  const config = loadKubeConfig(file);
  const [found] = config.getClusters();
  if (apiServer !== undefined && found !== undefined) config.clusters = [{ ...found, server: `https://${apiServer}` }];
  return createClusterClient(config);
}

/** A Temporal of the test file's own, or connections to the one that the test has started. */
async function temporalFor({ temporalAddress: address, temporalArgs = [] }: EngineOptions) {
  if (address === undefined) {
    const { env, config, stop } = await startTemporal({ extraArgs: temporalArgs });
    return { client: env.client, connection: env.nativeConnection, config, stop };
  }
  installRuntime();
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all([connection.close(), native.close()]);
  };
  const config = { address, namespace: 'default', connectionOptions: { address } };
  return { client: new Client({ connection }), connection: native, config, stop };
}

/** Starts workers of all three queues, against the run's cluster. */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const dir = mkdtempSync(join(tmpdir(), 'nodewave-engine-'));
  const kube = createClusterClient(await adminKube());
  const direct = await workerClient(dir, options);
  const worker = options.around?.(direct) ?? direct;
  const temporal = await temporalFor(options);
  const images = new Map<string, string>();
  const manifests = new Map<string, Rendered>();
  const activities = wrapActivities({
    ...createDiagnosisActivities({ clusterFor: () => worker }),
    ...createRolloutActivities({
      clusterFor: () => worker,
      gateForms: createGateForms({ allowLocal: true, reports: applicationReports(temporal.client) }),
      isRunning: rolloutIsRunning(temporal.client),
      maxNodesOut: () => options.maxNodesOut ?? null,
      ...(options.interlock === undefined ? {} : { interlock: { ...interlockPlace, name: options.interlock } }),
      render: async (spec, commit) => {
        await options.git?.hold?.(spec.destination.namespace, images.get(commit) ?? '');
        if (options.git?.away === true) throw new NodewaveError('Infrastructure', 'git.example.com does not answer');
        const rendered = manifests.get(commit);
        if (rendered === undefined) throw new Error(`no manifest for ${commit}`);
        return rendered;
      },
    }),
  });
  const codePath = await ensureWorkflowBundle(join(tmpdir(), 'nodewave-test-bundles'));
  const common = { connection: temporal.connection, namespace: temporal.config.namespace };
  const nodewave = await connect(temporal.config);
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: workflowTaskQueue, workflowBundle: { codePath } }),
    Worker.create({ ...common, taskQueue: clusterTaskQueue(cluster), activities, maxHeartbeatThrottleInterval: 500 }),
    Worker.create({ ...common, taskQueue: watchTaskQueue(cluster), activities, maxHeartbeatThrottleInterval: 500 }),
  ]);
  const running = workers.map((one) => one.run());
  const { client } = temporal;
  return {
    client,
    nodewave,
    kube,
    start: async (given) => {
      const input = inputFor(given);
      const manifest = daemonSet(given);
      const { kind, metadata } = manifest;
      images.set(input.commit, given.image);
      manifests.set(input.commit, {
        objects: [{ kind, ...metadata, body: manifest }],
        renderedDigest: input.renderedDigest,
      });
      const workflowId = rolloutWorkflowId(input.ref);
      const handle = await client.workflow.start('rollout', {
        taskQueue: workflowTaskQueue,
        workflowId,
        args: [input],
      });
      return { input, workflowId, result: () => handle.result() as Promise<RolloutFinished> };
    },
    stop: async () => {
      for (const one of workers) one.shutdown();
      await Promise.all(running);
      await nodewave.close();
      await temporal.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What the application would start a rollout with. */
function inputFor(options: StartOptions): RolloutInput {
  const manifest = daemonSet(options);
  const { namespace, name, mode, image } = options;
  return {
    v: 1,
    application: `app-${namespace}`,
    ref: { cluster, namespace, name },
    mode,
    spec: specOf(options),
    sync: {
      namespace,
      name,
      verdict: mode === 'install' ? 'install' : 'rollout',
      adopt: false,
      templateDigest: digest(manifest.spec.template),
      quarantineKey: digest([image]),
      maxUnavailable: null,
    },
    commit: randomBytes(20).toString('hex'),
    subject: `Ship ${image}`,
    renderedDigest: digest(manifest),
    rollout: Date.now(),
    by: 'git',
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
export function daemonSet(options: Omit<StartOptions, 'mode' | 'policy'>) {
  const labels = { app: options.name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: options.name, namespace: options.namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      ...options.spec,
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: options.nodeSelector,
          terminationGracePeriodSeconds: 1,
          ...options.pod,
          containers: [{ name: 'agent', image: options.image, ...options.container }],
        },
      },
    },
  };
}
