import type { Command } from 'commander';
import type { NodewaveClient } from '../../client/index.ts';
import type { ApplicationStatus } from '../../domain/wire.ts';
import type { Cli } from '../context.ts';
import { CliError } from '../errors.ts';
import { type ActingOptions, makeCommand, withActing } from '../options.ts';
import { deletedLines } from '../render/deleted.ts';
import { parseApplication } from '../target.ts';

/** How long the command waits for the DaemonSets to be given back, milliseconds; it goes on without the command. */
const waitMs = 30_000;

/** `nodewave delete APP`: ends an application; its DaemonSets and all other objects stay on the cluster. */
export function deleteCommand(cli: Cli): Command {
  const command = makeCommand('delete', 'End an application; its DaemonSets and other objects stay and run on', [
    'nodewave delete node-agents-prod --reason "moved to another repository"',
  ]).argument('<app>', 'name of an application');
  return withActing(command).action(async (app: string, options: ActingOptions) => {
    const name = parseApplication(app);
    const client = await cli.client();
    const by = await cli.sender(options.by);
    const startedMs = cli.terminal.nowMs();
    const accepted = await client.remove(name, { by, reason: options.reason, mode: 'orphan' });
    const status = await removedStatus(cli, client, name);
    const notes = (status?.log ?? []).filter((entry) => entry.by === 'nodewave' && entry.atMs >= startedMs - 1_000);
    const what = notes.map((entry) => entry.what);
    const removed = status?.phase === 'removed';
    cli.print({ ...accepted, by, application: name, removed, notes: what }, () => deletedLines(name, removed, what));
  });
}

/** The status once the application is gone; null when that takes longer, or nobody answers. */
async function removedStatus(cli: Cli, client: NodewaveClient, name: string): Promise<ApplicationStatus | null> {
  const endMs = cli.terminal.nowMs() + waitMs;
  while (cli.terminal.nowMs() < endMs) {
    const status = await client.applicationStatus(name).catch(() => null);
    if (status?.phase === 'removed') return status;
    if (status?.phase === 'invalid')
      throw new CliError('refused', `application ${name} was not deleted: ${status.sentence}`, '');
    await cli.terminal.sleep(300);
  }
  return null;
}
