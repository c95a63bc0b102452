import type { Command } from 'commander';
import type { ApplicationEntry, NodewaveClient } from '../../client/index.ts';
import { daemonSetLabel } from '../../domain/ids.ts';
import type { ApplicationStatus } from '../../domain/wire.ts';
import type { Cli } from '../context.ts';
import { exitCodeOf } from '../errors.ts';
import { makeCommand } from '../options.ts';
import { applicationPage } from '../render/application.ts';
import { applicationsTable } from '../render/applications.ts';
import { sentenceOf } from '../render/rollout.ts';
import { refOf } from '../rollouts.ts';
import { parseApplication } from '../target.ts';

/** `nodewave get [APP]`: all applications in a table, or one on a page. */
export function getCommand(cli: Cli): Command {
  return makeCommand('get', 'List applications, or show one: state, rollouts, recent outcomes, what to do next', [
    'nodewave get',
    'nodewave get node-agents-prod',
    'nodewave get -o json',
  ])
    .argument('[app]', 'name of an application')
    .action(async (app: string | undefined) => {
      const client = await cli.client();
      if (app === undefined) return listAll(cli, await client.listApplications());
      const status = await client.applicationStatus(parseApplication(app));
      const sentences = cli.json ? {} : await rolloutSentences(client, status);
      cli.print(status, () => applicationPage(status, sentences, cli.terminal.nowMs()));
    });
}

function listAll(cli: Cli, entries: readonly ApplicationEntry[]): void {
  const items = entries.map(({ name, status, error }) =>
    error === null ? status : { name, error: { kind: error.kind, message: error.message, cure: error.cure } },
  );
  cli.print({ items }, () => (entries.length === 0 ? [] : applicationsTable(entries, cli.terminal.nowMs())));
  if (entries.length === 0) cli.terminal.err('There is no application. Create one with "nodewave apply -f FILE".\n');
  for (const { name, error } of entries) {
    if (error === null) continue;
    cli.terminal.err(`${name}: ${error.message}\n${error.cure}\n`);
    cli.exitCode = exitCodeOf(error.kind);
  }
}

/** One rollout that does not answer must not hide the application. */
async function rolloutSentences(client: NodewaveClient, status: ApplicationStatus): Promise<Record<string, string>> {
  const pairs = await Promise.all(
    status.rollouts.map(async (one): Promise<[string, string][]> => {
      const view = await client.rolloutStatus(refOf(status, one)).catch(() => null);
      return view === null ? [] : [[daemonSetLabel(one), sentenceOf(view)]];
    }),
  );
  return Object.fromEntries(pairs.flat());
}
