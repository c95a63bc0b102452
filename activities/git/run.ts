import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { GitPluginError } from 'simple-git';
import { NodewaveError } from '../../domain/failures.ts';
import { gitOptions } from './environment.ts';
import { GitError } from './git-error.ts';
import { runSimpleGit } from './simple.ts';

/** How git is started. */
export interface GitRunner {
  /**
   * Runs git and returns what it wrote to standard output. Throws a GitError when it says no; Infrastructure when it is
   * not there, takes too long or writes too much; the signal's reason when that is aborted.
   */
  run(args: readonly string[], options: RunOptions): Promise<Buffer>;
}

/** One run of git. */
export interface RunOptions {
  cwd: string;
  timeoutMs: number;
  /** Most bytes that are read from it. */
  maxBytes?: number;
  stdin?: string;
  signal?: AbortSignal;
  /** More configuration, `key=value`; other processes of the machine may see it. */
  config?: readonly string[];
  /** More variables, stronger than the runner's own. */
  env?: Readonly<Record<string, string>>;
}

const defaultMaxBytes = 4 * 1024 * 1024;

/** Makes a runner; `env` is the whole environment. */
export function createGitRunner(env: Record<string, string>): GitRunner {
  return {
    run: (args, options) => {
      const all = { ...env, ...options.env };
      return options.stdin === undefined ? runSimple(all, args, options) : runGit(all, args, options);
    },
  };
}

/** Through simple-git: everything but the batch reads, whose answer is binary and whose question goes to standard input. */
async function runSimple(env: Record<string, string>, args: readonly string[], options: RunOptions): Promise<Buffer> {
  options.signal?.throwIfAborted();
  if (!existsSync(options.cwd)) throw new GitError('gone', `${options.cwd} is gone`);
  const tooMuch = new AbortController();
  const signal = options.signal === undefined ? tooMuch.signal : AbortSignal.any([options.signal, tooMuch.signal]);
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const command = `git ${args.find((arg) => !arg.startsWith('-')) ?? ''}`;
  try {
    return await runSimpleGit(
      args,
      { cwd: options.cwd, env, timeoutMs: options.timeoutMs, maxBytes, signal, config: options.config ?? [] },
      ({ stderr }) => new GitError('failed', stderr),
      () => tooMuch.abort(),
    );
  } catch (error) {
    options.signal?.throwIfAborted();
    if (tooMuch.signal.aborted) throw new GitError('tooMuch', `${command} wrote more than ${maxBytes} bytes`);
    if (error instanceof GitPluginError && error.plugin === 'timeout') {
      throw new GitError('timeout', `${command} did not end within ${Math.round(options.timeoutMs / 1000)} s`);
    }
    if (error instanceof GitError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes('ENOENT')) throw notInstalled();
    throw new GitError('failed', `${command} did not run: ${message.split('\n')[0]}`);
  }
}

function runGit(env: Record<string, string>, args: readonly string[], options: RunOptions): Promise<Buffer> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const settings = {
      cwd: options.cwd,
      env,
      encoding: 'buffer',
      timeout: options.timeoutMs,
      maxBuffer: options.maxBytes ?? defaultMaxBytes,
    } as const;
    // Settled at once: what git has started itself may keep its pipes open for longer than it lives.
    const stop = (): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.kill();
      reject(signal?.reason);
    };
    const config = (options.config ?? []).flatMap((entry) => ['-c', entry]);
    const child = execFile('git', [...gitOptions, ...config, ...args], settings, (error, stdout, stderr) => {
      signal?.removeEventListener('abort', stop);
      if (error === null) resolve(stdout);
      else reject(explain(error, args, options, stderr.toString('utf8')));
    });
    signal?.addEventListener('abort', stop, { once: true });
    // git may end before it has read everything; its exit code tells the reason better than EPIPE does.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.stdin ?? '');
  });
}

function explain(
  error: Error & { code?: number | string | null; killed?: boolean },
  args: readonly string[],
  options: RunOptions,
  stderr: string,
): Error {
  const command = `git ${args.find((arg) => !arg.startsWith('-')) ?? ''}`;
  if (error.code === 'ENOENT' && !existsSync(options.cwd)) return new GitError('gone', `${options.cwd} is gone`);
  if (error.code === 'ENOENT') return notInstalled();
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return new GitError('tooMuch', `${command} wrote more than ${options.maxBytes ?? defaultMaxBytes} bytes`);
  }
  if (error.killed === true) {
    return new GitError('timeout', `${command} did not end within ${Math.round(options.timeoutMs / 1000)} s`);
  }
  if (typeof error.code !== 'number')
    return new GitError('failed', `${command} did not run: ${error.message.split('\n')[0]}`);
  return new GitError('failed', stderr);
}

function notInstalled(): NodewaveError {
  return new NodewaveError(
    'Infrastructure',
    'git was not found on the worker; install git 2.30 or newer, or put it on PATH',
  );
}
