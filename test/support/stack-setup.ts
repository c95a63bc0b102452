import { mkdtempSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { sweepStacks } from '../../dev/stack/ledger.ts';
import { type Stack, startStack } from '../../dev/stack/stack.ts';

/** What a test is told of the run's stack. */
export interface TestStack {
  /** host:port of Temporal; namespace "default". */
  temporalAddress: string;
  /** Admin kubeconfig of the cluster. */
  kubeconfigFile: string;
  /** Audit log: pod deletions, and writes to DaemonSets and ConfigMaps. */
  auditLogFile: string;
  /** Nodes that every test may use and none may change; four in each of three zones. */
  nodes: string[];
  /** Folder of the stack, with all logs. */
  dir: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where test files ask for the stack, which is started when the first one does. */
    stackBroker: string;
  }
}

/** The controllers' usual limit of 20 requests a second is shared by all test files that run at once. */
const unhurried = { 'kube-api-qps': '500', 'kube-api-burst': '500' };

/** Starts the one cluster and the one Temporal of a test run: 12 nodes in 3 zones, audit log, nothing kept. */
export async function startTestStack(): Promise<Stack> {
  await sweepStacks();
  return await startStack({
    dir: mkdtempSync(join(tmpdir(), 'nodewave-test-')),
    keep: false,
    nodes: 12,
    auditPolicy: true,
    flags: {
      'kube-controller-manager': {
        ...unhurried,
        'concurrent-daemonset-syncs': '8',
        'concurrent-namespace-syncs': '20',
      },
      'kube-scheduler': unhurried,
    },
    progress: (line) => process.stderr.write(`${line}\n`),
  });
}

function described(stack: Stack): TestStack {
  return {
    temporalAddress: stack.temporal.address,
    kubeconfigFile: stack.cluster.kubeconfigFile,
    auditLogFile: stack.cluster.auditLogFile ?? '',
    nodes: stack.nodes,
    dir: stack.dir,
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/**
 * vitest's globalSetup: a broker on 127.0.0.1 that starts the stack when the first test file asks for it, so that a run
 * of domain tests alone starts nothing.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<Stack> | undefined;
  const broker = createServer((_request, response) => {
    started ??= startTestStack();
    started.then(
      (stack) => answer(response, 200, described(stack)),
      (error: unknown) => answer(response, 500, { message: error instanceof Error ? error.message : String(error) }),
    );
  });
  // A first build of the tools takes minutes.
  broker.requestTimeout = 0;
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  const { port } = broker.address() as AddressInfo;
  project.provide('stackBroker', `http://127.0.0.1:${port}/`);
  return async () => {
    broker.closeAllConnections();
    await new Promise((resolve) => broker.close(resolve));
    await started?.then((stack) => stack.stop()).catch(() => undefined);
  };
}
