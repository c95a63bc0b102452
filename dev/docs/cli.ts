import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Cli } from '../../cli/context.ts';
import { makeProgram } from '../../cli/program.ts';

const width = 100;

/** What a person sees with `--help`, exactly. */
function helpOf(command: Command): string {
  let text = '';
  command.configureHelp({ helpWidth: width }).configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => width,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

/** docs/cli.md, from the commands themselves. Written by `node dev/run.mjs dev/docs/cli.ts`. */
export function cliPage(): string {
  // Help asks nothing of the world outside.
  const program = makeProgram({} as Cli);
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const section = (command: Command): string =>
    `## nodewave ${command.name()}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``;
  return `<!-- Written by "node dev/run.mjs dev/docs/cli.ts" from cli/program.ts. Do not edit. -->

# Command line

\`npm run nodewave -- COMMAND\` in the repository, \`nodewave COMMAND\` where \`bin/nodewave.mjs\` is on the path.

\`\`\`text
${helpOf(program)}
\`\`\`

${commands.map(section).join('\n\n')}
`;
}

if (import.meta.main) {
  writeFileSync(new URL('../../docs/cli.md', import.meta.url), cliPage());
  process.stdout.write('docs/cli.md written\n');
}
