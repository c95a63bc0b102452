import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterClient, createClusterClient } from '../../../activities/cluster/client.ts';
import { connect, loadTemporalConfig, type NodewaveClient } from '../../../client/index.ts';
import { prepareServices } from '../../../dev/services.ts';
import { sweepStacks } from '../../../dev/stack/ledger.ts';
import { freePort, returnPort } from '../../../dev/stack/ports.ts';
import { type Stack, startStack, temporalDbFile } from '../../../dev/stack/stack.ts';
import { startTemporal, type Temporal } from '../../../dev/stack/temporal.ts';
import { killApiServer } from './api-server.ts';
import { startWorkerSlot } from './worker-slot.ts';

/** Name under which applications know the cluster. */
export const randomCluster = 'random';

/** A cluster, a Temporal with a database file and two workers, each of which may be killed. */
export interface RandomStack {
  stack: Stack;
  /** With admin rights, for what the run does itself. */
  kube: ClusterClient;
  client: NodewaveClient;
  auditLogFile: string;
  /** SIGKILLs a worker and starts another one in its place; returns when that is ready. */
  killWorker(which: 0 | 1): Promise<void>;
  /** Starts the workers from another folder of sources from now on. */
  useSources(root: string): Promise<void>;
  /** SIGKILLs Temporal and starts it again on its database; returns when it serves. */
  killTemporal(): Promise<void>;
  /** SIGKILLs the API server and starts it again on its etcd; returns when it is ready. */
  killApiServer(): Promise<void>;
  /** How workers ended that nobody had killed: exit code and last words. Each was started again. */
  selfEnded(): string[];
  stop(): Promise<void>;
}

/** The controllers' usual limit of 20 requests a second would make most of the run a wait for them. */
const unhurried = { 'kube-api-qps': '200', 'kube-api-burst': '200' };

/** Starts everything; the workers have the rights of deploy/rbac.yaml and no others. */
export async function startRandomStack(nodes: number): Promise<RandomStack> {
  await sweepStacks();
  const stack = await startStack({
    dir: mkdtempSync(join(tmpdir(), 'nodewave-random-')),
    keep: false,
    temporalFile: true,
    nodes,
    auditPolicy: join(import.meta.dirname, 'audit-policy.yaml'),
    flags: {
      'kube-controller-manager': {
        ...unhurried,
        // A node that turns NotReady has its pods marked NotReady within a second, as on a cluster of any kind, only sooner.
        'node-monitor-period': '1s',
        'use-service-account-credentials': 'true',
      },
      'kube-scheduler': unhurried,
    },
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    return await withServices(stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function withServices(stack: Stack): Promise<RandomStack> {
  const { dir } = stack;
  const unused = { webhook: await freePort(), operations: await freePort() };
  const setup = await prepareServices(stack, unused, randomCluster);
  const client = await connect(loadTemporalConfig(setup.env));
  const env = { ...setup.env, NODEWAVE_BUNDLE_DIR: join(tmpdir(), 'nodewave-test-bundles') };
  const workers = [await startWorkerSlot(stack, env, 1), await startWorkerSlot(stack, env, 2)] as const;
  let temporal: Temporal = stack.temporal;
  return {
    stack,
    kube: createClusterClient(stack.cluster.kubeConfig),
    client,
    auditLogFile: stack.cluster.auditLogFile ?? '',
    selfEnded: () => workers.flatMap((worker) => worker.selfEnded),
    killWorker: (which) => workers[which].kill(),
    useSources: async (root) => {
      await Promise.all(workers.map((worker) => worker.kill(root)));
    },
    killTemporal: async () => {
      const port = Number(temporal.address.split(':')[1]);
      process.kill(temporal.process.identity.pid, 'SIGKILL');
      await temporal.process.ended;
      returnPort(port);
      const { tools, track } = stack;
      temporal = await startTemporal({ dir, tools, dbFile: temporalDbFile(dir), port, onStart: track });
    },
    killApiServer: () => killApiServer(stack),
    stop: async () => {
      for (const worker of workers) worker.release();
      await client.close();
      await stack.stop();
    },
  };
}
