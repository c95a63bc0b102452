import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterClient, createClusterClient } from '../../../activities/cluster/client.ts';
import { connect, loadTemporalConfig, type NodewaveClient } from '../../../client/index.ts';
import { prepareServices, servicesReady } from '../../../dev/services.ts';
import { sweepStacks } from '../../../dev/stack/ledger.ts';
import { freePort, returnPort } from '../../../dev/stack/ports.ts';
import { killNow, lastLines, type ManagedProcess, startProcess } from '../../../dev/stack/process.ts';
import { type Stack, startStack, temporalDbFile } from '../../../dev/stack/stack.ts';
import { startTemporal, type Temporal } from '../../../dev/stack/temporal.ts';
import { killApiServer } from './api-server.ts';
import { overHttp1 } from './http1.ts';

/** Name under which applications know the cluster. */
export const randomCluster = 'random';

const repositoryRoot = join(import.meta.dirname, '..', '..', '..');

/** A cluster, a Temporal with a database file and one worker, each of which may be killed. */
export interface RandomStack {
  stack: Stack;
  /** With admin rights, for what the run does itself. */
  kube: ClusterClient;
  client: NodewaveClient;
  auditLogFile: string;
  /** Where the worker and everything else logs to. */
  dir: string;
  /** SIGKILLs the worker and starts another one; returns when that is ready. */
  killWorker(): Promise<void>;
  /** Starts the worker from another folder of sources from now on. */
  useSources(root: string): Promise<void>;
  /** SIGKILLs Temporal and starts it again on its database; returns when it serves. */
  killTemporal(): Promise<void>;
  /** SIGKILLs the API server and starts it again on its etcd; returns when it is ready. */
  killApiServer(): Promise<void>;
  /** How workers ended that nobody had killed: exit code and last words. Each was started again. */
  readonly selfEnded: readonly string[];
  stop(): Promise<void>;
}

/** The controllers' usual limit of 20 requests a second would make most of the run a wait for them. */
const unhurried = { 'kube-api-qps': '200', 'kube-api-burst': '200' };

/** Starts everything; the worker has the rights of deploy/rbac.yaml and no others. */
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
  overHttp1(stack.cluster.kubeConfig);
  try {
    return await withServices(stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function withServices(stack: Stack): Promise<RandomStack> {
  const { dir } = stack;
  const ports = { webhook: await freePort(), operations: await freePort() };
  const setup = await prepareServices(stack, ports, randomCluster);
  const env = { ...setup.env, NODEWAVE_BUNDLE_DIR: join(tmpdir(), 'nodewave-test-bundles') };
  const client = await connect(loadTemporalConfig(env));
  let sources = repositoryRoot;
  let started = 0;
  const startWorker = async (): Promise<ManagedProcess> => {
    started += 1;
    const child = await startProcess({
      name: 'worker',
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', join(sources, 'worker', 'main.ts')],
      cwd: sources,
      env: { ...env, NODEWAVE_IDENTITY: `worker-${started}` },
      logFile: setup.logFile,
    });
    stack.track(child);
    await servicesReady(child, setup.operationsUrl);
    return child;
  };
  let worker = await startWorker();
  let temporal: Temporal = stack.temporal;
  let stopped = false;
  const selfEnded: string[] = [];
  // What a Deployment does: a worker that ends is started again.
  const supervise = (child: ManagedProcess): void => {
    void child.ended.then(async ({ code, signal }) => {
      if (child !== worker || stopped) return;
      selfEnded.push(`exit ${signal ?? code}: ${lastWords(setup.logFile)}`);
      worker = await startWorker();
      supervise(worker);
    });
  };
  supervise(worker);
  const killWorker = async (): Promise<void> => {
    const victim = worker;
    const next = victim.ended.then(startWorker);
    // Nobody is to take the death for one of the worker's own.
    worker = { ...victim };
    killNow(victim.identity);
    worker = await next;
    supervise(worker);
  };
  return {
    stack,
    kube: createClusterClient(stack.cluster.kubeConfig),
    client,
    auditLogFile: stack.cluster.auditLogFile ?? '',
    dir,
    killWorker,
    useSources: async (root) => {
      sources = root;
      await killWorker();
    },
    killTemporal: async () => {
      const port = Number(temporal.address.split(':')[1]);
      process.kill(temporal.process.identity.pid, 'SIGKILL');
      await temporal.process.ended;
      returnPort(port);
      temporal = await startTemporal({
        dir,
        tools: stack.tools,
        dbFile: temporalDbFile(dir),
        port,
        onStart: stack.track,
      });
    },
    killApiServer: () => killApiServer(stack),
    selfEnded,
    stop: async () => {
      stopped = true;
      await client.close();
      await stack.stop();
    },
  };
}

/** What a process wrote when it died of an exception, without the structured lines before it. */
function lastWords(logFile: string): string {
  const lines = lastLines(logFile, 30).split('\n');
  return lines
    .slice(lines.findLastIndex((line) => line.startsWith('{')) + 1)
    .join(' ')
    .slice(0, 600);
}
