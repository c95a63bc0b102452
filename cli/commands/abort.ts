import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { parseDaemonSet } from '../target.ts';

/** `nodewave abort ds/NAME`: ends the rollout where it is. */
export function abortCommand(cli: Cli): Command {
  const command = makeCommand(
    'abort',
    'End a rollout where it is: no pod is touched, last good is the live template again',
    ['nodewave abort ds/log-agent -n monitoring --reason "wrong week"'],
  ).argument('<ds/name>', 'the DaemonSet');
  return withActing(withPlace(command)).action(async (text: string, options: ActingOptions & PlaceOptions) => {
    const named = parseDaemonSet(text, options);
    await decideRollout(cli, named, 'abort', { by: await cli.sender(options.by), reason: options.reason });
  });
}
