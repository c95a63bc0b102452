import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect, loadTemporalConfig } from '../../client/index.ts';
import { endStack } from '../stack/ledger.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { applyStages, crashLoop, slowReady } from '../stack/stages.ts';
import { waitFor } from '../stack/wait.ts';
import { pathOf } from '../tools/ensure.ts';
import type { Commands } from './commands.ts';
import type { Demo } from './demo.ts';
import { makeFollower } from './follow.ts';
import { daemonSetYaml, manifestPath } from './manifests.ts';
import { prepareProcesses } from './processes.ts';
import { makeRepository } from './repository.ts';
import type { Narrator } from './say.ts';
import { imageOf, repositoryRoot, setting, stateDir } from './setting.ts';
import { startWatcher, type Watcher } from './watcher.ts';

/** Runs kubectl with admin rights and returns what it printed. */
type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** Starts Temporal and the cluster from nothing, ending what an earlier demo left running. */
export async function startDemoStack(narrator: Narrator): Promise<Stack> {
  const ended = await endStack(stateDir);
  if (ended.length > 0) narrator.say('ended what an earlier demo had left running');
  // Figures count from an empty cluster: nothing of an earlier one may be in it.
  rmSync(stateDir, { recursive: true, force: true });
  const stack = await startStack({
    dir: stateDir,
    keep: false,
    nodes: setting.nodes,
    zones: setting.zones,
    auditPolicy: true,
    ports: { temporalUi: 8233 },
    progress: (line) => narrator.say(line),
  });
  narrator.say(`Temporal UI: ${stack.temporal.uiUrl ?? ''}`);
  return stack;
}

/** Version 1 on all nodes by kubectl, the repository with its webhook, worker and webhook server, and the watch. */
export async function setUp(
  stack: Stack,
  narrator: Narrator,
  commands: Commands,
): Promise<{ demo: Demo; commit: string }> {
  await applyStages(stack.cluster.kubeConfig, [
    ...slowReady(imageOf('2'), setting.slowReadyMs),
    ...crashLoop(imageOf('3'), { exitCode: 137 }),
  ]);
  const processes = await prepareProcesses(stack);
  const receiver = processes.setup.receivers.local;
  if (receiver === undefined) throw new Error('there is no receiver called local');
  const env = { ...process.env, ...stack.env };
  const kubectl: Kubectl = async (args, input = '') =>
    (
      await commands.run(pathOf(stack.tools, 'kubectl'), ['--cache-dir', join(stack.dir, 'kubectl'), ...args], {
        env,
        input,
      })
    ).stdout;
  const [worker, , watcher, { repository, commit }] = await Promise.all([
    processes.startWorker(),
    processes.startWebhook(),
    runVersion1(stack, kubectl, narrator),
    makeFirstCommit(stack, receiver, commands, narrator),
  ]);
  narrator.say('worker and webhook server run, each in its own process');
  const client = await connect(loadTemporalConfig(env), { identity: 'nodewave-demo' });
  const cli = join(repositoryRoot, 'bin', 'nodewave.mjs');
  const demo: Demo = {
    narrator,
    commands,
    stack,
    processes,
    repository,
    client,
    watcher,
    worker,
    follower: makeFollower(client, narrator),
    nodewave: async (...args) => (await commands.run(process.execPath, [cli, ...args], { env })).stdout.trim(),
    measured: { versions: [], killed: null, pushToFirstDeleteMs: null },
    differences: [],
  };
  return { demo, commit };
}

/** Applies version 1 the way people do without GitOps, watches, and returns when all nodes run it. */
async function runVersion1(stack: Stack, kubectl: Kubectl, narrator: Narrator): Promise<Watcher> {
  const { namespace, nodes } = setting;
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['apply', '--namespace', namespace, '-f', '-'], daemonSetYaml('1'));
  const watcher = await startWatcher(stack.cluster.kubeConfig);
  await waitFor(() => watcher.fleet.served(imageOf('1')).size === nodes, {
    timeoutMs: 60_000,
    everyMs: 50,
    what: `all ${nodes} nodes to run version 1`,
  });
  narrator.say(`kubectl apply -f node-agent.yaml: version 1 runs on all ${nodes} nodes`);
  return watcher;
}

async function makeFirstCommit(
  stack: Stack,
  receiver: { url: string; secretFile: string },
  commands: Commands,
  narrator: Narrator,
): Promise<{ repository: Demo['repository']; commit: string }> {
  const repository = await makeRepository(join(stack.dir, 'git'), receiver, commands);
  const commit = await repository.commit({ [manifestPath]: daemonSetYaml('1') }, 'Ship node-agent 1.0.0');
  // Nothing follows the repository yet, and the server that the webhook goes to may still be starting.
  await repository.setWebhook(false);
  await repository.push();
  await repository.setWebhook(true);
  narrator.say(`git repository with version 1 (${commit.slice(0, 8)}) and a webhook: ${repository.url}`);
  return { repository, commit };
}
