import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let store: GitStore;
const branch = { branch: 'main' };

beforeEach(() => {
  root = scratchFolder();
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n' });
  store = createGitStore({ cacheDir: join(root.dir, 'cache') });
});
afterEach(() => root.remove());

const short = (commit: string): string => commit.slice(0, 8);
const resolve = (ref: Parameters<GitStore['resolve']>[1], lastSeen: string) =>
  store.resolve(repo.dir, ref, undefined, { lastSeen });

test('a branch that goes on is nothing to speak of, by however many commits', async () => {
  const before = repo.commit('before');
  for (let index = 0; index < 5; index++) repo.commit(`commit ${index}`);
  expect((await resolve(branch, before)).note).toBeUndefined();
  expect((await resolve(branch, repo.git('rev-parse', 'HEAD'))).note).toBeUndefined();
});

test('a branch that was rewound says so, with where it was and where it is', async () => {
  const first = repo.git('rev-parse', 'HEAD');
  const before = repo.commit('before');
  repo.git('reset', '--quiet', '--hard', first);
  expect((await resolve(branch, before)).note).toBe(
    `branch main was rewound or replaced by a force-push: ${short(before)}, which it held when it was last seen, is no ancestor of ${short(first)}, which it holds now`,
  );
  const after = repo.commit('after');
  expect((await resolve(branch, before)).note).toContain(`is no ancestor of ${short(after)}`);
  // Going on from there is nothing to speak of again, and neither is coming back by a merge.
  expect((await resolve(branch, first)).note).toBeUndefined();
  repo.git('merge', '--quiet', '--no-edit', before);
  expect((await resolve(branch, before)).note).toBeUndefined();
});

test('what lies too far back to be found out is not called rewound', async () => {
  const before = repo.commit('before');
  const script = Array.from({ length: 205 }, (_, index) => {
    const from = index === 0 ? `from ${before}\n` : '';
    return `commit refs/heads/main\ncommitter A <a@example.com> ${1_700_000_000 + index} +0000\ndata 1\nx\n${from}`;
  }).join('\n');
  execFileSync('git', ['fast-import', '--quiet', '--force'], { cwd: repo.dir, input: script });
  expect((await resolve(branch, before)).note).toBeUndefined();
});

test('a tag that was moved says so; a range of versions goes on by itself', async () => {
  const before = repo.git('rev-parse', 'HEAD');
  repo.git('tag', 'v1.0.0');
  const after = repo.commit('after');
  repo.git('tag', '--force', 'v1.0.0');
  expect((await resolve({ tag: 'v1.0.0' }, before)).note).toBe(
    `tag v1.0.0 was moved: it held ${short(before)} when it was last seen, and holds ${short(after)} now`,
  );
  expect((await resolve({ semver: '1.x' }, before)).note).toBeUndefined();
});

test('a branch, a tag and a repository that vanished are told apart from those that never were', async () => {
  const before = repo.git('rev-parse', 'HEAD');
  const message = (ref: Parameters<GitStore['resolve']>[1], lastSeen?: string): Promise<string> =>
    store.resolve(repo.dir, ref, undefined, lastSeen === undefined ? {} : { lastSeen }).then(
      () => 'resolved',
      (error: Error) => error.message,
    );
  for (const [ref, name] of [
    [{ branch: 'gone' }, 'branch gone'],
    [{ tag: 'v9' }, 'tag v9'],
  ] as const) {
    expect(await message(ref)).toBe(`${name} does not exist in ${repo.dir}; push it, or correct spec.source.ref`);
    expect(await message(ref, before)).toBe(
      `${name} has vanished from ${repo.dir}: it held ${short(before)} when it was last seen; push it again, or correct spec.source.ref`,
    );
  }
  renameSync(repo.dir, `${repo.dir}-away`);
  expect(await message(branch)).toMatch(
    `there is no repository at ${repo.dir}; correct spec.source.repo, or create it`,
  );
  expect(await message(branch, before)).toMatch(
    `the repository ${repo.dir} has vanished, or its credentials no longer see it: branch main held ${short(before)} when it was last seen; restore it, or correct spec.source.repo`,
  );
});
