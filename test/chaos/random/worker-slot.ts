import { join } from 'node:path';
import { servicesReady } from '../../../dev/services.ts';
import { freePort } from '../../../dev/stack/ports.ts';
import { killNow, lastLines, type ManagedProcess, startProcess } from '../../../dev/stack/process.ts';
import type { Stack } from '../../../dev/stack/stack.ts';

const repositoryRoot = join(import.meta.dirname, '..', '..', '..');

/** A place in which one worker runs, as of a Deployment: one that ends is followed by another. */
export interface WorkerSlot {
  /** SIGKILLs the worker and returns when the next one is ready; `root` is the folder of sources of all later ones. */
  kill(root?: string): Promise<void>;
  /** How workers ended that nobody had killed: exit code and last words. */
  readonly selfEnded: readonly string[];
  /** From now on nothing is started any more. */
  release(): void;
}

/** Starts the worker of a slot and returns when it is ready. */
export async function startWorkerSlot(stack: Stack, basis: NodeJS.ProcessEnv, slot: number): Promise<WorkerSlot> {
  const ports = { webhook: await freePort(), operations: await freePort() };
  const logFile = join(stack.dir, 'logs', `worker-${slot}.log`);
  let sources = repositoryRoot;
  let started = 0;
  let released = false;
  const selfEnded: string[] = [];
  // A worker that meets a dead Temporal or API server while it starts may end; then the next one is started.
  const start = async (): Promise<ManagedProcess> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await startOnce();
      } catch (error) {
        if (attempt === 5 || released) throw error;
        selfEnded.push(`while starting: ${lastLines(logFile, 1).slice(0, 300)}`);
      }
    }
  };
  const startOnce = async (): Promise<ManagedProcess> => {
    started += 1;
    const child = await startProcess({
      name: `worker-${slot}`,
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', join(sources, 'worker', 'main.ts')],
      cwd: sources,
      env: {
        ...basis,
        NODEWAVE_IDENTITY: `worker-${slot}-${started}`,
        NODEWAVE_WEBHOOK_ADDRESS: `127.0.0.1:${ports.webhook}`,
        NODEWAVE_OPERATIONS_ADDRESS: `127.0.0.1:${ports.operations}`,
        NODEWAVE_GIT_CACHE: join(stack.dir, `git-${slot}`),
        NODEWAVE_GIT_LOCAL: 'true',
      },
      logFile,
    });
    stack.track(child);
    await servicesReady(child, `http://127.0.0.1:${ports.operations}`);
    return child;
  };
  let worker: ManagedProcess | null = await start();
  const watch = (child: ManagedProcess): void => {
    void child.ended.then(async ({ code, signal }) => {
      if (child !== worker || released) return;
      worker = null;
      selfEnded.push(`exit ${signal ?? code}: ${lastWords(logFile)}`);
      worker = await start();
      watch(worker);
    });
  };
  watch(worker);
  return {
    selfEnded,
    kill: async (root) => {
      if (root !== undefined) sources = root;
      const victim = worker;
      // It has just ended by itself, and its successor is on its way.
      if (victim === null) return;
      worker = null;
      killNow(victim.identity);
      await victim.ended;
      worker = await start();
      watch(worker);
    },
    release: () => {
      released = true;
    },
  };
}

/** What a process wrote when it died of an exception, without the structured lines before it. */
function lastWords(logFile: string): string {
  const lines = lastLines(logFile, 30).split('\n');
  const from = lines.findLastIndex((line) => line.startsWith('{')) + 1;
  return lines.slice(from).join(' ').slice(0, 600);
}
