import type { GitRunner } from './run.ts';

const longest = 120;

/** First line of the commit's message, at most 120 characters, without control characters. Not escaped. */
export async function subjectOf(git: GitRunner, dir: string, commit: string, signal?: AbortSignal): Promise<string> {
  const args = ['--git-dir=.', 'log', '-1', '--no-show-signature', '--format=%s', '--end-of-options', commit];
  const output = await git.run(args, { cwd: dir, timeoutMs: 30_000, signal });
  const line = output
    .toString('utf8')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : line;
}
