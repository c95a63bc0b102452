import { builtinModules } from 'node:module';
import { describe, expect, test } from 'vitest';
import {
  type Import,
  importsOf,
  lineOf,
  readSources,
  type Source,
  sourceOf,
  withoutComments,
} from './support/sources.ts';

/** What the files of one folder may import. */
interface Arrow {
  /** Folders, the own one included, that may be imported. */
  folders: string[];
  /** Folders that may be imported with `import type` only. */
  types?: string[];
  /** Packages that may be imported; any when left out. */
  packages?: string[];
  /** Packages that may not, not even their types with `neverTypes`. */
  not?: string[];
  neverTypes?: true;
  /** Whether `node:*` may be imported. */
  node: boolean;
  /** Why, and what to do instead. */
  because: string;
}

const temporalPackages = ['@temporalio/client', '@temporalio/worker', '@temporalio/workflow', '@temporalio/activity'];

/** The most special folder of a file decides. */
const arrows: Record<string, Arrow> = {
  domain: {
    folders: ['domain'],
    packages: ['zod', 'yaml', 'semver', '@noble/hashes', 'croner', 're2js', 'diff', '@marcbachmann/cel-js'],
    node: false,
    because: 'domain/ is pure and runs inside workflows: move the I/O to activities/ and hand its result in',
  },
  workflows: {
    folders: ['workflows', 'domain'],
    types: ['activities'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
    node: false,
    because:
      'workflows must replay: decisions belong in domain/, I/O behind an activity, whose types come by "import type"',
  },
  activities: {
    folders: ['activities', 'domain'],
    not: ['@temporalio/worker', '@temporalio/workflow'],
    node: true,
    because: 'activities are made by a factory that takes its clients: what composes them is worker/',
  },
  client: {
    folders: ['client', 'domain'],
    types: ['activities'],
    not: ['@temporalio/worker', '@temporalio/workflow', '@temporalio/activity'],
    node: true,
    because: 'client/ is what the command line loads: it knows names and messages from domain/, no worker code',
  },
  worker: {
    folders: ['worker', 'activities', 'client', 'domain'],
    types: ['workflows'],
    node: true,
    because: 'worker/ composes; workflows are bundled by path, not imported',
  },
  'worker/webhook': {
    folders: ['worker', 'client', 'domain'],
    not: temporalPackages,
    neverTypes: true,
    node: true,
    because: 'the webhook server reaches Temporal only through client/',
  },
  cli: {
    folders: ['cli', 'client', 'domain'],
    not: temporalPackages,
    neverTypes: true,
    node: true,
    because: 'the command line reaches Temporal only through client/, and clusters not at all',
  },
  bin: { folders: ['bin', 'cli', 'dev'], node: true, because: 'bin/ only starts the command line' },
  dev: {
    folders: ['dev', 'domain', 'activities', 'client', 'worker', 'cli', 'test'],
    node: true,
    because: 'dev/ starts things',
  },
  test: {
    folders: ['test', 'dev', 'domain', 'activities', 'client', 'worker', 'workflows', 'cli'],
    node: true,
    because: 'tests see everything',
  },
};

/** Who reads the environment: everything else takes a setting as an argument, so that it can be tested and found. */
const readsEnvironment = [/^worker\/(config|main)\.ts$/, /^cli\/(main|env)\.ts$/, /^dev\//, /^test\//, /^bin\//];

/** Lines that are not blank. Tests are tables, which are long without being hard. */
const most = { product: 300, test: 400 };

/** Folders whose exports need a doc comment, and in which files may not import each other in a circle. */
const core = ['domain', 'activities', 'workflows', 'client'];

// This file's own examples are no imports.
const sources = readSources().filter((source) => source.file !== 'test/architecture.test.ts');

describe('imports', () => {
  test('follow the arrows of the layout', () => {
    expect(sources.length).toBeGreaterThan(200);
    expect(sources.flatMap((source) => source.imports.flatMap(forbidden))).toEqual([]);
  });

  test('name files that exist', () => {
    const files = new Set(sources.map((source) => source.file));
    const missing = sources
      .flatMap((source) => source.imports)
      .filter((one) => one.target !== null && /\.(ts|mjs)$/.test(one.target) && !files.has(one.target));
    expect(missing.map((one) => `${one.file}:${one.line}: ${one.specifier} does not exist`)).toEqual([]);
  });

  test('go in no circle', () => {
    expect(circles(sources.filter((source) => core.includes(folderOf(source.file))))).toEqual([]);
  });

  test.each([
    ["import { readFileSync } from 'node:fs';", 'domain/x.ts', 'domain/ may not import node:fs'],
    ["import { readFileSync } from 'fs';", 'workflows/x.ts', 'workflows/ may not import fs'],
    ["import { Client } from '@temporalio/client';", 'cli/x.ts', 'cli/ may not import @temporalio/client'],
    [
      "import {\n  a,\n  type B,\n} from '../../activities/x.ts';",
      'workflows/a/x.ts',
      'activities/ only with "import type"',
    ],
    ["export * from '../activities/x.ts';", 'domain/x.ts', 'domain/ may not import activities/x.ts'],
    ["const x = await import('../worker/x.ts');", 'cli/x.ts', 'cli/ may not import worker/x.ts'],
    ["import '../../dev/x.ts';", 'worker/webhook/x.ts', 'worker/webhook/ may not import dev/x.ts'],
    ["import * as z from 'zod/mini';", 'workflows/x.ts', 'workflows/ may not import zod/mini'],
    ["import x from '../test/x.ts';", 'activities/x.ts', 'activities/ may not import test/x.ts'],
  ])('%j in %s is found', (text, file, expected) => {
    expect(sourceOf(file, text).imports.flatMap(forbidden)).toEqual([
      expect.stringContaining(`${file}:1: ${expected}`),
    ]);
  });

  test.each([
    ["import type { A } from '../activities/contract.ts';", 'workflows/x.ts'],
    ["import { type A, type B } from '../activities/contract.ts';", 'workflows/x.ts'],
    ["// import x from 'node:fs';\n/* import y from 'node:os'; */", 'domain/x.ts'],
    ["const text = 'from';\nexport const from = 'node:fs';", 'domain/x.ts'],
    ["import { sha256 } from '@noble/hashes/sha2.js';", 'domain/x.ts'],
  ])('%j in %s is fine', (text, file) => {
    expect(importsOf(file, text).flatMap(forbidden)).toEqual([]);
  });

  test('a circle is found, over however many files', () => {
    const ring = ['a', 'b', 'c'].map((name, at, all) =>
      sourceOf(`domain/${name}.ts`, `import { x } from './${all[(at + 1) % 3]}.ts';`),
    );
    expect(circles(ring)).toEqual([
      expect.stringContaining('domain/a.ts -> domain/b.ts -> domain/c.ts -> domain/a.ts'),
    ]);
    expect(circles(ring.slice(0, 2))).toEqual([]);
  });
});

test('the environment is read only where configuration is made', () => {
  const readers = sources.filter((source) => !readsEnvironment.some((allowed) => allowed.test(source.file)));
  const found = readers.flatMap((source) => {
    const code = withoutComments(source.text);
    return [...code.matchAll(/process\.env|\benv\b[^;\n]*from 'node:process'/g)].map(
      (match) =>
        `${source.file}:${lineOf(code, match.index)}: reads the environment; take the value as an argument and read it in worker/config.ts or cli/main.ts`,
    );
  });
  expect(found).toEqual([]);
});

test('files stay small enough to be read', () => {
  const found = sources.flatMap((source) => {
    const lines = source.text.split('\n').filter((line) => line.trim() !== '').length;
    const limit = folderOf(source.file) === 'test' ? most.test : most.product;
    return lines > limit
      ? [`${source.file}:1: ${lines} lines, at most ${limit}: give one of its jobs a file of its own`]
      : [];
  });
  expect(found).toEqual([]);
});

test('what is exported says what it is', () => {
  const found = sources
    .filter((source) => core.includes(folderOf(source.file)))
    .flatMap((source) => undocumented(source));
  expect(found).toEqual([]);
  expect(undocumented(sourceOf('domain/x.ts', 'export function f() {}\n'))).toHaveLength(1);
  expect(undocumented(sourceOf('domain/x.ts', '/** Does it. */\nexport function f() {}\n'))).toEqual([]);
});

function forbidden(one: Import): string[] {
  const folder = folderOf(one.file);
  const arrow = arrows[folder];
  if (arrow === undefined)
    return [`${one.file}:1: the folder ${folder}/ has no arrows; add it to test/architecture.test.ts`];
  const complain = (what: string): string[] => [`${one.file}:${one.line}: ${what}. ${arrow.because}`];
  if (one.target !== null) {
    const to = one.target.split('/')[0] ?? '';
    if (arrow.folders.includes(to) || to === 'package.json') return [];
    if (!arrow.types?.includes(to)) return complain(`${folder}/ may not import ${one.target}`);
    return one.typeOnly ? [] : complain(`${to}/ only with "import type"`);
  }
  const isNode = one.specifier.startsWith('node:') || builtinModules.includes(one.specifier);
  if (isNode) return arrow.node ? [] : complain(`${folder}/ may not import ${one.specifier}`);
  const name = one.specifier
    .split('/')
    .slice(0, one.specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const named = arrow.not?.includes(name) === true && (!one.typeOnly || arrow.neverTypes === true);
  const allowed = !named && (arrow.packages?.includes(name) ?? true);
  return allowed ? [] : complain(`${folder}/ may not import ${one.specifier}`);
}

function folderOf(file: string): string {
  const special = Object.keys(arrows).find((folder) => folder.includes('/') && file.startsWith(`${folder}/`));
  return special ?? file.split('/')[0] ?? '';
}

/** Circles of imports, types included: two files that need each other are one file, or a third is missing. */
function circles(files: readonly Source[]): string[] {
  const byFile = new Map(files.map((source) => [source.file, source]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const from = path.indexOf(file);
    if (from >= 0) {
      const ring = [...path.slice(from), file].join(' -> ');
      found.push(`${file}:1: ${ring}; move what both need into a file of its own`);
      return;
    }
    if (done.has(file)) return;
    for (const one of byFile.get(file)?.imports ?? []) if (one.target !== null) visit(one.target, [...path, file]);
    done.add(file);
  };
  for (const file of byFile.keys()) visit(file, []);
  return found;
}

function undocumented(source: Source): string[] {
  const lines = source.text.split('\n');
  return lines.flatMap((line, at) => {
    const name = /^export (?:abstract |async )*(?:function\*?|class|const|let|interface|type)\s+(\w+)/.exec(line)?.[1];
    const before = lines[at - 1] ?? '';
    // A row of constants, and the overloads of a function, share the comment of the first.
    const shares = line.startsWith('export const') ? /^export const/ : new RegExp(`function ${name}\\b`);
    if (name === undefined || /\*\/\s*$/.test(before) || shares.test(before)) return [];
    return [`${source.file}:${at + 1}: ${name} has no doc comment; say what it is, its units, limits and errors`];
  });
}
