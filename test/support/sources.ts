import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One import or re-export of a source file. */
export interface Import {
  file: string;
  line: number;
  /** As written, e.g. `../ids.ts` or `zod`. */
  specifier: string;
  /** The file it means, relative to the repository; null for a package. */
  target: string | null;
  /** Gone once types are erased. */
  typeOnly: boolean;
}

/** A source file of the repository. */
export interface Source {
  /** Relative to the repository, with `/`. */
  file: string;
  text: string;
  imports: Import[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = ['domain', 'activities', 'client', 'worker', 'workflows', 'cli', 'dev', 'test', 'bin'];

/** Every TypeScript and JavaScript file of the repository, with what it imports. */
export function readSources(): Source[] {
  const pattern = `{${folders.join(',')}}/**/*.{ts,mjs,js}`;
  return globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' })
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
    .map((file) => sourceOf(file, readFileSync(`${root}${file}`, 'utf8')));
}

/** A file's text with what it imports. */
export function sourceOf(file: string, text: string): Source {
  return { file, text, imports: importsOf(file, text) };
}

/** Static imports and re-exports, over several lines too, and `import(…)` in code and types. */
export function importsOf(file: string, text: string): Import[] {
  const statement = /^(?:import|export)\b(?<clause>[^'"`;=]*?\bfrom\s*|\s*)(?<quote>['"])(?<name>[^'"\n]+)\k<quote>/gm;
  const call = /(?<type>\btypeof\s+)?\bimport\(\s*(?<quote>['"])(?<name>[^'"\n]+)\k<quote>/g;
  const code = withoutComments(text);
  const found = [
    ...[...code.matchAll(statement)].map((match) => ({ match, typeOnly: isTypeOnly(match.groups?.clause ?? '') })),
    ...[...code.matchAll(call)].map((match) => ({ match, typeOnly: match.groups?.type !== undefined })),
  ];
  return found.map(({ match, typeOnly }) => {
    const specifier = match.groups?.name ?? '';
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : null;
    return { file, line: lineOf(code, match.index), specifier, target, typeOnly };
  });
}

/** The line of a position, counted from 1. */
export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** The text with comments blanked out, every line in its place. */
export function withoutComments(text: string): string {
  const blank = (comment: string): string => comment.replace(/[^\n]/g, ' ');
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, blank).replace(/^\s*\/\/.*$/gm, blank);
}

function isTypeOnly(clause: string): boolean {
  if (/^\s+type\b/.test(clause)) return true;
  const named = /^\s*\{(?<names>[^}]*)\}/.exec(clause)?.groups?.names;
  const names = (named ?? '').split(',').map((name) => name.trim());
  return named !== undefined && names.filter((name) => name !== '').every((name) => name.startsWith('type '));
}
