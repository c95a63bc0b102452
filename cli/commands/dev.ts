import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { CliError } from '../errors.ts';
import { makeCommand } from '../options.ts';

/** `nodewave dev`: the local stack of the repository, the same as `npm run dev`. */
export function devCommand(cli: Cli): Command {
  return makeCommand('dev', 'Start the local stack: Temporal, a simulated cluster, worker and webhook server', [
    'nodewave dev   # Ctrl-C stops it; its state is kept',
  ]).action(async () => {
    const entry = fileURLToPath(new URL('../../dev/main.ts', import.meta.url));
    if (!existsSync(entry)) {
      throw new CliError(
        'usage',
        'the local stack is not part of this installation',
        'Run it from a git clone: npm run dev',
      );
    }
    cli.exitCode = await runToEnd(process.execPath, ['--disable-warning=ExperimentalWarning', entry]);
  });
}

/** The terminal sends Ctrl-C to both processes; this one outlives the other, which has to stop everything first. */
async function runToEnd(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit' });
  const forward = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGTERM') child.kill(signal);
  };
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', forward);
    process.off('SIGTERM', forward);
  }
}
