import { readFile } from 'node:fs/promises';
import type { Cli } from './context.ts';
import { CliError } from './errors.ts';

/** Reads a file as text, or standard input for `-`. Throws a usage error that says why it cannot be read. */
export async function readInput(cli: Cli, file: string): Promise<string> {
  if (file === '-') return await cli.terminal.readStdin();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') throw new CliError('usage', `${file} does not exist`, 'Check the path after -f.');
    if (code === 'EISDIR') {
      throw new CliError('usage', `${file} is a folder`, `Name its files: -f ${file}/FILE, as often as needed.`);
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError('usage', `${file} cannot be read: ${why}`, 'Check the path after -f, and its permissions.');
  }
}
