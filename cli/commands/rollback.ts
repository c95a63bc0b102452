import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { decideApplication } from '../decide-application.ts';
import { CliError } from '../errors.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { parseTarget } from '../target.ts';

interface RollbackOptions extends ActingOptions, PlaceOptions {
  daemonset?: string;
}

/** `nodewave rollback ds/NAME` ends a running rollout backwards; `nodewave rollback APP` undoes one that has ended. */
export function rollbackCommand(cli: Cli): Command {
  const command = makeCommand(
    'rollback',
    'Put touched nodes of a running rollout back to last good; with an application, when none runs, go back to the good revision before the newest',
    [
      'nodewave rollback ds/log-agent -n monitoring --reason "drops logs"',
      'nodewave rollback node-agents-prod --daemonset monitoring/log-agent --reason "drops logs since Monday"',
    ],
  )
    .argument('<ds/name|app>', 'a DaemonSet whose rollout runs, or an application')
    .option('--daemonset <namespace/name>', 'with an application: which DaemonSet; needed when it has several');
  return withActing(withPlace(command), 'why; an application demands it').action(
    async (text: string, options: RollbackOptions) => {
      const target = parseTarget(text, options);
      const { reason, daemonset } = options;
      if (target.kind === 'daemonset') {
        refuseDaemonSetOption(daemonset);
        return await decideRollout(cli, target.daemonset, 'rollback', { by: await cli.sender(options.by), reason });
      }
      if (reason === undefined || reason.trim() === '') {
        throw new CliError(
          'usage',
          'a rollback after success needs --reason: it quarantines what git holds',
          `Say what is wrong: nodewave rollback ${text} --reason WHY`,
        );
      }
      const by = await cli.sender(options.by);
      await decideApplication(cli, target.name, by, (client) =>
        client.decideApplication(target.name, 'rollback', { by, reason, daemonset }),
      );
    },
  );
}

/** `ds/NAME` names the DaemonSet already. */
export function refuseDaemonSetOption(daemonset: string | undefined): void {
  if (daemonset === undefined) return;
  throw new CliError('usage', '--daemonset goes with an application, not with ds/NAME', 'Leave out one of the two.');
}
