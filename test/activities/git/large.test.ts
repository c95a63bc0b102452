import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sizeOf } from '../../../activities/git/size-limit.ts';
import { createGitStore } from '../../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let cacheDir: string;
const branch = { branch: 'main' };
const mebibyte = 2 ** 20;

beforeEach(() => {
  root = scratchFolder();
  cacheDir = join(root.dir, 'cache');
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n' });
});
afterEach(() => root.remove());

test('a repository over the limit is refused with the setting that decides, and leaves nothing behind', async () => {
  repo.write('video.mp4', randomBytes(4 * mebibyte));
  repo.commit('a large file');
  const store = createGitStore({ cacheDir, maxFetchBytes: 2 * mebibyte });
  await expect(store.resolve(repo.dir, branch)).rejects.toMatchObject({
    code: 'BadInput',
    message: `one commit of ${repo.dir} is larger than 2 MiB; raise "limits.maxFetchMiB" of the worker's git file, or keep the manifests in a smaller repository`,
  });
  expect(await sizeOf(cacheDir)).toBeLessThan(mebibyte);
  expect(readdirSync(cacheDir).filter((name) => !name.endsWith('.git'))).toEqual([]);
  // The next good commit works, without a restart.
  repo.git('rm', '--quiet', 'video.mp4');
  const commit = repo.commit('without it');
  expect(await store.resolve(repo.dir, branch)).toMatchObject({ commit });
});

test('a long history counts for nothing: only the commit itself is fetched', async () => {
  for (let index = 0; index < 4; index++) {
    repo.write('blob', randomBytes(mebibyte));
    repo.commit(`blob ${index}`);
  }
  const store = createGitStore({ cacheDir, maxFetchBytes: 2 * mebibyte });
  expect((await store.resolve(repo.dir, branch)).subject).toBe('blob 3');
});

test('what many fetches left behind is thrown away before it can count against a commit', async () => {
  const store = createGitStore({ cacheDir, maxFetchBytes: 2 * mebibyte });
  for (let index = 0; index < 7; index++) {
    repo.write('blob', randomBytes(mebibyte));
    repo.commit(`blob ${index}`);
    expect((await store.resolve(repo.dir, branch)).subject).toBe(`blob ${index}`);
    expect(await sizeOf(cacheDir)).toBeLessThan(6 * mebibyte);
  }
});
