import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Folder of the repository. */
export const root = join(import.meta.dirname, '..', '..');

/** A block between fences. */
export interface CodeBlock {
  language: string;
  text: string;
  line: number;
}

/** A Markdown file of the repository. */
export interface MarkdownFile {
  /** Relative to the repository. */
  path: string;
  text: string;
}

const passedOver = ['node_modules', 'dist', 'coverage'];

/** Every Markdown file, hidden folders and dependencies left out. */
export function markdownFiles(folder = root): MarkdownFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = join(folder, entry.name);
    if (entry.name.startsWith('.') || passedOver.includes(entry.name)) return [];
    if (entry.isDirectory()) return markdownFiles(file);
    return entry.name.endsWith('.md') ? [{ path: relative(root, file), text: readFileSync(file, 'utf8') }] : [];
  });
}

/** One file by its path. */
export function markdownFile(path: string): MarkdownFile {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

/** What stands under a second-level heading. */
export function section({ path, text }: MarkdownFile, heading: string): MarkdownFile {
  const found = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`${path} has no section ${heading}`);
  return { path, text: found };
}

/** The blocks between fences. */
export function codeBlocks({ text }: MarkdownFile): CodeBlock[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** The text without its blocks, in which lines keep their numbers. */
export function prose({ text }: MarkdownFile): string {
  return text.replace(/^```\w*\n[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''));
}

/** What stands between backticks outside of blocks. */
export function inlineCode(file: MarkdownFile): string[] {
  return [...prose(file).matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').replace(/\s+/g, ' '));
}

/** Targets of links and pictures. */
export function links(file: MarkdownFile): string[] {
  const text = prose(file).replace(/`[^`]*`/g, '');
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] ?? '');
}

/** The anchors that GitHub makes of the headings. */
export function anchors(file: MarkdownFile): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of prose(file).matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    let name = slug;
    for (let count = 1; found.has(name); count++) name = `${slug}-${count}`;
    found.add(name);
  }
  return found;
}

/** Rows of every table, without heads, as cells without backticks. */
export function tableRows(file: MarkdownFile): string[][] {
  return prose(file)
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[-|\s]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}
