import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createClusterClient } from '../../activities/cluster/client.ts';
import { loadKubeConfig } from '../../activities/cluster/kube-config.ts';
import { connect, loadTemporalConfig, type NodewaveClient } from '../../client/index.ts';
import { endStack } from '../../dev/stack/ledger.ts';
import { nodeGroupLabel } from '../../dev/stack/nodes.ts';
import { applyStages, slowReady } from '../../dev/stack/stages.ts';
import { waitFor } from '../../dev/stack/wait.ts';
import { agentYaml, application } from '../support/manifests.ts';
import { recordPods } from '../support/pod-history.ts';
import { makeRepo } from '../support/repo.ts';

const root = join(import.meta.dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'nodewave-dev-'));
let running: ChildProcess | undefined;

afterAll(async () => {
  running?.kill('SIGKILL');
  await endStack(dir);
  rmSync(dir, { recursive: true, force: true });
});

/** Starts what `npm run dev` starts and returns once it has printed its addresses. */
async function startDev(): Promise<{ child: ChildProcess; env: Record<string, string> }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'dev', 'main.ts')], {
    cwd: root,
    env: { ...process.env, NODEWAVE_DEV_DIR: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await waitFor(() => said.includes('Nodewave runs on this machine'), {
    timeoutMs: 120_000,
    what: 'npm run dev to print its addresses',
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${said}`);
  });
  const text = readFileSync(join(dir, 'env.sh'), 'utf8');
  const env = Object.fromEntries(
    [...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  return { child, env };
}

function open(env: Record<string, string>): Promise<NodewaveClient> {
  return connect(loadTemporalConfig(env));
}

async function outcome(client: NodewaveClient, commit: string, wanted: string): Promise<void> {
  await waitFor(
    async () => {
      const { recent } = await client.applicationStatus('dev-restart');
      return recent.find((entry) => entry.commit === commit)?.outcome === wanted;
    },
    { timeoutMs: 120_000, everyMs: 300, what: `the outcome ${wanted} of ${commit}` },
  );
}

test('npm run dev, killed in the middle of a rollout, goes on with it when it is started again', async () => {
  const repo = await makeRepo();
  const selector = { [nodeGroupLabel]: 'node' };
  const first = await startDev();
  let client = await open(first.env);
  const kubeConfig = loadKubeConfig(first.env.KUBECONFIG ?? '');
  await applyStages(kubeConfig, slowReady('dev:2', 500));
  const spec = application({ name: 'dev-restart', repo: repo.url, namespace: 'default', cluster: 'dev' });
  await client.configure(spec, 'test');
  const install = await repo.push({ 'agent.yaml': agentYaml({ image: 'dev:1', nodeSelector: selector }) });
  await client.changed('dev-restart', { deliveryId: install, source: 'cli', refs: [] });
  await outcome(client, install, 'installed');

  const history = await recordPods(createClusterClient(kubeConfig), 'default');
  const update = await repo.push({ 'agent.yaml': agentYaml({ image: 'dev:2', nodeSelector: selector }) });
  await client.changed('dev-restart', { deliveryId: update, source: 'cli', refs: [] });
  await history.until((event) => event.image === 'dev:1' && (event.terminating || event.gone));
  history.stop();
  await client.close();
  first.child.kill('SIGKILL');

  const second = await startDev();
  client = await open(second.env);
  await outcome(client, update, 'succeeded');
  const { items } = await createClusterClient(loadKubeConfig(second.env.KUBECONFIG ?? '')).list<{
    spec: { containers: { image: string }[] };
  }>('/api/v1/namespaces/default/pods', { labelSelector: 'app=agent' });
  expect(items.map((pod) => pod.spec.containers[0]?.image)).toEqual(Array.from({ length: 30 }, () => 'dev:2'));
  await client.close();
  repo.remove();

  const ended = new Promise((resolve) => second.child.once('exit', resolve));
  second.child.kill('SIGINT');
  await ended;
}, 600_000);
