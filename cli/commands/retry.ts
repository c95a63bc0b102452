import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { decideApplication } from '../decide-application.ts';
import { CliError } from '../errors.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { parseTarget } from '../target.ts';
import { refuseDaemonSetOption } from './rollback.ts';

interface RetryOptions extends ActingOptions, PlaceOptions {
  ignoreGate?: boolean;
  daemonset?: string;
}

/** `nodewave retry ds/NAME` judges a stopped batch again; `nodewave retry APP` starts again what was aborted or failed. */
export function retryCommand(cli: Cli): Command {
  const command = makeCommand(
    'retry',
    'Judge a stopped batch again; with an application, start an aborted or failed rollout again',
    [
      'nodewave retry ds/log-agent -n monitoring',
      'nodewave retry ds/log-agent -n monitoring --ignore-gate --reason "node-7 has a broken disk"',
      'nodewave retry node-agents-prod',
    ],
  )
    .argument('<ds/name|app>', 'a DaemonSet whose rollout is stopped, or an application')
    .option('--ignore-gate', 'pass the red gate of this batch on your word')
    .option('--daemonset <namespace/name>', 'with an application: only this DaemonSet');
  return withActing(withPlace(command)).action(async (text: string, options: RetryOptions) => {
    const target = parseTarget(text, options);
    const { reason, ignoreGate, daemonset } = options;
    if (target.kind === 'daemonset') {
      refuseDaemonSetOption(daemonset);
      const by = await cli.sender(options.by);
      return await decideRollout(cli, target.daemonset, 'retry', { by, reason, ignoreGate });
    }
    if (ignoreGate === true) {
      throw new CliError(
        'usage',
        '--ignore-gate passes the red gate of a running rollout; an application has none',
        'Name the DaemonSet: nodewave retry ds/NAME -n NAMESPACE --ignore-gate',
      );
    }
    const by = await cli.sender(options.by);
    await decideApplication(cli, target.name, by, (client) =>
      client.decideApplication(target.name, 'retry', { by, reason, daemonset }),
    );
  });
}
