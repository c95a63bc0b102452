import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { exitCodes } from '../errors.ts';
import { makeCommand } from '../options.ts';
import { diffPage, hasChanges } from '../render/diff.ts';
import { parseApplication } from '../target.ts';

/** `nodewave diff APP`: what git would change on the cluster, field by field. Exits 1 when there is a difference. */
export function diffCommand(cli: Cli): Command {
  return makeCommand('diff', 'Show what git would change on the cluster; exits 1 when there are changes', [
    'nodewave diff node-agents-prod',
    'nodewave diff node-agents-prod --commit 3f2a…full…commit',
  ])
    .argument('<app>', 'name of an application')
    .option('--commit <commit>', 'a full commit; default: what the ref holds now')
    .action(async (app: string, options: { commit?: string }) => {
      cli.errorFloor = 2;
      const name = parseApplication(app);
      const client = await cli.client();
      const { commit } = options;
      const preview = await client.preview(name, { by: 'nodewave diff', ...(commit === undefined ? {} : { commit }) });
      cli.print(preview, () => diffPage(preview));
      if (hasChanges(preview)) cli.exitCode = exitCodes.refused;
    });
}
