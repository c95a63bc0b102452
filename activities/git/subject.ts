import type { GitRunner } from './run.ts';

const longest = 120;

/**
 * First line of the commit's message, at most 120 characters, without control characters. Not escaped. `undefined` when the
 * object is no commit: a tag may name any object.
 */
export async function subjectOf(
  git: GitRunner,
  dir: string,
  commit: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const args = ['--git-dir=.', 'log', '-1', '--no-show-signature', '--format=%H %s', '--end-of-options', commit];
  const output = (await git.run(args, { cwd: dir, timeoutMs: 30_000, signal })).toString('utf8');
  if (!output.startsWith(commit)) return undefined;
  const line = output
    .slice(commit.length)
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line;
}
