import { type Command, Option } from 'commander';
import type { PauseDecision } from '../../domain/wire.ts';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { parseDaemonSet } from '../target.ts';

/** `nodewave pause ds/NAME`: no further pod is deleted until `resume`. */
export function pauseCommand(cli: Cli): Command {
  const command = makeCommand('pause', 'Stop deleting pods until resume; last good is the live template meanwhile', [
    'nodewave pause ds/log-agent -n monitoring --reason "looking at latency"',
    'nodewave pause ds/log-agent -n monitoring --mode afterBatch',
  ])
    .argument('<ds/name>', 'the DaemonSet')
    .addOption(
      new Option('--mode <mode>', 'now: delete no further pod; afterBatch: finish the running batch first')
        .choices(['now', 'afterBatch'])
        .default('now'),
    );
  return withActing(withPlace(command)).action(
    async (text: string, options: ActingOptions & PlaceOptions & Pick<PauseDecision, 'mode'>) => {
      const named = parseDaemonSet(text, options);
      const { mode, reason } = options;
      await decideRollout(cli, named, 'pause', { by: await cli.sender(options.by), reason, mode });
    },
  );
}
