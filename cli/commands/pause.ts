import { type Command, Option } from 'commander';
import type { PauseDecision } from '../../domain/wire.ts';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { decideApplication } from '../decide-application.ts';
import { CliError } from '../errors.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { pauseAll } from '../pause-all.ts';
import { pauseScope } from '../pause-scope.ts';

type PauseOptions = ActingOptions & PlaceOptions & Pick<PauseDecision, 'mode'> & { all?: boolean };

/** `nodewave pause ds/NAME | APP | --all`: no further pod is deleted until `resume`. */
export function pauseCommand(cli: Cli): Command {
  const command = makeCommand('pause', 'Stop deleting pods until resume: of one DaemonSet, an application, or all', [
    'nodewave pause ds/log-agent -n monitoring --reason "looking at latency"',
    'nodewave pause ds/log-agent -n monitoring --mode afterBatch',
    'nodewave pause node-agents-prod --reason "incident 4711"',
    'nodewave pause --all --reason "incident 4711"',
  ])
    .argument(
      '[ds/name|app]',
      'a DaemonSet whose rollout runs, or an application: its rollouts pause, new commits wait',
    )
    .option('--all', 'every application, and every rollout on their clusters')
    .addOption(
      new Option(
        '--mode <mode>',
        'with ds/NAME: now (default) deletes no further pod; afterBatch finishes the batch first',
      ).choices(['now', 'afterBatch']),
    );
  return withActing(withPlace(command), 'why; demanded for an application and for --all').action(
    async (text: string | undefined, options: PauseOptions) => {
      const scope = pauseScope('pause', text, options);
      const { reason, mode } = options;
      if (scope.kind === 'daemonset') {
        const by = await cli.sender(options.by);
        return await decideRollout(cli, scope.daemonset, 'pause', { by, reason, mode: mode ?? 'now' });
      }
      if (mode !== undefined) {
        throw new CliError('usage', '--mode goes with ds/NAME: an application pauses at once', 'Leave out --mode.');
      }
      if (reason === undefined || reason.trim() === '') {
        const cure = `Say why everything stops: nodewave pause ${text ?? '--all'} --reason WHY`;
        throw new CliError('usage', 'pausing an application needs --reason: it is what the others are shown', cure);
      }
      const by = await cli.sender(options.by);
      if (scope.kind === 'all') return await pauseAll(cli, 'pause', { by, reason });
      await decideApplication(cli, scope.name, by, (client) =>
        client.pauseApplication(scope.name, 'pause', { by, reason }),
      );
    },
  );
}
