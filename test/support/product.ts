import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type ClusterClient, createClusterClient } from '../../activities/cluster/client.ts';
import { connect, type NodewaveClient } from '../../client/index.ts';
import { serviceAccountKubeconfig } from '../../dev/stack/kubeconfig.ts';
import { applyManifests } from '../../dev/stack/manifests.ts';
import { freePort } from '../../dev/stack/ports.ts';
import { type ManagedProcess, startProcess } from '../../dev/stack/process.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { adminKube } from './cluster.ts';
import { testStack } from './stack.ts';
import { startTemporal, type TestTemporal, type TestTemporalOptions } from './temporal.ts';

/** Name under which applications know the run's cluster. */
export const clusterName = 'local';

const repositoryRoot = join(import.meta.dirname, '..', '..');

/** A worker process with the rights of deploy/rbac.yaml. */
export interface ProductWorker {
  process: ManagedProcess;
  /** What Temporal shows as its identity. */
  identity: string;
  operationsUrl: string;
  webhookUrl: string;
}

/** Nodewave as it is shipped: worker processes, a Temporal of the test file's own, the run's cluster. */
export interface Product {
  temporal: TestTemporal;
  client: NodewaveClient;
  /** With admin rights, for what a test does itself. */
  kube: ClusterClient;
  /** Folder for files of this test file. */
  dir: string;
  /** Secrets by receiver: `github` (provider github), and `ci`, which `reports` (provider ci) has as well as `ci` (provider generic). */
  secrets: { github: string; ci: string };
  /** Starts one more worker; `temporalAddress` may be that of a proxy. */
  startWorker(options?: { temporalAddress?: string; roles?: string }): Promise<ProductWorker>;
  stop(): Promise<void>;
}

/** How a product is started. */
export interface ProductOptions extends TestTemporalOptions {
  /** False starts no worker yet. */
  worker?: boolean;
  /** Namespace and service account of the worker, with a copy of deploy/rbac.yaml of their own, for tests that change it. */
  account?: string;
}

/** Starts Temporal and, unless `worker` is false, one worker with webhook server. */
export async function startProduct(options: ProductOptions = {}): Promise<Product & { first: ProductWorker | null }> {
  const stack = await testStack();
  const admin = await adminKube();
  const temporal = await startTemporal(options);
  const dir = mkdtempSync(join(tmpdir(), 'nodewave-product-'));
  const { account = 'nodewave' } = options;
  const rights = readFileSync(join(repositoryRoot, 'deploy', 'rbac.yaml'), 'utf8');
  await applyManifests(admin, { text: rights.replaceAll('nodewave', account) });
  // The interlock is in the namespace of this name, whatever the worker's account is called.
  if (account !== 'nodewave') await applyManifests(admin, { text: rights.slice(0, rights.indexOf('---')) });
  const kubeconfig = await serviceAccountKubeconfig(
    stack.kubeconfigFile,
    account,
    account,
    join(dir, 'worker-kubeconfig.yaml'),
  );
  const secrets = {
    github: 'a secret of forty characters or more, sure',
    ci: `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`,
  };
  writeFileSync(join(dir, 'github.secret'), secrets.github);
  writeFileSync(join(dir, 'ci.secret'), secrets.ci);
  writeFileSync(join(dir, 'clusters.yaml'), stringify({ clusters: { [clusterName]: { kubeconfig } } }));
  writeFileSync(
    join(dir, 'receivers.yaml'),
    stringify({
      receivers: {
        github: { provider: 'github', secretFile: join(dir, 'github.secret') },
        ci: { provider: 'generic', secretFile: join(dir, 'ci.secret') },
        reports: { provider: 'ci', secretFile: join(dir, 'ci.secret') },
      },
    }),
  );
  const workers: ManagedProcess[] = [];
  const startWorker: Product['startWorker'] = async ({ temporalAddress, roles } = {}) => {
    const ports = { webhook: await freePort(), operations: await freePort() };
    const identity = `worker-${workers.length + 1}`;
    const process_ = await startProcess({
      name: identity,
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', join(repositoryRoot, 'worker', 'main.ts')],
      cwd: repositoryRoot,
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: temporalAddress ?? temporal.config.address,
        TEMPORAL_NAMESPACE: temporal.config.namespace,
        NODEWAVE_CLUSTERS_FILE: join(dir, 'clusters.yaml'),
        NODEWAVE_RECEIVERS_FILE: join(dir, 'receivers.yaml'),
        NODEWAVE_WEBHOOK_ADDRESS: `127.0.0.1:${ports.webhook}`,
        NODEWAVE_OPERATIONS_ADDRESS: `127.0.0.1:${ports.operations}`,
        NODEWAVE_GIT_CACHE: join(dir, `git-${workers.length + 1}`),
        NODEWAVE_GIT_LOCAL: 'true',
        NODEWAVE_IDENTITY: identity,
        NODEWAVE_BUNDLE_DIR: join(tmpdir(), 'nodewave-test-bundles'),
        ...(roles === undefined ? {} : { NODEWAVE_ROLES: roles }),
      },
      logFile: join(dir, `worker-${workers.length + 1}.log`),
    });
    workers.push(process_);
    const operationsUrl = `http://127.0.0.1:${ports.operations}`;
    await waitFor(async () => (await fetch(`${operationsUrl}/readyz`)).ok, {
      timeoutMs: 60_000,
      what: `worker to be ready (log ${process_.logFile})`,
    });
    return { process: process_, identity, operationsUrl, webhookUrl: `http://127.0.0.1:${ports.webhook}` };
  };
  const client = await connect(temporal.config);
  const first = options.worker === false ? null : await startWorker();
  return {
    temporal,
    client,
    kube: createClusterClient(admin),
    dir,
    secrets,
    startWorker,
    first,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await client.close();
      await temporal.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
