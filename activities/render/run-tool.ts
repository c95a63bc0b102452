import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isolation } from './isolation.ts';

/** Bounds of one run of a renderer. */
export interface ToolLimits {
  /** Processor time; the kernel ends what uses more. Unlike `wallMs` it does not depend on what else the machine does. */
  cpuSeconds: number;
  wallMs: number;
  /** Resident memory. */
  memoryBytes: number;
  stdoutBytes: number;
}

/** What no chart or overlay that delivers DaemonSets meets by accident. */
export const defaultToolLimits: ToolLimits = {
  cpuSeconds: 20,
  wallMs: 60_000,
  memoryBytes: 512 * 1024 * 1024,
  // The same as of manifests that are applied as they are.
  stdoutBytes: 5_000_000,
};

/** One run. */
export interface ToolRun {
  /** Absolute path of the program. */
  file: string;
  args: readonly string[];
  /** Working directory: the temporary folder. */
  dir: string;
  /** Beside the few variables that every run gets. */
  env?: Record<string, string>;
  limits: ToolLimits;
  signal?: AbortSignal;
}

/** How a run ended that did not end well. */
export type ToolReason = 'failed' | 'cpu' | 'wall' | 'memory' | 'output' | 'not started';

/** A renderer did not do what it was asked to; `stderr` is what it said, at most 16 KB of it. */
export class ToolError extends Error {
  readonly reason: ToolReason;
  readonly stderr: string;
  constructor(reason: ToolReason, stderr: string) {
    super(`${reason}: ${stderr}`);
    this.name = 'ToolError';
    this.reason = reason;
    this.stderr = stderr;
  }
}

/** Of the beginning and of the end of what is said, each. */
const mostStderrCharacters = 8_192;

/** Short enough to end what takes a gigabyte a second before the machine feels it. */
const lookEveryMs = 50;

/**
 * Go reserves more than a gigabyte of addresses before it does anything. The limit is only the net below the look at
 * resident memory, for what grows faster than that looks.
 */
const addressSpaceKb = (memoryBytes: number): number => Math.round((memoryBytes * 2 + 2_000_000_000) / 1024);

/** Sets limits that hold for the program as well, then becomes it. A limit that a system does not know is left out. */
const limited =
  '{ ulimit -c 0; ulimit -f 20480; ulimit -n 256; ulimit -t "$1"; ulimit -v "$2"; } 2>/dev/null; ' +
  'shift 2; unset PWD OLDPWD SHLVL; exec "$@"';

/**
 * Runs a renderer with nothing of the worker's environment, without network where the system allows to take it away, and
 * within the limits. Returns what it wrote to standard output and standard error. Throws a ToolError, or the signal's
 * reason once that is aborted.
 */
export async function runTool(run: ToolRun): Promise<{ stdout: string; stderr: string }> {
  const { file, args, dir, limits, signal } = run;
  signal?.throwIfAborted();
  if (!existsSync(file)) throw new ToolError('not started', `${file} does not exist`);
  const { cpuSeconds, memoryBytes } = limits;
  const numbers = [cpuSeconds, addressSpaceKb(memoryBytes)].map(String);
  const env = {
    // Always the same: a generator of kustomize can write any variable into a ConfigMap.
    PATH: '/nonexistent',
    HOME: '/nonexistent',
    TMPDIR: '/nonexistent',
    LC_ALL: 'C',
    // Nothing listens there: what would ask the network in spite of all is refused at once.
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    GOMEMLIMIT: String(Math.round(memoryBytes * 0.8)),
    GOMAXPROCS: '2',
    GOTRACEBACK: 'none',
    ...run.env,
  };
  const child = spawn('/bin/sh', ['-c', limited, 'sh', ...numbers, ...(await isolation()), file, ...args], {
    cwd: dir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return await collect(child, run);
}

function collect(
  child: ChildProcessByStdio<null, Readable, Readable>,
  { limits, signal }: ToolRun,
): Promise<{ stdout: string; stderr: string }> {
  const stdout: Buffer[] = [];
  const said = new Ends(mostStderrCharacters);
  const startedMs = performance.now();
  let bytes = 0;
  let stopped: ToolReason | undefined;
  const stop = (reason?: ToolReason): void => {
    stopped ??= reason;
    child.kill('SIGKILL');
  };
  const abort = (): void => stop();
  const tooLong = setTimeout(() => stop('wall'), limits.wallMs);
  const look = setInterval(async () => {
    if ((await residentBytes(child.pid)) > limits.memoryBytes) stop('memory');
  }, lookEveryMs);
  signal?.addEventListener('abort', abort, { once: true });
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limits.stdoutBytes) stdout.push(chunk);
    else stop('output');
  });
  // Read to the end, so that it never waits for us.
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.add(text));
  return new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    child.once('error', (error) => reject(new ToolError('not started', error.message)));
    child.once('close', (code, signalName) => {
      const stderr = said.text();
      if (signal?.aborted === true) reject(signal.reason);
      else if (stopped !== undefined) reject(new ToolError(stopped, stderr));
      else if (code === 0) resolve({ stdout: Buffer.concat(stdout).toString('utf8'), stderr });
      else if (signalName !== null) reject(new ToolError(killedFor(performance.now() - startedMs, limits), stderr));
      else reject(new ToolError(reasonOf(code, stderr), stderr));
    });
  }).finally(() => {
    clearTimeout(tooLong);
    clearInterval(look);
    signal?.removeEventListener('abort', abort);
  });
}

/** What Go says when it gets no more memory, and what the shell says. */
function reasonOf(code: number | null, stderr: string): ToolReason {
  if (/out of memory|cannot allocate memory/i.test(stderr)) return 'memory';
  return code === 126 || code === 127 ? 'not started' : 'failed';
}

/**
 * What the kernel has ended it for, which it does not tell: nothing uses the processor time of its limit on two threads in a
 * third of that time, and what is ended earlier had taken too much memory.
 */
function killedFor(elapsedMs: number, { cpuSeconds }: ToolLimits): ToolReason {
  return elapsedMs >= (cpuSeconds * 1_000) / 3 ? 'cpu' : 'memory';
}

/** Keeps the beginning and the end of a text: the first says what, the last says why. */
class Ends {
  readonly #most: number;
  #head = '';
  #tail = '';
  #more = false;

  constructor(most: number) {
    this.#most = most;
  }

  add(text: string): void {
    const room = this.#most - this.#head.length;
    this.#head += text.slice(0, room);
    this.#tail += text.slice(room);
    if (this.#tail.length <= this.#most) return;
    this.#more = true;
    this.#tail = this.#tail.slice(-this.#most);
  }

  text(): string {
    return `${this.#head}${this.#more ? ' … ' : ''}${this.#tail}`;
  }
}

/** Resident memory of a process in bytes; 0 where the system does not tell. */
async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
