import { writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { grantDiagnosis, prepareServices, type ServicesSetup, servicesReady, startServices } from './services.ts';
import { stopOnSignals } from './stack/exit-guard.ts';
import { freePort } from './stack/ports.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { supervise } from './supervise.ts';
import { pathOf } from './tools/ensure.ts';
import { requireGit } from './tools/prerequisites.ts';

const repositoryRoot = join(import.meta.dirname, '..');
/** NODEWAVE_DEV_DIR keeps a second stack apart from the first, e.g. that of a test. */
const stateDir = resolve(process.env.NODEWAVE_DEV_DIR || join(repositoryRoot, '.nodewave', 'dev'));
/** The ports that people and clients expect; others are taken where these are not free. */
const usual = { temporal: 7233, temporalUi: 8233, apiServer: 6443, webhook: 8080, operations: 9090 };

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** A file that a shell can source, so that kubectl, temporal and nodewave are there and talk to this stack. */
function writeEnvFile(stack: Stack): string {
  const file = join(stack.dir, 'env.sh');
  const variables = Object.entries(stack.env).map(([name, value]) => `export ${name}='${value}'`);
  const folders = new Set((['kubectl', 'temporal'] as const).map((name) => dirname(pathOf(stack.tools, name))));
  // Last on the PATH: programs that the machine has already are those that its owner expects.
  const path = `export PATH="$PATH:${[...folders].join(':')}"`;
  const nodewave = `nodewave() { '${join(repositoryRoot, 'bin', 'nodewave.mjs')}' "$@"; }`;
  writeFileSync(file, `${[...variables, path, nodewave].join('\n')}\n`);
  return file;
}

/** What each receiver is for. */
const receiverTitles: Record<string, string> = {
  local: 'webhook for git',
  ci: 'webhook for CI',
  reports: 'reports of CI',
};

function table(stack: Stack, setup: ServicesSetup): string {
  const short = (path: string) => relative(process.cwd(), path) || '.';
  const rows: [string, string][] = [
    ['Temporal UI', stack.temporal.uiUrl ?? ''],
    ['Temporal', `${stack.temporal.address}, namespace ${stack.temporal.namespace}`],
    ['Kubernetes API', `${stack.cluster.server}, ${stack.cluster.version}, ${stack.nodes.length} nodes`],
    ['cluster name', `${setup.cluster} (for destination.cluster)`],
    ...Object.entries(setup.receivers).map(([name, { url, secretFile }]): [string, string] => [
      receiverTitles[name] ?? `webhook ${name}`,
      `${url}, secret in ${short(secretFile)}`,
    ]),
    ['health', `${setup.operationsUrl}/healthz and /readyz`],
    ['metrics', `${setup.operationsUrl}/metrics`],
    ['state and logs', `${short(stack.dir)}, ${short(join(stack.dir, 'logs'))}`],
    ['in a shell', `source ${short(writeEnvFile(stack))}   # then nodewave, kubectl and temporal use this stack`],
    ['stop', 'Ctrl-C; the next "npm run dev" goes on with this state'],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** Starts worker and webhook server on a stack, keeps them running, and returns when Temporal has ended as asked. */
async function serve(stack: Stack, onStopChange: (stop: () => Promise<void>) => void): Promise<void> {
  const setup = await prepareServices(stack, {
    webhook: await freePort(usual.webhook),
    operations: await freePort(usual.operations),
  });
  await grantDiagnosis(stack);
  const start = async () => {
    const child = await startServices(setup.env, setup.logFile);
    stack.track(child);
    return child;
  };
  const first = await start();
  await servicesReady(first, setup.operationsUrl);
  const services = supervise(first, start, say);
  let wanted = false;
  onStopChange(async () => {
    wanted = true;
    await services.stop();
    await stack.stop();
  });
  process.stdout.write(`\nNodewave runs on this machine:\n${table(stack, setup)}\n\n`);
  await stack.temporal.process.ended;
  if (!wanted) {
    throw new Error(`Temporal ended by itself; its log is ${stack.temporal.process.logFile}. Run "npm run dev" again.`);
  }
}

/** `npm run dev`: Temporal, a cluster of 30 simulated nodes, worker and webhook server, with state that is kept. */
async function main(): Promise<void> {
  requireGit();
  // Until there is more to stop, a signal needs only an exit: the guards end what was started.
  let stop: () => Promise<void> = async () => undefined;
  stopOnSignals(async () => {
    say('stopping ...');
    await stop();
    say('stopped; nothing is left running');
  });
  const stack = await startStack({
    dir: stateDir,
    keep: true,
    nodes: 30,
    zones: ['zone-a', 'zone-b', 'zone-c'],
    auditPolicy: true,
    ports: usual,
    progress: say,
  });
  stop = () => stack.stop();
  try {
    await serve(stack, (next) => {
      stop = next;
    });
  } finally {
    await stop();
  }
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
