import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { Cli, type Outside } from '../../cli/context.ts';
import { makeProgram } from '../../cli/program.ts';
import { parseApplications } from '../../domain/application/parse.ts';
import { parseManifests } from '../../domain/manifest/parse.ts';
import { validateObjects } from '../../domain/manifest/validate.ts';
import { codeBlocks, inlineCode, type MarkdownFile, markdownFile, markdownFiles, root } from './markdown.ts';

const readme = markdownFile('README.md');
const files = markdownFiles();
const unused = async (): Promise<never> => Promise.reject(new Error('not asked for here'));
const outside: Outside = {
  terminal: { out: () => undefined, err: () => undefined, readStdin: unused, nowMs: () => 0, sleep: unused },
  env: { variables: {}, user: undefined, kubeconfigFiles: [] },
  connect: unused,
  sender: unused,
};
const commands = new Map(makeProgram(new Cli(outside, false)).commands.map((command) => [command.name(), command]));

function examples(): string[] {
  const all = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' });
  return all.filter((file) => file.endsWith('.yaml')).map((file) => join('examples', file));
}

test('YAML of the README is a file of examples/, word for word', () => {
  const texts = examples().map((file) => readFileSync(join(root, file), 'utf8'));
  const blocks = codeBlocks(readme).filter(({ language }) => language === 'yaml');
  expect(blocks.length).toBeGreaterThan(0);
  for (const { text, line } of blocks) expect(texts, `README.md:${line}`).toContain(text);
});

/**
 * What kubelets are to do, what is there before, and what admission is to refuse, is no manifest for an application; nor is what
 * kustomize and helm make manifests of, which tests of its own render.
 */
const notManifests =
  /failures[/](?:.*[/](?:stages|setup)\.yaml|selector-mismatch[/]bad\.yaml)$|renderers[/].*(?<![/]application\.yaml)$/;

test.each(examples().filter((file) => !notManifests.test(file)))('%s can be used as it is', (file) => {
  const text = readFileSync(join(root, file), 'utf8');
  if (text.includes('kind: NodeApplication')) {
    const { specs, errors } = parseApplications(text, file);
    expect(errors).toEqual([]);
    expect(specs).toHaveLength(1);
    return;
  }
  const parsed = parseManifests([{ path: file, text }]);
  const validated = validateObjects(parsed.objects, { namespace: 'default' });
  expect([...parsed.errors, ...validated.errors, ...validated.warnings]).toEqual([]);
  expect(validated.objects.map(({ kind }) => kind)).toContain('DaemonSet');
});

test('every NodeApplication in the documents is one', () => {
  const blocks = files.flatMap((file) =>
    codeBlocks(file)
      .filter(({ language, text }) => language === 'yaml' && text.includes('kind: NodeApplication'))
      .map(({ text, line }) => ({ text, place: `${file.path}:${line}` })),
  );
  for (const { text, place } of blocks) expect(parseApplications(text, place).errors).toEqual([]);
  expect(blocks.length).toBeGreaterThan(1);
});

/** Command lines in blocks of shell code and between backticks. */
function commandLines(file: MarkdownFile): string[] {
  const shell = codeBlocks(file).filter(({ language }) => language === 'sh' || language === 'text');
  return [...shell.flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n')), ...inlineCode(file)];
}

test('every npm script that the documents name exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = files.flatMap((file) =>
    commandLines(file).flatMap((line) =>
      [...line.matchAll(/\bnpm (?:run ([\w:-]+)|(test))\b/g)].map((match) => match[1] ?? match[2] ?? ''),
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

function wrongWords(line: string): string[] {
  const [, name = '', rest = ''] = /^(?:\$ )?nodewave ([a-z-]+)(.*?)(?:\s#.*)?$/.exec(line.trim()) ?? [];
  if (name === '') return [];
  const command: Command | undefined = commands.get(name);
  if (command === undefined) return [`there is no command: ${line}`];
  const known = command.options.flatMap(({ short, long }) => [short, long]);
  const options = rest.split(/\s+/).filter((word) => /^--?[a-z]/.test(word));
  return options.filter((option) => !known.includes(option)).map((option) => `${name} has no ${option}: ${line}`);
}

test('every nodewave command and option that the documents name exists', () => {
  const lines = files.flatMap(commandLines);
  expect(lines.flatMap(wrongWords)).toEqual([]);
  expect(lines.filter((line) => line.trim().startsWith('nodewave ')).length).toBeGreaterThan(40);
  expect(wrongWords('nodewave coverage APP')).toHaveLength(1);
  expect(wrongWords('nodewave get APP --watch   # no')).toHaveLength(1);
});

test('every command that users have is in the documents', () => {
  const text = files.map(({ text }) => text).join('\n');
  expect([...commands.keys()].filter((name) => !text.includes(`nodewave ${name}`))).toEqual([]);
});
