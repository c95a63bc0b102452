import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { onExit } from './exit-guard.ts';
import { identify, isRunning, type ProcessIdentity } from './identity.ts';
import { waitFor } from './wait.ts';

/** How a process is started. */
export interface StartOptions {
  /** What people call it, e.g. "temporal". */
  name: string;
  command: string;
  args: readonly string[];
  /** Whole environment; that of this process without it. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** File that gets stdout and stderr, appended. */
  logFile: string;
}

/** How a process ended. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child process with a log file. */
export interface ManagedProcess {
  name: string;
  identity: ProcessIdentity;
  logFile: string;
  /** Settles when the process has ended; never rejects. */
  ended: Promise<ProcessEnd>;
  /** SIGTERM, then SIGKILL after `graceMs` (10 s without it); returns when it has ended. */
  stop(graceMs?: number): Promise<void>;
  /** Lets it outlive this process. */
  release(): void;
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  // Between the check and the kill the pid could be reused only if the process ended and the system wrapped all pids.
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch {
    // It ended in between.
  }
}

/** Ends one process by pid, if it is still that process: SIGTERM, then SIGKILL after `graceMs`. */
export async function endProcess(identity: ProcessIdentity, graceMs = 10_000): Promise<void> {
  signal(identity, 'SIGTERM');
  const gone = () => !isRunning(identity);
  try {
    await waitFor(gone, { timeoutMs: graceMs, everyMs: 30, what: `${identity.command} to stop` });
  } catch {
    signal(identity, 'SIGKILL');
    await waitFor(gone, { timeoutMs: 10_000, everyMs: 30, what: `process ${identity.pid} to die of SIGKILL` });
  }
}

/** Ends one process now, without waiting; for exit handlers. */
export function killNow(identity: ProcessIdentity): void {
  signal(identity, 'SIGKILL');
}

/** Last lines of a log file, for error messages; empty when it cannot be read. */
export function lastLines(file: string, count = 15): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}

/**
 * Starts a child in a process group of its own, so that Ctrl-C reaches only this process, which then stops its children
 * in order. The child dies with this process, except when that is killed by SIGKILL: then the ledger finds it.
 * Throws when the command cannot be started.
 */
export async function startProcess(options: StartOptions): Promise<ManagedProcess> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, [...options.args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(log);
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signalName) => resolve({ code, signal: signalName }));
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (error) => reject(new Error(`${options.name} did not start: ${error.message}`)));
  });
  const identity = identify(pid) ?? { pid, startedAt: 'ended at once', command: options.command };
  const release = onExit(() => killNow(identity));
  void ended.then(release);
  return {
    name: options.name,
    identity,
    logFile: options.logFile,
    ended,
    stop: async (graceMs) => {
      await endProcess(identity, graceMs);
      await ended;
    },
    release: () => {
      release();
      child.unref();
    },
  };
}
