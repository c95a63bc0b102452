import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from './lock.ts';
import type { MirrorDeps } from './mirror.ts';
import { withinSize } from './size-limit.ts';

/** Commits that are looked through; a push of more cannot be told from a rewound branch, and is not called one. */
const depth = 200;
/** What finding out may cost: it only makes a sentence. */
const maxBytes = 64 * 2 ** 20;
const maxMs = 30_000;

/**
 * Whether `commit` came to the branch without `before` among its ancestors: somebody has rewound or replaced the branch.
 * `undefined` when that cannot be found out within 200 commits. Commits are fetched without their files where the server
 * knows how, into a repository of its own in the cache.
 */
export async function wasRewound(
  deps: MirrorDeps,
  repo: string,
  { before, commit }: { before: string; commit: string },
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  if (before.length !== commit.length) return true;
  const format = commit.length === 64 ? 'sha256' : 'sha1';
  const name = createHash('sha256').update(`history ${format} ${repo}`).digest('hex').slice(0, 24);
  const dir = join(deps.cacheDir, `${name}.git`);
  return deps.mutex.run(dir, async () => {
    await mkdir(deps.cacheDir, { recursive: true });
    return withFileLock(
      `${dir}.lock`,
      async () => {
        try {
          return await look(deps, { repo, dir, format }, { before, commit }, signal);
        } catch {
          signal?.throwIfAborted();
          // Whatever stands in the way: it is made anew the next time, and until then nothing is claimed.
          await rm(dir, { recursive: true, force: true });
          return undefined;
        }
      },
      { signal },
    );
  });
}

async function look(
  deps: MirrorDeps,
  { repo, dir, format }: { repo: string; dir: string; format: string },
  { before, commit }: { before: string; commit: string },
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  const { git, remotes, cacheDir } = deps;
  if ((await stat(dir).catch(() => undefined)) === undefined) {
    const draft = `${dir}.new-${randomUUID()}`;
    const init = ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, '--', draft];
    await git.run(init, { cwd: cacheDir, timeoutMs: 30_000, signal });
    await rename(draft, dir);
  }
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
  const what = [`--depth=${depth}`, '--filter=tree:0'];
  await remotes.reach(repo, signal, ({ address, config, env }) =>
    withinSize(dir, maxBytes, signal, (within) =>
      git.run(['--git-dir=.', ...fetch, ...what, '--', address, `+${commit}:refs/nodewave/now`], {
        cwd: dir,
        timeoutMs: maxMs,
        signal: within,
        config,
        env,
      }),
    ),
  );
  const listed = await git.run(['--git-dir=.', 'rev-list', '--end-of-options', commit], {
    cwd: dir,
    timeoutMs: maxMs,
    signal,
  });
  const ancestors = listed.toString('utf8').trim().split('\n');
  if (ancestors.includes(before)) return false;
  const cut = new Set((await readFile(join(dir, 'shallow'), 'utf8').catch(() => '')).split('\n'));
  return ancestors.some((ancestor) => cut.has(ancestor)) ? undefined : true;
}
