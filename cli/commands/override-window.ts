import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { parseDaemonSet } from '../target.ts';

/** `nodewave override-window ds/NAME`: windows no longer hold this rollout. */
export function overrideWindowCommand(cli: Cli): Command {
  const command = makeCommand(
    'override-window',
    'Let a rollout take nodes outside of its windows, for as long as it lasts; it needs a reason',
    ['nodewave override-window ds/log-agent -n monitoring --reason "CVE fix, agreed with on-call"'],
  ).argument('<ds/name>', 'the DaemonSet');
  return withActing(withPlace(command)).action(async (text: string, options: ActingOptions & PlaceOptions) => {
    const named = parseDaemonSet(text, options);
    await decideRollout(cli, named, 'overrideWindow', { by: await cli.sender(options.by), reason: options.reason });
  });
}
