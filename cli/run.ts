import { type Command, CommanderError } from 'commander';
import { Cli, type Outside } from './context.ts';
import { exitCodeOf, exitCodes, type ShownError, toShownError } from './errors.ts';
import { makeProgram } from './program.ts';
import { errorLines } from './render/error.ts';

/** Runs one command line (without interpreter and script) and returns the exit code; everything printed goes to the terminal. */
export async function run(args: readonly string[], outside: Outside): Promise<number> {
  const cli = new Cli(outside, wantsJson(args));
  try {
    await prepared(makeProgram(cli), outside).parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return usageEnd(cli, error);
    const shown = toShownError(error);
    print(cli, shown);
    return exitCodeOf(shown.kind, cli.errorFloor);
  } finally {
    await cli.close();
  }
}

/** Commander would end the process and write by itself. */
function prepared(program: Command, { terminal }: Outside): Command {
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: (text, write) => write(text),
    });
  }
  return program;
}

/** Commander has printed its lines already; help and version are no errors. */
function usageEnd(cli: Cli, error: CommanderError): number {
  if (error.exitCode === 0) return exitCodes.ok;
  if (cli.json) printJson(cli, { kind: 'usage', message: error.message.replace(/^error: /, ''), cure: 'See --help.' });
  return exitCodes.usage;
}

function print(cli: Cli, shown: ShownError): void {
  if (cli.json) printJson(cli, shown);
  cli.terminal.err(
    errorLines(shown)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

function printJson(cli: Cli, error: ShownError): void {
  cli.terminal.out(`${JSON.stringify({ error }, null, 2)}\n`);
}

/** Known before parsing, because a command line that cannot be parsed has to answer in JSON as well. */
function wantsJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) =>
      arg === '-ojson' ||
      arg === '--output=json' ||
      (arg === 'json' && ['-o', '--output'].includes(args[index - 1] ?? '')),
  );
}
