import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { NodewaveClient, RolloutView } from '../../client/index.ts';
import type { ApplicationStatus, SyncOutcome } from '../../domain/wire.ts';
import type { Cli } from '../context.ts';
import { CliError, exitCodes } from '../errors.ts';
import { type Followed, follow } from '../follow.ts';
import { type ActingOptions, durationMs, makeCommand, withActing } from '../options.ts';
import { acceptedLines } from '../render/accepted.ts';
import { applicationLine, rolloutLine, waitingLines } from '../render/lines.ts';
import { outcomeLines } from '../render/outcome.ts';
import { runningRollouts } from '../rollouts.ts';
import { parseApplication } from '../target.ts';

interface SyncOptions extends ActingOptions {
  wait?: boolean;
  expedite?: boolean;
  timeout?: number;
}

/** Outcomes after which the commit is on the cluster. */
const good: readonly SyncOutcome['outcome'][] = ['unchanged', 'configured', 'adopted', 'installed', 'succeeded'];

/** `nodewave sync APP`: asks git now; with `--wait` follows the sync and its rollouts and exits by their outcome. */
export function syncCommand(cli: Cli): Command {
  const command = makeCommand('sync', 'Ask git now and bring the cluster to what it holds', [
    'nodewave sync node-agents-prod',
    'nodewave sync node-agents-prod --expedite --reason "fix for incident 4711"',
    'nodewave sync node-agents-prod --wait --timeout 30m --reason "release 1.4"',
  ])
    .argument('<app>', 'name of an application')
    .option('--expedite', 'skip soaks and windows, never gates and approvals; demands --reason')
    .option('--wait', 'print progress until every rollout has ended; exit 0 only when the commit is on the cluster')
    .option(
      '--timeout <duration>',
      'with --wait: give up waiting after this long (exit 3); default: no limit',
      durationMs,
    );
  return withActing(command).action(async (app: string, options: SyncOptions) => {
    if (options.timeout !== undefined && options.wait !== true) {
      throw new CliError('usage', '--timeout has no meaning without --wait', 'Add --wait, or leave out --timeout.');
    }
    const name = parseApplication(app);
    const { reason, expedite } = options;
    if (expedite === true && (reason === undefined || reason.trim() === '')) {
      const cure = `Say why: nodewave sync ${name} --expedite --reason WHY`;
      throw new CliError('usage', '--expedite needs --reason: soaks and windows are skipped on your word', cure);
    }
    const client = await cli.client();
    const by = await cli.sender(options.by);
    const requestId = randomUUID();
    const accepted = await client.sync(name, { by, requestId, reason, ...(expedite === true ? { expedite } : {}) });
    if (options.wait !== true) {
      const watch = `nodewave get ${name}, or add --wait`;
      cli.print({ ...accepted, by, requestId }, () => acceptedLines(`application ${name}`, accepted, watch));
      return;
    }
    const { status } = await follow(cli, followedSync(client, name, requestId), options.timeout);
    finish(cli, name, status, requestId);
  });
}

interface Seen {
  status: ApplicationStatus;
  rollouts: RolloutView[];
}

function followedSync(client: NodewaveClient, name: string, requestId: string): Followed<Seen> {
  return {
    what: `the sync of application ${name}`,
    look: async () => {
      const status = await client.applicationStatus(name);
      return { status, rollouts: await runningRollouts(client, status) };
    },
    lines: ({ status, rollouts }) => ({
      application: [applicationLine(status)],
      ...Object.fromEntries(
        rollouts.map((view) => [`${view.namespace}/${view.daemonset}`, [rolloutLine(view), ...waitingLines(view)]]),
      ),
    }),
    ended: ({ status }) => outcomeOf(status, requestId) !== undefined || status.phase === 'removed',
  };
}

function outcomeOf(status: ApplicationStatus, requestId: string): SyncOutcome | undefined {
  return status.recent.find((outcome) => outcome.requestIds.includes(requestId));
}

function finish(cli: Cli, name: string, status: ApplicationStatus, requestId: string): void {
  const outcome = outcomeOf(status, requestId);
  if (outcome === undefined) {
    throw new CliError('ended', `application ${name} was deleted before the sync had ended`, 'Its DaemonSets run on.');
  }
  if (!good.includes(outcome.outcome)) cli.exitCode = exitCodes.refused;
  cli.print({ requestId, ...outcome }, () => outcomeLines(name, outcome));
}
