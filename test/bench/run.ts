import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClusterClient } from '../../activities/cluster/client.ts';
import { prepareServices, servicesReady, startServices } from '../../dev/services.ts';
import { freePort } from '../../dev/stack/ports.ts';
import { type Stack, startStack } from '../../dev/stack/stack.ts';
import { applyStages } from '../../dev/stack/stages.ts';
import { newImage } from './fleet.ts';
import { measureNative } from './native.ts';
import { measureNodewave, type NodewaveFigures } from './nodewave.ts';
import type { Variant } from './variants.ts';

type Say = (line: string) => void;

/** What a variant came to. */
export interface VariantFigures extends NodewaveFigures {
  /** Null where the native side is not run. */
  nativeSeconds: number | null;
}

/** Both sides of a variant, each on a cluster of its own, so that neither inherits work from the other. */
export async function runVariant(variant: Variant, say: Say): Promise<VariantFigures> {
  const nativeSeconds =
    variant.limits.ratio === undefined
      ? null
      : await onFreshCluster(variant, say, (stack) => measureNative({ ...side(variant, stack), say }));
  const nodewave = await onFreshCluster(variant, say, (stack) => withWorker(variant, stack, say));
  return { nativeSeconds, ...nodewave };
}

function side({ nodes, inFlight }: Variant, stack: Stack) {
  return { nodes, inFlight, kube: createClusterClient(stack.cluster.kubeConfig) };
}

async function onFreshCluster<T>(variant: Variant, say: Say, body: (stack: Stack) => Promise<T>): Promise<T> {
  const stack = await startStack({
    dir: mkdtempSync(join(tmpdir(), 'nodewave-bench-')),
    keep: false,
    nodes: variant.nodes,
    flags: variant.flags,
    auditPolicy: join(import.meta.dirname, 'audit-policy.yaml'),
    progress: say,
  });
  try {
    const stages = variant.stages?.(newImage, stack.nodes) ?? [];
    if (stages.length > 0) await applyStages(stack.cluster.kubeConfig, stages);
    return await body(stack);
  } finally {
    await stack.stop();
  }
}

async function withWorker(variant: Variant, stack: Stack, say: Say): Promise<NodewaveFigures> {
  const setup = await prepareServices(stack, { webhook: await freePort(), operations: await freePort() });
  const worker = await startServices(setup.env, setup.logFile);
  try {
    await servicesReady(worker, setup.operationsUrl);
    const { auditLogFile = '' } = stack.cluster;
    return await measureNodewave({
      ...side(variant, stack),
      say,
      auditLogFile,
      cluster: setup.cluster,
      workerPid: worker.identity.pid,
      env: setup.env,
      batchOf: variant.batchOf,
    });
  } finally {
    await worker.stop();
  }
}
