import { simpleGit } from 'simple-git';
import { gitConfig } from './environment.ts';

/** One run of git that needs no standard input. */
export interface SimpleRun {
  cwd: string;
  /** The whole environment of the process. */
  env: Record<string, string>;
  timeoutMs: number;
  maxBytes: number;
  signal: AbortSignal;
  /** More configuration than every command has. */
  config: readonly string[];
}

/** How git ended when it did not end well. */
export interface GitEnd {
  exitCode: number;
  stderr: string;
}

/**
 * Runs git through simple-git and returns what it wrote. Rejects with what `explain` makes of an end that was not good, or
 * with simple-git's own error when git could not run or was stopped.
 * @param onTooMuch called when more than `maxBytes` were written; it has to abort the signal
 */
export async function runSimpleGit(
  args: readonly string[],
  run: SimpleRun,
  explain: (end: GitEnd) => Error,
  onTooMuch: () => void,
): Promise<Buffer> {
  // simple-git makes a text of the error that it is given; the one that says what happened is kept beside it.
  let explained: Error | undefined;
  const git = simpleGit({
    baseDir: run.cwd,
    config: [...gitConfig, ...run.config],
    abort: run.signal,
    // Counted from the start, whatever is written meanwhile.
    timeout: { block: run.timeoutMs, stdOut: false, stdErr: false },
    trimmed: false,
    // simple-git asks for a word on every variable and option that could run something or change whom git trusts. All of
    // them are constants of environment.ts that close such ways; nothing of a user's reaches git before a `--`.
    allowEnvironment: Object.keys(run.env),
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeSshCommand: true,
      allowUnsafeTemplateDir: true,
    },
    errors: (error, { exitCode, stdErr }) => {
      if (exitCode === 0 && error === undefined) return undefined;
      if (error !== undefined && !Buffer.isBuffer(error) && exitCode <= 0) return error;
      explained = explain({ exitCode, stderr: Buffer.concat(stdErr).toString('utf8') });
      return explained;
    },
  });
  let bytes = 0;
  git.env(run.env).outputHandler((_command, stdout) => {
    stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > run.maxBytes) onTooMuch();
    });
  });
  try {
    return Buffer.from(await git.raw(['--no-pager', ...args]), 'utf8');
  } catch (error) {
    throw explained ?? error;
  }
}
