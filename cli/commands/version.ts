import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { makeCommand } from '../options.ts';

/** The version in package.json. */
export function nodewaveVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}

/** `nodewave version`: of the command line; asks no server. */
export function versionCommand(cli: Cli): Command {
  return makeCommand('version', 'Print the version of this command line', ['nodewave version -o json']).action(() => {
    const version = nodewaveVersion();
    cli.print({ version, node: process.version }, () => [`nodewave ${version}`]);
  });
}
