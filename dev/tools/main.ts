import type { Progress } from './build.ts';
import { ensureTools } from './ensure.ts';
import { requireGit } from './prerequisites.ts';
import { stackTools, type ToolName, tools } from './registry.ts';

const print: Progress = (line) => process.stderr.write(`tools  ${line}\n`);

/** `node dev/run.mjs dev/tools/main.ts [TOOL...]`: builds the tools of the local stack, or those that are named. */
async function main(names: string[]): Promise<void> {
  const known = tools.map(({ name }) => name);
  const unknown = names.filter((name) => !known.some((tool) => tool === name));
  if (unknown.length > 0) throw new Error(`unknown tool ${unknown.join(', ')}; there are ${known.join(', ')}`);
  requireGit();
  const wanted = names.length === 0 ? stackTools : known.filter((name: ToolName) => names.includes(name));
  for (const [name, path] of await ensureTools(wanted, print)) process.stdout.write(`${name}\t${path}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`tools  ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
