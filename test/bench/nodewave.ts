import { truncateSync } from 'node:fs';
import { stringify } from 'yaml';
import { connect, loadTemporalConfig } from '../../client/index.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { parseApplications } from '../../domain/application/parse.ts';
import { recordPods } from '../support/pod-history.ts';
import { makeRepo } from '../support/repo.ts';
import { historyEvents } from './events.ts';
import { allOn, createFleet, fleet, makeNamespace, newImage, oldImage, type Side, secondsSince } from './fleet.ts';
import { peakMemoryMb, requestsByVerb } from './requests.ts';

/** What is measured of Nodewave. */
export interface NodewaveFigures {
  nodewaveSeconds: number;
  /** Of the application and the rollout together, over all their runs. */
  historyEvents: number;
  workerRssMb: number;
  apiRequests: Record<string, number>;
}

/** Where the worker to measure is. */
export interface WorkerUnderTest {
  auditLogFile: string;
  /** The cluster's name in its clusters file. */
  cluster: string;
  workerPid: number;
  env: NodeJS.ProcessEnv;
  batchOf?: number | undefined;
}

/** Nodewave's seconds from the push to the last available pod, and what they cost. */
export async function measureNodewave(input: Side & WorkerUnderTest): Promise<NodewaveFigures> {
  const { nodes, inFlight, kube, say, auditLogFile } = input;
  const namespace = 'bench-nodewave';
  await makeNamespace(kube, namespace);
  say(`nodewave: ${nodes} pods of version 1 ...`);
  await createFleet(kube, fleet(namespace, 'agent', oldImage, inFlight), nodes);
  const repo = await makeRepo();
  const config = loadTemporalConfig(input.env);
  const client = await connect(config);
  try {
    await repo.push({ 'agent.yaml': stringify(fleet(namespace, 'agent', oldImage, inFlight)) });
    await client.configure(applicationFor(repo.url, namespace, input), 'bench');
    await outcome('adopted');
    const history = await recordPods(kube, namespace);
    say('nodewave: rolling to version 2 ...');
    truncateSync(auditLogFile);
    const startedMs = performance.now();
    const commit = await repo.push({ 'agent.yaml': stringify(fleet(namespace, 'agent', newImage, inFlight)) });
    await client.changed(namespace, { deliveryId: commit, source: 'cli', refs: [] });
    await allOn(history, newImage, nodes);
    const nodewaveSeconds = secondsSince(startedMs);
    await outcome('succeeded');
    history.stop();
    say(`nodewave: ${nodewaveSeconds} s`);
    return {
      nodewaveSeconds,
      historyEvents: await historyEvents(config, { cluster: input.cluster, namespace, name: 'agent' }, namespace),
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

function applicationFor(repo: string, namespace: string, input: Side & WorkerUnderTest) {
  const text = stringify({
    apiVersion: 'nodewave.dev/v1alpha1',
    kind: 'NodeApplication',
    metadata: { name: namespace },
    spec: {
      source: { repo, ref: { branch: 'main' }, path: '.' },
      destination: { cluster: input.cluster, namespace },
      sync: { interval: '30m' },
      rollout: { batches: batches(input), maxUnavailable: input.inFlight },
    },
  });
  const { specs, errors } = parseApplications(text, 'bench.yaml');
  const [spec] = specs;
  if (spec === undefined) throw new Error(JSON.stringify(errors));
  return spec;
}

function batches({ nodes, batchOf = nodes }: Side & WorkerUnderTest) {
  const before = Math.ceil(nodes / batchOf) - 1;
  return [...Array.from({ length: before }, () => ({ nodes: batchOf })), { nodes: '100%' }];
}
