import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CoreV1Api, type KubeConfig, VersionApi } from '@kubernetes/client-node';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import type { ToolPaths } from '../tools/ensure.ts';
import { clusterDaemons, clusterWorkDir, endCluster, killClusterNow } from './cluster-pids.ts';
import { onExit } from './exit-guard.ts';
import { type ComponentFlags, clusterPorts, createCluster, stateDir } from './kwokctl.ts';
import { applyManifests } from './manifests.ts';
import { returnPort } from './ports.ts';
import { baseStagesDir } from './stages.ts';
import { waitFor } from './wait.ts';

/** How a cluster is started. */
export interface ClusterOptions {
  /** The stack's folder; state is kept in it. */
  dir: string;
  tools: ToolPaths;
  /** Name of the cluster and, after "kwok-", of its context; "nodewave" without it. */
  name?: string;
  /** Port of the API server where it is free and the cluster had no other last time. */
  apiPort?: number;
  /** Audit policy; with one, the audit log is written. */
  auditPolicyFile?: string;
  /** Flags of the components, e.g. `{'kube-controller-manager': {'kube-api-qps': '100'}}`. */
  flags?: ComponentFlags;
}

/** A running cluster: a real control plane whose nodes are simulated. */
export interface Cluster {
  name: string;
  /** Admin kubeconfig; its current context is this cluster. */
  kubeconfigFile: string;
  /** URL of the API server. */
  server: string;
  /** Version that the API server reports, e.g. "v1.36.3". */
  version: string;
  /** Where the audit log is, when there is a policy. */
  auditLogFile: string | undefined;
  /** Folder with the logs of the daemons. */
  logDir: string;
  /** Admin client configuration with reused connections. */
  kubeConfig: KubeConfig;
  /** Stops the daemons, keeps the state. */
  stop(): Promise<void>;
  /** Stops the daemons and removes the state. */
  delete(): Promise<void>;
  /** Lets the daemons outlive this process. */
  release(): void;
}

/** Without leader election a restarted controller does not wait for its own old lease to run out. */
const alone = { 'leader-elect': 'false' };

function withDefaults(dir: string, flags: ComponentFlags, audit: boolean): ComponentFlags {
  return {
    ...flags,
    etcd: { 'data-dir': stateDir(dir), ...flags.etcd },
    'kube-apiserver': { ...(audit ? { 'audit-log-maxsize': '0' } : {}), ...flags['kube-apiserver'] },
    'kube-controller-manager': { ...alone, ...flags['kube-controller-manager'] },
    'kube-scheduler': { ...alone, ...flags['kube-scheduler'] },
  };
}

/** A served API says nothing about the controllers: they work once the default service account appears. */
async function waitForControllers(kubeConfig: KubeConfig): Promise<void> {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  await waitFor(() => core.readNamespacedServiceAccount({ name: 'default', namespace: 'default' }), {
    timeoutMs: 60_000,
    everyMs: 50,
    what: 'the controller manager to create the default service account',
  });
}

/**
 * Starts the cluster of a stack's folder, with the state that an earlier one left there, and returns when it is ready to
 * run pods. It dies with this process unless released. Throws with the reason and where the logs are.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { dir, tools, name = 'nodewave', auditPolicyFile } = options;
  const kubeconfigFile = join(dir, 'kubeconfig.yaml');
  const forget = onExit(() => killClusterNow(dir));
  await endCluster(dir);
  const ports = await clusterPorts(dir, options.apiPort);
  await createCluster({
    dir,
    name,
    tools,
    auditPolicyFile,
    kubeconfigFile,
    ports,
    flags: withDefaults(dir, options.flags ?? {}, auditPolicyFile !== undefined),
  });
  const kubeConfig = loadKubeConfig(kubeconfigFile);
  const { gitVersion } = await waitFor(() => kubeConfig.makeApiClient(VersionApi).getCode(), {
    timeoutMs: 60_000,
    what: `the API server; the logs are in ${join(clusterWorkDir(dir, name), 'logs')}`,
  });
  await applyManifests(kubeConfig, { dir: baseStagesDir });
  await waitForControllers(kubeConfig);
  const logDir = join(clusterWorkDir(dir, name), 'logs');
  const stop = async (graceMs?: number) => {
    await endCluster(dir, graceMs);
    for (const port of Object.values(ports)) returnPort(port);
    forget();
  };
  return {
    name,
    kubeconfigFile,
    server: kubeConfig.getCurrentCluster()?.server ?? '',
    version: gitVersion,
    auditLogFile: auditPolicyFile === undefined ? undefined : join(logDir, 'audit.log'),
    logDir,
    kubeConfig,
    stop: () => stop(),
    delete: async () => {
      // What is removed anyway need not be flushed first.
      await stop(0);
      for (const entry of [
        stateDir(dir),
        ...['kwok', 'kubeconfig.yaml', 'cluster-ports.json'].map((file) => join(dir, file)),
      ]) {
        rmSync(entry, { recursive: true, force: true });
      }
    },
    release: forget,
  };
}

/** True while all five daemons of a stack's cluster run. */
export function isClusterRunning(dir: string): boolean {
  return clusterDaemons(dir).length === 5;
}
