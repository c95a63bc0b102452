import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { parseDaemonSet } from '../target.ts';

/** `nodewave resume ds/NAME`: goes on after a pause, or judges a stopped batch again. */
export function resumeCommand(cli: Cli): Command {
  const command = makeCommand('resume', 'Go on after a pause, or judge a stopped batch again', [
    'nodewave resume ds/log-agent -n monitoring',
  ]).argument('<ds/name>', 'the DaemonSet');
  return withActing(withPlace(command)).action(async (text: string, options: ActingOptions & PlaceOptions) => {
    const named = parseDaemonSet(text, options);
    await decideRollout(cli, named, 'resume', { by: await cli.sender(options.by), reason: options.reason });
  });
}
