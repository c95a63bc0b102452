import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let store: GitStore;

beforeEach(() => {
  root = scratchFolder();
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n', 'other/a.yaml': 'a: 1\n' });
  store = createGitStore({ cacheDir: join(root.dir, 'cache') });
});
afterEach(() => root.remove());

const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize 12345\n`;
const notes = (commit: string, path = 'prod'): Promise<string[]> => store.check(repo.dir, commit, { path });

function submodule(path: string): string {
  repo.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},${path}`);
  repo.git('commit', '--quiet', '--message', 'submodule');
  return repo.git('rev-parse', 'HEAD');
}

test('submodules below the path are named, those elsewhere and none are not', async () => {
  expect(await notes(repo.git('rev-parse', 'HEAD'))).toEqual([]);
  const commit = submodule('prod/vendor/chart');
  expect(await notes(commit)).toEqual(['submodules are not fetched: prod/vendor/chart']);
  expect(await notes(commit, 'other')).toEqual([]);
  for (const index of [1, 2, 3, 4, 5]) submodule(`prod/m${index}`);
  expect(await notes(submodule('prod/m6'))).toEqual([
    'submodules are not fetched: prod/m1, prod/m2, prod/m3, prod/m4, prod/m5 and 2 more',
  ]);
});

test('files of Git LFS are named; a manifest among them is refused by its name', async () => {
  repo.write('prod/dashboard.png', pointer);
  const commit = repo.commit('picture');
  expect(await notes(commit)).toEqual([
    'files of Git LFS are not fetched, only their pointers are there: prod/dashboard.png',
  ]);
  expect(await store.readFiles(repo.dir, commit, 'prod')).toHaveLength(1);
  repo.write('prod/b.yaml', pointer);
  repo.write('prod/c.yaml', pointer);
  await expect(store.readFiles(repo.dir, repo.commit('manifests'), 'prod')).rejects.toMatchObject({
    code: 'BadInput',
    message:
      'prod/b.yaml, prod/c.yaml are pointers of Git LFS, whose files are not fetched; commit them to git itself, with "git lfs untrack"',
  });
});

test('a file that only speaks of Git LFS is none of its pointers', async () => {
  repo.write('prod/notes.md', `see ${pointer}`);
  repo.write('prod/long.md', `${pointer}${'x'.repeat(2_000)}`);
  expect(await notes(repo.commit('notes'))).toEqual([]);
});
