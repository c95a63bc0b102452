import type { Command } from 'commander';
import type { Cli } from '../context.ts';
import { exitCodes } from '../errors.ts';
import { makeCommand } from '../options.ts';
import { diffPage, hasChanges } from '../render/diff.ts';
import { diffMarkdown } from '../render/diff-markdown.ts';
import { unifiedDiff } from '../render/diff-unified.ts';
import { parseApplication } from '../target.ts';

const examples = [
  'nodewave diff node-agents-prod',
  'nodewave diff node-agents-prod -o diff',
  'nodewave diff node-agents-prod --commit 3f2a…full…commit -o markdown',
];
const formats = 'tables, one JSON document, a unified diff of YAML, or Markdown';

/**
 * `nodewave diff APP`: what git would change on the cluster, field by field, or as a unified diff of YAML. Exits 1 when there is a
 * difference.
 */
export function diffCommand(cli: Cli): Command {
  const what = 'Show what git would change on the cluster; exits 1 when there are changes';
  return makeCommand('diff', what, examples, ['diff', 'markdown'], formats)
    .argument('<app>', 'name of an application')
    .option('--commit <commit>', 'a full commit; default: what the ref holds now')
    .action(async (app: string, { commit, output }: { commit?: string; output: string }) => {
      cli.errorFloor = 2;
      const name = parseApplication(app);
      const client = await cli.client();
      const preview = await client.preview(name, {
        by: 'nodewave diff',
        ...(commit === undefined ? {} : { commit }),
        ...(output === 'diff' ? { patches: true } : {}),
      });
      const pages = { diff: unifiedDiff, markdown: diffMarkdown } as const;
      cli.print(preview, () => (output === 'diff' || output === 'markdown' ? pages[output] : diffPage)(preview));
      if (hasChanges(preview)) cli.exitCode = exitCodes.refused;
    });
}
