import type { Command } from 'commander';
import { defaultPolicy } from '../../domain/application/defaults.ts';
import { shownPolicy } from '../../domain/policy/show.ts';
import type { Cli } from '../context.ts';
import { makeCommand } from '../options.ts';
import { planPage } from '../render/plan.ts';
import { runningRollouts } from '../rollouts.ts';
import { parseApplication } from '../target.ts';

const examples = ['nodewave plan node-agents-prod', 'nodewave plan node-agents-prod -o wide'];

/**
 * `nodewave plan APP`: per DaemonSet what a sync would do and in which batches; running rollouts with their digest. With
 * `-o wide` every value of each policy, with the file and line it came from; `-o json` has all of it.
 */
export function planCommand(cli: Cli): Command {
  return makeCommand('plan', 'Show per DaemonSet what a sync would do and in which batches', examples, ['wide'])
    .argument('<app>', 'name of an application')
    .option('--commit <commit>', 'a full commit; default: what the ref holds now')
    .action(async (app: string, options: { commit?: string; output: string }) => {
      const name = parseApplication(app);
      const client = await cli.client();
      const { commit } = options;
      const preview = await client.preview(name, { by: 'nodewave plan', ...(commit === undefined ? {} : { commit }) });
      const status = await client.applicationStatus(name);
      const running = await runningRollouts(client, status);
      // Its status always has a spec once a preview was answered.
      const application = status.spec ?? { name, rollout: defaultPolicy() };
      const policies = preview.plan.daemonSets.map((sync) => {
        const found = preview.policySources?.find((one) => one.namespace === sync.namespace && one.name === sync.name);
        return shownPolicy(sync, application, found?.sources ?? {});
      });
      const { plan, batchPlans = [] } = preview;
      cli.print({ plan, policy: application.rollout, policies, batchPlans, running }, () =>
        planPage({ preview, policies, running, wide: options.output === 'wide' }),
      );
    });
}
