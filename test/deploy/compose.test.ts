import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serviceAccountKubeconfig } from '../../dev/stack/kubeconfig.ts';
import { applyManifests } from '../../dev/stack/manifests.ts';
import { freePort } from '../../dev/stack/ports.ts';
import { type ManagedProcess, startProcess } from '../../dev/stack/process.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { ensureTools, pathOf, type ToolPaths } from '../../dev/tools/ensure.ts';
import { adminKube } from '../support/cluster.ts';
import { stackTimeoutMs, testStack } from '../support/stack.ts';

interface ComposeService {
  command: string[];
  environment?: Record<string, string>;
  healthcheck: { test: string[] };
  stop_grace_period?: string;
}
interface ComposeFile {
  services: Record<string, ComposeService>;
  configs: Record<string, { content: string }>;
}

const root = join(import.meta.dirname, '..', '..');
let folder: string;
let tools: ToolPaths;
let compose: ComposeFile;
/** What a container would see under these names is somewhere else here. */
let here: [string, string][];
const running: ManagedProcess[] = [];

function composeConfig(env: Record<string, string>) {
  return spawnSync(pathOf(tools, 'docker-compose'), ['-f', 'docker-compose.yml', 'config', '--format', 'json'], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder, ...env },
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nodewave-compose-'));
  tools = await ensureTools(['compose', 'temporal'], () => undefined);
  const stack = await testStack();
  await applyManifests(await adminKube(), { file: join(root, 'deploy', 'rbac.yaml') });
  const kubeconfig = join(folder, 'kubeconfig');
  await serviceAccountKubeconfig(stack.kubeconfigFile, 'nodewave', 'nodewave', kubeconfig);
  const printed = composeConfig({ KUBECONFIG: kubeconfig, NODEWAVE_GITHUB_SECRET: 'x', NODEWAVE_CI_SECRET: 'y' });
  if (printed.status !== 0) throw new Error(printed.stderr);
  compose = JSON.parse(printed.stdout);

  const [temporal, ui, worker, webhook, operations] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const secret = (name: string): string => {
    writeFileSync(join(folder, name), `a secret for ${name}`);
    return join(folder, name);
  };
  here = [
    ['--ip=0.0.0.0', '--ip=127.0.0.1'],
    ['--ui-port=8233', `--port=${temporal} --ui-port=${ui}`],
    ['/home/temporal/temporal.db', join(folder, 'temporal.db')],
    ['127.0.0.1:7233', `127.0.0.1:${temporal}`],
    ['temporal:7233', `127.0.0.1:${temporal}`],
    ['127.0.0.1:9464', `127.0.0.1:${worker}`],
    ['0.0.0.0:8080', `127.0.0.1:${webhook}`],
    ['127.0.0.1:8080', `127.0.0.1:${webhook}`],
    ['127.0.0.1:9090', `127.0.0.1:${operations}`],
    ['/etc/nodewave/clusters.yaml', join(folder, 'clusters.yaml')],
    ['/etc/nodewave/receivers.yaml', join(folder, 'receivers.yaml')],
    ['/etc/nodewave/kubeconfig', kubeconfig],
    ['/run/secrets/github', secret('github')],
    ['/run/secrets/ci', secret('ci')],
  ];
  for (const name of ['clusters', 'receivers']) {
    writeFileSync(join(folder, `${name}.yaml`), local(compose.configs[name]?.content ?? ''));
  }
}, stackTimeoutMs);

afterAll(async () => {
  for (const service of running.toReversed()) await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

function local(text: string): string {
  return here.reduce((changed, [there, mine]) => changed.replaceAll(there, mine), text);
}

function service(name: string): ComposeService {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** A container's program, on this machine. */
function program(name: string): string {
  return name === 'temporal' ? pathOf(tools, 'temporal') : name === 'node' ? process.execPath : name;
}

async function start(name: string, words: string[]): Promise<void> {
  const [command = '', ...args] = words.flatMap((word) => local(word).split(' '));
  const environment = Object.entries(service(name).environment ?? {}).map(([key, value]) => [key, local(value)]);
  running.push(
    await startProcess({
      name,
      command: program(command),
      args,
      cwd: root,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        NODEWAVE_GIT_CACHE: join(folder, 'git'),
        NODEWAVE_GIT_LOCAL: 'true',
        ...Object.fromEntries(environment),
      },
      logFile: join(folder, `${name}.log`),
    }),
  );
}

function healthy(name: string): boolean {
  const [kind, command = '', ...args] = service(name).healthcheck.test.map(local);
  expect(kind).toBe('CMD');
  return spawnSync(program(command), args, { cwd: root, env: { PATH: process.env.PATH, HOME: folder } }).status === 0;
}

test('each service starts with its own command and passes its own health check', async () => {
  const commands = {
    temporal: ['temporal', ...service('temporal').command],
    worker: service('worker').command,
    webhook: service('webhook').command,
  };
  for (const [name, words] of Object.entries(commands)) {
    expect(healthy(name)).toBe(false);
    await start(name, words);
    await waitFor(() => healthy(name), { timeoutMs: 90_000, everyMs: 500, what: `${name} to pass its health check` });
  }
}, 300_000);

test('the worker gets longer to stop than it may drain', () => {
  expect(service('worker').stop_grace_period).toBe('30s');
});

test('without a kubeconfig the file says what to set', () => {
  const { status, stderr } = composeConfig({});
  expect(status).not.toBe(0);
  expect(stderr).toContain('set KUBECONFIG to the kubeconfig file of the cluster');
});
