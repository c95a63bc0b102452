import type { Command } from 'commander';
import { ClientError } from '../../client/client-error.ts';
import type { NodewaveClient, RolloutView } from '../../client/index.ts';
import { type DaemonSetRef, daemonSetLabel } from '../../domain/ids.ts';
import type { Cli } from '../context.ts';
import { exitCodes } from '../errors.ts';
import { follow } from '../follow.ts';
import { makeCommand, type PlaceOptions, withPlace } from '../options.ts';
import { rolloutLine, waitingLines } from '../render/lines.ts';
import { rolloutPage } from '../render/rollout.ts';
import { noSuchRollout, resolveDaemonSet } from '../resolve.ts';
import { parseDaemonSet } from '../target.ts';

/** `nodewave status ds/NAME -n NS`: one rollout on a page, or line by line until it ends. */
export function statusCommand(cli: Cli): Command {
  const command = makeCommand('status', 'Show the newest rollout of a DaemonSet, and what can be sent to it now', [
    'nodewave status ds/log-agent -n monitoring',
    'nodewave status ds/log-agent -n monitoring --watch   # exit 0 only when it succeeded',
  ])
    .argument('<ds/name>', 'the DaemonSet')
    .option('-w, --watch', 'print a line on each change until the rollout has ended');
  return withPlace(command).action(async (text: string, options: PlaceOptions & { watch?: boolean }) => {
    const named = parseDaemonSet(text, options);
    if (options.watch === true) cli.errorFloor = 2;
    const client = await cli.client();
    const ref = await resolveDaemonSet(client, named);
    if (options.watch === true) return await watch(cli, client, ref);
    const view = await look(client, ref);
    cli.print(view, () => rolloutPage(view, cli.terminal.nowMs()));
  });
}

async function look(client: NodewaveClient, ref: DaemonSetRef): Promise<RolloutView> {
  try {
    return await client.rolloutStatus(ref);
  } catch (error) {
    if (error instanceof ClientError && error.kind === 'notFound') throw await noSuchRollout(client, ref);
    throw error;
  }
}

async function watch(cli: Cli, client: NodewaveClient, ref: DaemonSetRef): Promise<void> {
  const last = await follow(cli, {
    what: `the rollout of ${daemonSetLabel(ref)}`,
    look: () => look(client, ref),
    lines: (view) => ({ rollout: [rolloutLine(view), ...waitingLines(view)] }),
    ended: (view) => !view.running || view.outcome !== null,
  });
  if (!succeeded(last)) cli.exitCode = exitCodes.refused;
  if (cli.json) cli.print(last, () => []);
}

function succeeded({ outcome, mode }: RolloutView): boolean {
  // A rollback that a person asked for after a success ends well as `rolledBack`.
  return outcome === 'succeeded' || outcome === 'installed' || (mode === 'revert' && outcome === 'rolledBack');
}
