import type { Command } from 'commander';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { Cli } from '../context.ts';
import { decideApplication } from '../decide-application.ts';
import { CliError } from '../errors.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { applicationOf, resolveDaemonSet } from '../resolve.ts';
import { type NamedDaemonSet, parseTarget } from '../target.ts';

interface ReleaseOptions extends ActingOptions, PlaceOptions {
  daemonset?: string;
}

/** `nodewave release-quarantine APP`: lets a template that was rolled back be rolled out again. */
export function releaseQuarantineCommand(cli: Cli): Command {
  const command = makeCommand(
    'release-quarantine',
    'Let a template that was rolled back be rolled out again, then sync',
    ['nodewave release-quarantine node-agents-prod --daemonset monitoring/log-agent --reason "registry is back"'],
  )
    .argument('<app>', 'name of an application')
    .option('--daemonset <namespace/name>', 'only this DaemonSet; default: all of the application');
  return withActing(withPlace(command)).action(async (text: string, options: ReleaseOptions) => {
    const target = parseTarget(text, options);
    if (target.kind === 'daemonset') throw await nameTheApplication(cli, target.daemonset);
    const by = await cli.sender(options.by);
    const { reason, daemonset } = options;
    await decideApplication(cli, target.name, by, (client) =>
      client.releaseQuarantine(target.name, { by, reason, daemonset }),
    );
  });
}

/** A quarantine outlives its rollout, so it is always the application that lifts it. */
async function nameTheApplication(cli: Cli, named: NamedDaemonSet): Promise<CliError> {
  const client = await cli.client();
  const ref = await resolveDaemonSet(client, named);
  const application = (await applicationOf(client, ref)) ?? 'APPLICATION';
  return new CliError(
    'usage',
    'a quarantine is released by the application, not by a rollout',
    `Send it there: nodewave release-quarantine ${application} --daemonset ${daemonSetLabel(ref)}`,
  );
}
