import type { Command } from 'commander';
import { defaultPolicy } from '../../domain/application/defaults.ts';
import type { Cli } from '../context.ts';
import { makeCommand } from '../options.ts';
import { planPage } from '../render/plan.ts';
import { runningRollouts } from '../rollouts.ts';
import { parseApplication } from '../target.ts';

/** `nodewave plan APP`: per DaemonSet what a sync would do and in which batches; running rollouts with their digest. */
export function planCommand(cli: Cli): Command {
  return makeCommand('plan', 'Show per DaemonSet what a sync would do and in which batches', [
    'nodewave plan node-agents-prod',
  ])
    .argument('<app>', 'name of an application')
    .option('--commit <commit>', 'a full commit; default: what the ref holds now')
    .action(async (app: string, options: { commit?: string }) => {
      const name = parseApplication(app);
      const client = await cli.client();
      const { commit } = options;
      const preview = await client.preview(name, { by: 'nodewave plan', ...(commit === undefined ? {} : { commit }) });
      const status = await client.applicationStatus(name);
      const running = await runningRollouts(client, status);
      // Its status always has a spec once a preview was answered.
      const policy = status.spec?.rollout ?? defaultPolicy();
      cli.print({ plan: preview.plan, policy, running }, () => planPage(preview, policy, running));
    });
}
