import type { Command } from 'commander';
import { ClientError, type NodewaveClient } from '../../client/index.ts';
import { workflowTaskQueue } from '../../domain/ids.ts';
import type { Cli } from '../context.ts';
import { makeCommand } from '../options.ts';
import { table } from '../render/table.ts';
import { parseApplication } from '../target.ts';

/** One thing that was looked at. `warn`: it works, and something about it deserves a look. */
interface Check {
  check: string;
  state: 'ok' | 'warn' | 'failed';
  what: string;
}

/**
 * `nodewave doctor [APP]`: Temporal, search attributes, workers, and each application's way from git to a dry run on its
 * cluster, with what its plan warns of: what keeps `exposure: pin` from working is among that.
 */
export function doctorCommand(cli: Cli): Command {
  return makeCommand('doctor', 'Check Temporal, workers, and each application from git to a dry run on its cluster', [
    'nodewave doctor',
    'nodewave doctor node-agents-prod -o json',
  ])
    .argument('[app]', 'name of an application; all without it')
    .action(async (app: string | undefined) => {
      const client = await cli.client();
      const checks = [
        ...(await looked('temporal', async () => {
          await client.check();
          return [`${client.config.address}, namespace ${client.config.namespace}`];
        })),
        ...(await looked('search attributes', async () => {
          await client.verifySearchAttributes({ register: false });
          return ['registered'];
        })),
        ...(await looked('workers', () => workers(client))),
      ];
      const names = app === undefined ? await applicationNames(client) : [parseApplication(app)];
      for (const name of names) checks.push(...(await application(client, name)));
      cli.print({ checks }, () =>
        table(
          ['CHECK', 'STATE', 'WHAT'],
          checks.map(({ check, state, what }) => [check, state, what]),
        ),
      );
      if (checks.some(({ state }) => state === 'failed')) cli.exitCode = 1;
    });
}

/** Each answer of `look` is fine; what it throws is the finding, with its cure. */
async function looked(check: string, look: () => Promise<string[]>): Promise<Check[]> {
  try {
    return (await look()).map((what) => ({ check, state: 'ok', what }));
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return [{ check, state: 'failed', what: `${error.message}. ${error.cure}`.trim() }];
  }
}

async function workers(client: NodewaveClient): Promise<string[]> {
  const pollers = await client.pollers(workflowTaskQueue);
  if (pollers.length > 0) return pollers.map(({ identity }) => identity);
  throw new ClientError('noWorker', `nobody polls task queue "${workflowTaskQueue}"`, 'Start a worker.');
}

async function applicationNames(client: NodewaveClient): Promise<string[]> {
  return (await client.listApplicationNames()).map(({ name }) => name);
}

async function application(client: NodewaveClient, name: string): Promise<Check[]> {
  const check = `application ${name}`;
  let warnings: string[] = [];
  const found = await looked(check, async () => {
    const { plan } = await client.preview(name, { by: 'nodewave doctor' });
    warnings = plan.warnings;
    return [`commit ${plan.commit.slice(0, 7)}: git, rendering, cluster and dry run answer`];
  });
  return [...found, ...warnings.map((what): Check => ({ check, state: 'warn', what }))];
}
