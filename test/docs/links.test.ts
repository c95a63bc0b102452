import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import {
  anchors,
  codeBlocks,
  inlineCode,
  links,
  type MarkdownFile,
  markdownFile,
  markdownFiles,
  root,
} from './markdown.ts';

const files = markdownFiles();

function brokenLink(file: MarkdownFile, link: string): string | null {
  if (/^(https?|mailto):/.test(link)) return null;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file.path : normalize(join(dirname(file.path), path));
  if (!existsSync(join(root, target))) return `${file.path}: ${link}: there is no ${target}`;
  if (anchor === undefined || !target.endsWith('.md')) return null;
  return anchors(markdownFile(target)).has(anchor) ? null : `${file.path}: ${link}: ${target} has no such heading`;
}

test('every relative link leads to a file and a heading that exist', () => {
  const broken = files.flatMap((file) => links(file).map((link) => brokenLink(file, link)));
  expect(broken.filter((problem) => problem !== null)).toEqual([]);
  expect(broken.length).toBeGreaterThan(50);
});

test('a link to a file or heading that does not exist is noticed', () => {
  const file = {
    path: 'docs/x.md',
    text: '# A & B\n[a](#a--b) [b](#b) [c](gone.md) [d](errors.md#failure-codes) [e](errors.md#e)',
  };
  const problems = links(file).map((link) =>
    link.startsWith('#') && anchors(file).has(link.slice(1)) ? null : brokenLink(file, link),
  );
  expect(problems).toEqual([
    null,
    expect.anything(),
    expect.stringContaining('there is no docs/gone.md'),
    null,
    expect.stringContaining('has no such heading'),
  ]);
});

test('files of the repository that are named in code exist', () => {
  const missing = files.flatMap((file) => {
    const code = [...inlineCode(file), ...codeBlocks(file).map(({ text }) => text)].join('\n');
    const named = code.matchAll(
      /(?<![\w/.-])(?:deploy|dev|docs|domain|examples|test|worker|workflows|activities|client|cli)\/[\w./-]*\.\w+/g,
    );
    return [...named]
      .map(([path]) => path)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${file.path}: ${path}`);
  });
  expect(missing).toEqual([]);
});
