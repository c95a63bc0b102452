import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureTools, type ToolPaths } from '../tools/ensure.ts';
import { stackTools } from '../tools/registry.ts';
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts';
import { endCluster } from './cluster-pids.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { groupNames, scaleNodes } from './nodes.ts';
import type { ManagedProcess } from './process.ts';
import { startTemporal, type Temporal, type TemporalOptions } from './temporal.ts';

/** The policy that `auditPolicy: true` stands for: pod deletions, and writes to DaemonSets and ConfigMaps. */
export const defaultAuditPolicyFile = join(import.meta.dirname, 'audit-policy.yaml');

/** Temporal's database in a stack's folder. */
export const temporalDbFile = (dir: string): string => join(dir, 'temporal.db');

/** How a stack is started. */
export interface StackOptions {
  /** Folder for all state and logs; created. One stack per folder at a time. */
  dir: string;
  /** Nodes of group "node" to make when there are none; with kept state those that exist stay as they are. */
  nodes?: number;
  /** Zones of the nodes; zone-a, zone-b and zone-c without it. */
  zones?: readonly string[];
  /** Pools of the nodes; none without it. */
  pools?: readonly string[];
  /** Writes the audit log: true for the default policy, or the path of one. */
  auditPolicy?: boolean | string;
  /** Keeps Temporal's database and the cluster's state in the folder for the next start; else `stop` removes the folder. */
  keep: boolean;
  /** Gives Temporal a database file although nothing is kept over `stop`, for tests that kill and restart it. */
  temporalFile?: boolean;
  /** Ports to use where they are free. No web UI without `temporalUi`. */
  ports?: { temporal?: number; temporalUi?: number; apiServer?: number };
  /** Dynamic configuration of Temporal. */
  dynamicConfig?: TemporalOptions['dynamicConfig'];
  /** Flags of the cluster's components. */
  flags?: ClusterOptions['flags'];
  /** Gets a line per step, without a newline; nothing is printed without it. */
  progress?: (line: string) => void;
}

/** A running stack: Temporal and a cluster. */
export interface Stack {
  dir: string;
  tools: ToolPaths;
  temporal: Temporal;
  cluster: Cluster;
  /** Names of the nodes of group "node". */
  nodes: string[];
  /** Environment variables by which Nodewave's processes, kubectl and the temporal CLI find this stack. */
  env: { TEMPORAL_ADDRESS: string; TEMPORAL_NAMESPACE: string; KUBECONFIG: string };
  /** Writes a further process of this stack down, so that the next start finds it after a SIGKILL of this one. */
  track(child: ManagedProcess): void;
  /** Stops everything; removes the folder unless `keep`. Repeated calls wait for the first. */
  stop(): Promise<void>;
  /** Lets Temporal, the cluster and every tracked process outlive this one; `endStack(dir)` ends them. */
  leaveRunning(): void;
}

type Track = (child: ManagedProcess) => void;

/** Both or none: a failure is reported only when the other one's start has ended too, so that it can be stopped. */
async function startBoth(
  options: StackOptions,
  dir: string,
  tools: ToolPaths,
  track: Track,
): Promise<[Temporal, Cluster]> {
  const { ports = {}, keep, temporalFile, auditPolicy, dynamicConfig, flags } = options;
  const auditPolicyFile = auditPolicy === true ? defaultAuditPolicyFile : auditPolicy || undefined;
  const dbFile = keep || temporalFile === true ? temporalDbFile(dir) : undefined;
  const [temporal, cluster] = await Promise.allSettled([
    startTemporal({
      dir,
      tools,
      onStart: track,
      dbFile,
      port: ports.temporal,
      uiPort: ports.temporalUi,
      dynamicConfig,
    }),
    startCluster({ dir, tools, auditPolicyFile, apiPort: ports.apiServer, flags }),
  ]);
  if (temporal.status === 'rejected') throw temporal.reason;
  if (cluster.status === 'rejected') throw cluster.reason;
  return [temporal.value, cluster.value];
}

/** A function that adds processes to the ledger, takes them out when they end, and remembers them for `release`. */
function tracker(ledger: Ledger): { track: Track; running: Set<ManagedProcess> } {
  const running = new Set<ManagedProcess>();
  const track: Track = (child) => {
    running.add(child);
    ledger.add(child.name, child.identity);
    void child.ended.then(() => {
      running.delete(child);
      ledger.remove(child.identity);
    });
  };
  return { track, running };
}

/**
 * Builds what is missing, ends what an earlier start in this folder left running after a SIGKILL, and starts Temporal and
 * the cluster with the state that is there. Both die with this process. When one does not start the other is stopped.
 * Throws with the reason, the cure where there is one, and where the logs are.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dir = resolve(options.dir);
  const progress = options.progress ?? (() => undefined);
  const tools = await ensureTools(stackTools, progress);
  mkdirSync(dir, { recursive: true });
  const { ledger, ended } = await openLedger(dir, !options.keep);
  if (ended.length > 0) progress(`stack: ended what an earlier start left running: ${ended.join(', ')}`);
  const { track, running } = tracker(ledger);
  const endAll = async () => {
    await Promise.all([...running].map((child) => child.stop()));
    await endCluster(dir);
    ledger.close();
  };
  const startedMs = Date.now();
  try {
    const [temporal, cluster] = await startBoth(options, dir, tools, track);
    progress(
      `stack: Temporal and Kubernetes ${cluster.version} up in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`,
    );
    const nodes = await makeNodes(cluster, options);
    if (nodes.length > 0) progress(`stack: ${nodes.length} nodes Ready`);
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      const others = [...running].filter((child) => child !== temporal.process);
      await Promise.all(others.map((child) => child.stop()));
      await Promise.all([temporal.stop(), options.keep ? cluster.stop() : cluster.delete()]);
      await endAll();
      if (!options.keep) rmSync(dir, { recursive: true, force: true });
    };
    return {
      dir,
      tools,
      temporal,
      cluster,
      nodes,
      env: {
        TEMPORAL_ADDRESS: temporal.address,
        TEMPORAL_NAMESPACE: temporal.namespace,
        KUBECONFIG: cluster.kubeconfigFile,
      },
      track,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
      leaveRunning: () => {
        ledger.keep();
        cluster.release();
        for (const child of running) child.release();
      },
    };
  } catch (error) {
    // The folder stays: the error names logs in it.
    await endAll();
    throw error;
  }
}

async function makeNodes(cluster: Cluster, { nodes = 0, zones, pools }: StackOptions): Promise<string[]> {
  const existing = await groupNames(cluster.kubeConfig, 'node');
  if (existing.length > 0) return existing;
  return nodes === 0 ? [] : await scaleNodes(cluster.kubeConfig, nodes, { zones, pools });
}
