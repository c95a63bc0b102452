import { Command } from 'commander';
import { abortCommand } from './commands/abort.ts';
import { applyCommand } from './commands/apply.ts';
import { approveCommand } from './commands/approve.ts';
import { deleteCommand } from './commands/delete.ts';
import { devCommand } from './commands/dev.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { getCommand } from './commands/get.ts';
import { overrideWindowCommand } from './commands/override-window.ts';
import { pauseCommand } from './commands/pause.ts';
import { planCommand } from './commands/plan.ts';
import { rejectCommand } from './commands/reject.ts';
import { releaseQuarantineCommand } from './commands/release-quarantine.ts';
import { reportCommand } from './commands/report.ts';
import { resumeCommand } from './commands/resume.ts';
import { retryCommand } from './commands/retry.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { statusCommand } from './commands/status.ts';
import { syncCommand } from './commands/sync.ts';
import { nodewaveVersion, versionCommand } from './commands/version.ts';
import type { Cli } from './context.ts';

const groups: [string, ((cli: Cli) => Command)[]][] = [
  ['Applications:', [applyCommand, getCommand, diffCommand, planCommand, syncCommand, reportCommand, deleteCommand]],
  [
    'A running rollout:',
    [statusCommand, approveCommand, rejectCommand, pauseCommand, resumeCommand, abortCommand, overrideWindowCommand],
  ],
  ['Rollouts, running or ended:', [explainCommand, rollbackCommand, retryCommand, releaseQuarantineCommand]],
  ['This machine:', [doctorCommand, devCommand, versionCommand]],
];

const footer = `
A rollout is named by its DaemonSet: ds/NAME -n NAMESPACE [--cluster CLUSTER].
Every command takes -o json: one JSON document on standard output, also for errors ({"error": …}).

Exit codes:
  0  done; for diff: no changes; for --watch and --wait: it ended well
  1  refused, not found, or it ended badly; for diff: there are changes
  2  the command line or the configuration is wrong; for diff and --watch: also what is refused or not found
  3  no answer: Temporal cannot be reached, no worker runs, or the time was over
  4  a bug of nodewave

Temporal is found by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS… or a profile of
temporal.toml (TEMPORAL_PROFILE), as for Temporal's own tools.

Example:
  nodewave apply -f node-agents.yaml
  nodewave sync node-agents-prod --wait`;

/** The whole command line; parsing it runs one command. */
export function makeProgram(cli: Cli): Command {
  const program = new Command('nodewave')
    .description('GitOps for DaemonSets, one wave of nodes at a time')
    .usage('COMMAND [options]')
    .version(nodewaveVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .commandsGroup('This machine:')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', footer)
    .showSuggestionAfterError()
    .showHelpAfterError('Run it with --help for what it takes.');
  for (const [heading, commands] of groups) {
    for (const make of commands) {
      const command = make(cli).copyInheritedSettings(program).helpGroup(heading);
      program.addCommand(command);
    }
  }
  return program;
}
