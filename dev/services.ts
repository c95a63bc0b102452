import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { serviceAccountKubeconfig } from './stack/kubeconfig.ts';
import { applyManifests } from './stack/manifests.ts';
import { lastLines, type ManagedProcess, startProcess } from './stack/process.ts';
import type { Stack } from './stack/stack.ts';
import { waitFor } from './stack/wait.ts';

const repositoryRoot = join(import.meta.dirname, '..');
const rbacFile = join(repositoryRoot, 'deploy', 'rbac.yaml');

/** Where the services listen. */
export interface ServicePorts {
  webhook: number;
  operations: number;
}

/** What is needed of a running stack here. */
export type StackPart = Pick<Stack, 'dir' | 'env'> & {
  cluster: Pick<Stack['cluster'], 'kubeConfig' | 'kubeconfigFile'>;
};

/** Everything that worker and webhook server of a local stack need to start. */
export interface ServicesSetup {
  /** Whole environment of their process. */
  env: NodeJS.ProcessEnv;
  /** File that gets their log, JSON lines. */
  logFile: string;
  /** Kubeconfig that the worker uses: with the rights of deploy/rbac.yaml and no more, where that file exists. */
  workerKubeconfig: string;
  /** Name under which the cluster is known, for `destination.cluster`. */
  cluster: string;
  webhookUrl: string;
  operationsUrl: string;
  /** By receiver name: the URL to post to and the file that holds the secret. */
  receivers: Record<string, { url: string; secretFile: string }>;
}

const receiverProviders = { local: 'github', ci: 'generic', reports: 'ci' } as const;

/** Applies deploy/rbac.yaml and returns a kubeconfig of its service account; the admin's while there is no such file. */
async function leastPrivilege(stack: StackPart): Promise<string> {
  if (!existsSync(rbacFile)) return stack.cluster.kubeconfigFile;
  const applied = await applyManifests(stack.cluster.kubeConfig, { file: rbacFile });
  const account = applied.find(({ kind }) => kind === 'ServiceAccount')?.metadata;
  if (account === undefined) throw new Error(`${rbacFile} has no ServiceAccount`);
  const file = join(stack.dir, 'worker-kubeconfig.yaml');
  return await serviceAccountKubeconfig(
    stack.cluster.kubeconfigFile,
    account.namespace ?? 'default',
    account.name,
    file,
  );
}

/** Lets the worker read logs and events as well, so that failures are explained from all there is. */
export async function grantDiagnosis(stack: StackPart): Promise<void> {
  await applyManifests(stack.cluster.kubeConfig, { file: join(repositoryRoot, 'deploy', 'rbac-diagnosis.yaml') });
}

/** A random secret that stays the same over restarts, readable by the owner only. */
function secretFile(dir: string, receiver: string): string {
  const file = join(dir, 'secrets', receiver);
  mkdirSync(join(dir, 'secrets'), { recursive: true, mode: 0o700 });
  const prefix = receiver === 'local' ? '' : 'whsec_';
  if (!existsSync(file)) writeFileSync(file, prefix + randomBytes(24).toString('base64'), { mode: 0o600 });
  return file;
}

/**
 * Applies the worker's rights and writes its clusters and receivers files into the stack's folder. `cluster` is the name
 * that applications use; "dev" without it. Starts nothing.
 */
export async function prepareServices(stack: StackPart, ports: ServicePorts, cluster = 'dev'): Promise<ServicesSetup> {
  const { dir } = stack;
  const workerKubeconfig = await leastPrivilege(stack);
  const webhookUrl = `http://127.0.0.1:${ports.webhook}`;
  const receivers = Object.entries(receiverProviders).map(([name, provider]) => ({
    name,
    provider,
    secretFile: secretFile(dir, name),
    url: `${webhookUrl}/webhooks/${provider}/${name}`,
  }));
  const clustersFile = join(dir, 'clusters.yaml');
  const receiversFile = join(dir, 'receivers.yaml');
  writeFileSync(clustersFile, stringify({ clusters: { [cluster]: { kubeconfig: workerKubeconfig } } }));
  const entries = receivers.map(({ name, provider, secretFile: file }) => [name, { provider, secretFile: file }]);
  writeFileSync(receiversFile, stringify({ receivers: Object.fromEntries(entries) }));
  return {
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: stack.env.TEMPORAL_ADDRESS,
      TEMPORAL_NAMESPACE: stack.env.TEMPORAL_NAMESPACE,
      NODEWAVE_CLUSTERS_FILE: clustersFile,
      NODEWAVE_RECEIVERS_FILE: receiversFile,
      NODEWAVE_WEBHOOK_ADDRESS: `127.0.0.1:${ports.webhook}`,
      NODEWAVE_OPERATIONS_ADDRESS: `127.0.0.1:${ports.operations}`,
      NODEWAVE_GIT_CACHE: join(dir, 'git'),
      NODEWAVE_GIT_LOCAL: 'true',
    },
    logFile: join(dir, 'logs', 'services.log'),
    workerKubeconfig,
    cluster,
    webhookUrl,
    operationsUrl: `http://127.0.0.1:${ports.operations}`,
    receivers: Object.fromEntries(
      receivers.map(({ name, url, secretFile: file }) => [name, { url, secretFile: file }]),
    ),
  };
}

/** Spawns `worker/main.ts`, so worker and webhook server in one process, and returns at once. */
export function startServices(env: NodeJS.ProcessEnv, logFile: string): Promise<ManagedProcess> {
  return startProcess({
    name: 'worker',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(repositoryRoot, 'worker', 'main.ts')],
    cwd: repositoryRoot,
    env,
    logFile,
  });
}

/** Returns when `/readyz` answers 200. Throws with the end of the log when the process ends before that. */
export async function servicesReady(child: ManagedProcess, operationsUrl: string, timeoutMs = 60_000): Promise<void> {
  const ended = child.ended.then(({ code, signal }) => {
    throw new Error(
      `worker/main.ts ended with ${signal ?? `exit code ${code}`} before it was ready; its log (${child.logFile}) ends:\n${lastLines(child.logFile, 5)}`,
    );
  });
  const ready = waitFor(async () => (await fetch(`${operationsUrl}/readyz`)).ok, {
    timeoutMs,
    everyMs: 100,
    what: `${operationsUrl}/readyz (log: ${child.logFile})`,
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
}

/** The text of a secret file. */
export function readSecret(file: string): string {
  return readFileSync(file, 'utf8').trim();
}
