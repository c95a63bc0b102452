import { truncateSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import type { ClusterClient } from '../../activities/cluster/client.ts';
import { paths } from '../../activities/cluster/paths.ts';
import { connect, loadTemporalConfig } from '../../client/index.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { parseApplications } from '../../domain/application/parse.ts';
import { applicationWorkflowId, rolloutWorkflowId } from '../../domain/ids.ts';
import { recordPods } from '../support/pod-history.ts';
import { makeRepo } from '../support/repo.ts';
import { allOn, createFleet, fleet } from './fleet.ts';
import { peakMemoryMb, requestsByVerb } from './requests.ts';

interface Size {
  nodes: number;
  inFlight: number;
  kube: ClusterClient;
  say: (line: string) => void;
}

/** What is measured of Nodewave. */
export interface NodewaveFigures {
  nodewaveSeconds: number;
  /** Of the application and the rollout together, from the first event. */
  historyEvents: number;
  workerRssMb: number;
  apiRequests: Record<string, number>;
}

/** Seconds from the change of the template to the last available pod, with native RollingUpdate. */
export async function measureNative({ nodes, inFlight, kube, say }: Size): Promise<number> {
  const namespace = 'bench-native';
  await kube.create(
    '/api/v1/namespaces',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { fieldManager: 'bench' },
  );
  say(`native: ${nodes} pods of version 1 ...`);
  await createFleet(kube, fleet(namespace, 'agent', 'agent:1', inFlight), nodes);
  const history = await recordPods(kube, namespace);
  const ref = { namespace, name: 'agent' };
  say('native: rolling to version 2 ...');
  const startedMs = performance.now();
  const containers = [{ name: 'agent', image: 'agent:2' }];
  await kube.patch(paths.daemonSet(ref), { spec: { template: { spec: { containers } } } }, { type: 'strategic' });
  await allOn(history, 'agent:2', nodes);
  const seconds = secondsSince(startedMs);
  history.stop();
  await kube.remove(paths.daemonSet(ref), { propagationPolicy: 'Background' });
  await waitFor(async () => (await kube.list(paths.pods(namespace), { limit: 1 })).items.length === 0, {
    timeoutMs: 600_000,
    everyMs: 1_000,
    what: 'the native pods to be gone',
  });
  say(`native: ${seconds} s`);
  return seconds;
}

/** The same with Nodewave: from the push to the last available pod, one batch of 100 %. */
export async function measureNodewave(
  input: Size & { auditLogFile: string; cluster: string; workerPid: number; env: NodeJS.ProcessEnv },
): Promise<NodewaveFigures> {
  const { nodes, inFlight, kube, say, auditLogFile } = input;
  const namespace = 'bench-nodewave';
  await kube.create(
    '/api/v1/namespaces',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { fieldManager: 'bench' },
  );
  say(`nodewave: ${nodes} pods of version 1 ...`);
  await createFleet(kube, fleet(namespace, 'agent', 'agent:1', inFlight), nodes);
  const repo = await makeRepo();
  const config = loadTemporalConfig(input.env);
  const client = await connect(config);
  try {
    await repo.push({ 'agent.yaml': stringify(fleet(namespace, 'agent', 'agent:1', inFlight)) });
    await client.configure(applicationFor(repo.url, namespace, input.cluster, inFlight), 'bench');
    await outcome('adopted');
    const history = await recordPods(kube, namespace);
    say('nodewave: rolling to version 2 ...');
    truncateSync(auditLogFile);
    const startedMs = performance.now();
    const commit = await repo.push({ 'agent.yaml': stringify(fleet(namespace, 'agent', 'agent:2', inFlight)) });
    await client.changed(namespace, { deliveryId: commit, source: 'cli', refs: [] });
    await allOn(history, 'agent:2', nodes);
    const nodewaveSeconds = secondsSince(startedMs);
    await outcome('succeeded');
    history.stop();
    say(`nodewave: ${nodewaveSeconds} s`);
    return {
      nodewaveSeconds,
      historyEvents: await historyEvents(config, input.cluster, namespace),
      workerRssMb: peakMemoryMb(input.workerPid),
      apiRequests: requestsByVerb(auditLogFile),
    };
  } finally {
    await client.close();
    repo.remove();
  }

  async function outcome(wanted: string): Promise<void> {
    await waitFor(async () => (await client.applicationStatus(namespace)).recent[0]?.outcome === wanted, {
      timeoutMs: 900_000,
      everyMs: 500,
      what: `the outcome ${wanted}`,
    });
  }
}

function applicationFor(repo: string, namespace: string, cluster: string, inFlight: number) {
  const text = stringify({
    apiVersion: 'nodewave.dev/v1alpha1',
    kind: 'NodeApplication',
    metadata: { name: namespace },
    spec: {
      source: { repo, ref: { branch: 'main' }, path: '.' },
      destination: { cluster, namespace },
      sync: { interval: '30m' },
      rollout: { batches: [{ nodes: '100%' }], maxUnavailable: inFlight },
    },
  });
  const { specs, errors } = parseApplications(text, 'bench.yaml');
  const [spec] = specs;
  if (spec === undefined) throw new Error(JSON.stringify(errors));
  return spec;
}

async function historyEvents(
  config: ReturnType<typeof loadTemporalConfig>,
  cluster: string,
  namespace: string,
): Promise<number> {
  const connection = await Connection.connect(config.connectionOptions);
  try {
    const { workflow } = new Client({ connection, namespace: config.namespace });
    const ids = [applicationWorkflowId(namespace), rolloutWorkflowId({ cluster, namespace, name: 'agent' })];
    const described = await Promise.all(ids.map((id) => workflow.getHandle(id).describe()));
    return described.reduce((sum, { historyLength }) => sum + historyLength, 0);
  } finally {
    await connection.close();
  }
}

function secondsSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 100) / 10;
}
