import type { Command } from 'commander';
import { ClientError } from '../../client/client-error.ts';
import { planPrefixLength } from '../../domain/rollout/accept.ts';
import type { Cli } from '../context.ts';
import { decideRollout } from '../decide.ts';
import { CliError } from '../errors.ts';
import { type ActingOptions, makeCommand, type PlaceOptions, withActing, withPlace } from '../options.ts';
import { plain } from '../render/text.ts';
import { noSuchRollout, resolveDaemonSet } from '../resolve.ts';
import { daemonSetArguments, type NamedDaemonSet, parseDaemonSet } from '../target.ts';

interface PlanOptions extends ActingOptions, PlaceOptions {
  plan?: string;
}

/** `approve` and `reject`: both name the plan that was looked at, so that nothing else is approved than what was seen. */
export function planDecisionCommand(cli: Cli, message: 'approve' | 'reject', description: string): Command {
  const command = makeCommand(message, description, [
    `nodewave ${message} ds/log-agent -n monitoring --plan ab12cd34 --reason "looks good on the canaries"`,
  ])
    .argument('<ds/name>', 'the DaemonSet')
    .option('--plan <digest>', 'digest of the plan that you looked at, or its first 8 or more characters');
  return withActing(withPlace(command)).action(async (text: string, options: PlanOptions) => {
    const named = parseDaemonSet(text, options);
    const { plan, reason } = options;
    if (plan === undefined) throw await planMissing(cli, message, named);
    const by = await cli.sender(options.by);
    await decideRollout(cli, named, message, { by, reason, plan });
  });
}

/** Never approves what was not named: shows what is there, and how to name it. */
async function planMissing(cli: Cli, message: string, named: NamedDaemonSet): Promise<CliError> {
  const client = await cli.client();
  const ref = await resolveDaemonSet(client, named);
  const view = await client.rolloutStatus(ref).catch((error: unknown) => {
    if (error instanceof ClientError && error.kind === 'notFound') return null;
    throw error;
  });
  if (view === null) return await noSuchRollout(client, ref);
  const target = daemonSetArguments(ref);
  if (view.planDigest === null || !view.running) {
    return new CliError(
      'usage',
      `--plan is missing, and no plan waits: ${plain(view.sentence)}`,
      `See "nodewave status ${target}".`,
    );
  }
  const digest = view.planDigest.slice(0, planPrefixLength);
  return new CliError(
    'usage',
    `--plan is missing; the current plan is ${digest}: ${plain(view.sentence)}`,
    `Look at it with "nodewave status ${target}", then: nodewave ${message} ${target} --plan ${digest}`,
  );
}
