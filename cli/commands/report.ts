import type { Command } from 'commander';
import { type CheckReport, checkProblem, isFullCommit, reportUrlProblem } from '../../domain/check-report.ts';
import type { Cli } from '../context.ts';
import { CliError } from '../errors.ts';
import { type ActingOptions, makeCommand, withActing } from '../options.ts';
import { parseApplication } from '../target.ts';

interface ReportOptions extends ActingOptions {
  commit: string;
  check: string;
  passed?: boolean;
  failed?: boolean;
  url?: string;
}

/** `nodewave report APP`: a person's word on a commit, for gates of kind report. CI sends the same by a webhook. */
export function reportCommand(cli: Cli): Command {
  const command = makeCommand(
    'report',
    'Say that a check of a commit has passed or failed, for gates that wait for it',
    [
      'nodewave report node-agents-prod --commit $(git rev-parse HEAD) --check e2e-tests --passed',
      'nodewave report node-agents-prod --commit $(git rev-parse HEAD) --check load-test --failed --reason "p99 doubled"',
    ],
  )
    .argument('<app>', 'name of an application')
    .requiredOption('--commit <sha>', 'the full commit, 40 or 64 digits')
    .requiredOption('--check <name>', 'name of the check as the gate has it')
    .option('--passed', 'the check has passed')
    .option('--failed', 'the check has failed')
    .option('--url <url>', 'where to read on');
  return withActing(command).action(async (app: string, options: ReportOptions) => {
    const name = parseApplication(app);
    const said = read(options);
    const client = await cli.client();
    const by = await cli.sender(options.by);
    const report = { ...said, by, atMs: cli.terminal.nowMs() };
    await client.report(name, report);
    cli.print({ accepted: true, application: name, report }, () => [
      `application ${name}: ${report.check} has ${report.outcome} on ${report.commit}; it counts until the next report of it`,
    ]);
  });
}

function read(options: ReportOptions): Omit<CheckReport, 'by' | 'atMs'> {
  const { commit, check, passed = false, failed = false, url, reason } = options;
  if (passed === failed) {
    const what = passed ? 'both --passed and --failed are given' : 'neither --passed nor --failed is given';
    throw new CliError('usage', what, 'Give one of them.');
  }
  if (!isFullCommit(commit)) {
    const cure = 'Give all 40 or 64 digits, for example with "git rev-parse HEAD".';
    throw new CliError('usage', `--commit is not a full commit: "${commit}"`, cure);
  }
  refuse('--check', check, checkProblem(check));
  if (url !== undefined) refuse('--url', url, reportUrlProblem(url));
  return {
    commit: commit.toLowerCase(),
    check,
    outcome: passed ? 'passed' : 'failed',
    ...(url === undefined ? {} : { url }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function refuse(option: string, given: string, problem: string | undefined): void {
  if (problem === undefined) return;
  throw new CliError('usage', `${option} cannot be "${given}"`, `${problem[0]?.toUpperCase()}${problem.slice(1)}.`);
}
