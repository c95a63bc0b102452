import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { decideApplication } from '../decide-application.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { pauseAll } from '../pause-all.ts';
import { pauseScope } from '../pause-scope.ts';

type ResumeOptions = ActingOptions & PlaceOptions & { all?: boolean };

/** `nodewave resume ds/NAME | APP | --all`: goes on after a pause, or judges a stopped batch again. */
export function resumeCommand(cli: Cli): Command {
  const command = makeCommand('resume', 'Go on after a pause, or judge a stopped batch again', [
    'nodewave resume ds/log-agent -n monitoring',
    'nodewave resume node-agents-prod --reason "incident is over"',
    'nodewave resume --all',
  ])
    .argument('[ds/name|app]', 'a DaemonSet whose rollout is paused or stopped, or a paused application')
    .option('--all', 'every application, and every rollout on their clusters');
  return withActing(withPlace(command)).action(async (text: string | undefined, options: ResumeOptions) => {
    const scope = pauseScope('resume', text, options);
    const by = await cli.sender(options.by);
    const { reason } = options;
    if (scope.kind === 'daemonset') return await decideRollout(cli, scope.daemonset, 'resume', { by, reason });
    if (scope.kind === 'all') return await pauseAll(cli, 'resume', { by, reason });
    await decideApplication(cli, scope.name, by, (client) =>
      client.pauseApplication(scope.name, 'resume', { by, reason }),
    );
  });
}
