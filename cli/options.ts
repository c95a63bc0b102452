import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../domain/duration.ts';

/** Options of commands that change something. */
export interface ActingOptions {
  by?: string;
  reason?: string;
}

/** Options that name a DaemonSet beside its `ds/NAME`. */
export interface PlaceOptions {
  namespace?: string;
  cluster?: string;
}

/**
 * A command with what every command has: `-o json`, and an example below its help.
 * @param more further formats, such as `wide` where it has more to show
 */
export function makeCommand(
  name: string,
  description: string,
  examples: readonly string[],
  more: readonly string[] = [],
  formats = more.length === 0 ? 'print one JSON document' : 'one JSON document, or more columns',
): Command {
  const shown = examples.map((example) => `  ${example}`).join('\n');
  return new Command(name)
    .description(description)
    .addOption(new Option('-o, --output <format>', formats).choices(['json', 'text', ...more]).default('text'))
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', `\nExample${examples.length === 1 ? '' : 's'}:\n${shown}`);
}

/** Adds who and why. */
export function withActing(command: Command, reason = 'why; kept in the history'): Command {
  return command
    .option('--reason <text>', reason)
    .option('--by <name>', 'who; default: the name that the current cluster knows you by, else $USER');
}

/** Adds namespace and cluster of a DaemonSet. */
export function withPlace(command: Command): Command {
  return command
    .option('-n, --namespace <namespace>', 'namespace of the DaemonSet')
    .option('--cluster <name>', 'cluster as named in destination.cluster; default: the only one that has its rollout');
}

/** Reads `90s`, `5m`, `1h30m` into milliseconds, for commander. */
export function durationMs(text: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined || parsed === 0)
    throw new InvalidArgumentError('Expected a duration such as 90s, 10m or 1h30m.');
  return parsed;
}
