/**
 * Text of others (commit messages, log lines of pods, names that people give) on one line and without anything that a
 * terminal would act on: control and format characters go.
 */
export function plain(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(/\p{Cc}|\p{Cf}/gu, '')
    .trim();
}

/** How many columns a text takes; wide characters are not told apart. */
export function width(text: string): number {
  return [...text].length;
}

/** `1 node`, `3 nodes`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** A value as one shell word: quoted only where it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Lines with two more spaces before each. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** Sections with an empty line between them; empty sections are left out. */
export function sections(...parts: readonly (readonly string[])[]): string[] {
  return parts.filter((part) => part.length > 0).flatMap((part, index) => (index === 0 ? part : ['', ...part]));
}
