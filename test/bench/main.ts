import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClusterClient } from '../../activities/cluster/client.ts';
import { prepareServices, servicesReady, startServices } from '../../dev/services.ts';
import { freePort } from '../../dev/stack/ports.ts';
import { type Stack, startStack } from '../../dev/stack/stack.ts';
import { measureNative, measureNodewave, type NodewaveFigures } from './measure.ts';
import { report } from './report.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    'in-flight': { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
  },
});
const size = { nodes: Number(values.nodes), inFlight: Number(values['in-flight']) };
if (!Number.isInteger(size.nodes) || !Number.isInteger(size.inFlight) || size.nodes < 1 || size.inFlight < 1) {
  process.stderr.write('bench: --nodes and --in-flight take whole numbers from 1\n');
  process.exit(2);
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function onNodewave(stack: Stack): Promise<NodewaveFigures> {
  const setup = await prepareServices(stack, { webhook: await freePort(), operations: await freePort() });
  const worker = await startServices(setup.env, setup.logFile);
  try {
    await servicesReady(worker, setup.operationsUrl);
    const kube = createClusterClient(stack.cluster.kubeConfig);
    const { auditLogFile = '' } = stack.cluster;
    return await measureNodewave({
      ...size,
      kube,
      auditLogFile,
      cluster: setup.cluster,
      workerPid: worker.identity.pid,
      env: setup.env,
      say,
    });
  } finally {
    await worker.stop();
  }
}

/** Native RollingUpdate and Nodewave in turn on one cluster; see docs/bench.md for what the figures mean. */
async function main(): Promise<void> {
  const stack = await startStack({
    dir: mkdtempSync(join(tmpdir(), 'nodewave-bench-')),
    keep: false,
    nodes: size.nodes,
    auditPolicy: join(import.meta.dirname, 'audit-policy.yaml'),
    progress: say,
  });
  try {
    const kube = createClusterClient(stack.cluster.kubeConfig);
    const nativeSeconds = await measureNative({ ...size, kube, say });
    const nodewave = await onNodewave(stack);
    process.stdout.write(report({ ...size, nativeSeconds, ...nodewave }, values.json));
  } finally {
    await stack.stop();
  }
}

await main();
process.exit(0);
