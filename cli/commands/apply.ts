import type { Command } from 'commander';
import type { NodewaveClient } from '../../client/index.ts';
import { parseApplications } from '../../domain/application/parse.ts';
import { refuseSpec } from '../../domain/application/refuse-spec.ts';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { type DocumentError, describeErrors } from '../../domain/document-error.ts';
import type { Accepted } from '../../domain/wire.ts';
import type { Cli } from '../context.ts';
import { CliError, toShownError } from '../errors.ts';
import { readInput } from '../files.ts';
import { makeCommand, withActing } from '../options.ts';
import { plain } from '../render/text.ts';

/** Most errors printed at once. */
const errorsShown = 20;

interface ApplyOptions {
  filename: string[];
  by?: string;
}

/** `nodewave apply -f FILE`: creates or changes applications; nothing is applied when any document has an error. */
export function applyCommand(cli: Cli): Command {
  const command = makeCommand('apply', 'Create or change applications from NodeApplication files', [
    'nodewave apply -f node-agents.yaml',
    'cat apps/*.yaml | nodewave apply -f -',
  ]).requiredOption(
    '-f, --filename <file>',
    'file with one or more NodeApplications, "-" for standard input; may be repeated',
    (file: string, files: string[] | undefined) => [...(files ?? []), file],
  );
  return withActing(command).action(async (options: ApplyOptions) => {
    const specs = await readSpecs(cli, options.filename);
    const client = await cli.client();
    if (specs.length > 1) await refuseBeforehand(client, specs);
    const by = await cli.sender(options.by);
    const applied = await configureAll(client, specs, by);
    cli.print({ applied }, () => applied.map(({ name, message }) => `application ${name}: ${plain(message)}`));
  });
}

async function readSpecs(cli: Cli, files: readonly string[]): Promise<ApplicationSpec[]> {
  const specs = new Map<string, { spec: ApplicationSpec; file: string }>();
  const errors: DocumentError[] = [];
  for (const file of files) {
    const parsed = parseApplications(await readInput(cli, file), file === '-' ? 'standard input' : file);
    errors.push(...parsed.errors);
    for (const spec of parsed.specs) {
      const first = specs.get(spec.name);
      if (first === undefined) specs.set(spec.name, { spec, file });
      else
        errors.push({
          file,
          line: 1,
          field: 'metadata.name',
          message: `application ${spec.name} is in ${first.file} too`,
        });
    }
  }
  if (errors.length > 0) {
    throw new CliError(
      'invalid',
      `nothing was applied\n${describeErrors(errors, errorsShown)}`,
      'Correct the lines named above, then apply again.',
    );
  }
  return [...specs.values()].map(({ spec }) => spec);
}

/** One validator at a time cannot see the others: what each would refuse is asked before the first one is sent. */
async function refuseBeforehand(client: NodewaveClient, specs: readonly ApplicationSpec[]): Promise<void> {
  const known = new Set((await client.listApplicationNames()).map(({ name }) => name));
  for (const spec of specs.filter(({ name }) => known.has(name))) {
    const status = await client.applicationStatus(spec.name);
    const refusal = refuseSpec({ name: spec.name, spec: status.spec }, spec);
    if (refusal !== null) throw new CliError('refused', `nothing was applied: ${refusal}`, '');
  }
}

async function configureAll(
  client: NodewaveClient,
  specs: readonly ApplicationSpec[],
  by: string,
): Promise<(Accepted & { name: string; by: string })[]> {
  const applied: (Accepted & { name: string; by: string })[] = [];
  for (const spec of specs) {
    try {
      applied.push({ name: spec.name, by, ...(await client.configure(spec, by)) });
    } catch (error) {
      if (applied.length === 0) throw error;
      const done = applied.map(({ name }) => name).join(', ');
      const { kind, message } = toShownError(error);
      throw new CliError(
        kind,
        `application ${spec.name} was not applied: ${message}`,
        `Applied before it: ${done}. Apply again when the cause is gone; what is applied twice stays as it is.`,
        { cause: error },
      );
    }
  }
  return applied;
}
