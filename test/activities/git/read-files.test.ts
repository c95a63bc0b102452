import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let store: GitStore;

beforeEach(() => {
  root = scratchFolder();
  repo = scratchRepo(join(root.dir, 'repo'));
  store = createGitStore({ cacheDir: join(root.dir, 'cache') });
});
afterEach(() => root.remove());

test('reads manifests of all folders below the path, and nothing else', async () => {
  for (const path of [
    'prod/b.yml',
    'prod/deep/er/ünï code "x".yaml',
    'prod/c.JSON',
    'prod/README.md',
    'other/d.yaml',
  ]) {
    repo.write(path, `from: ${path}\n`);
  }
  repo.write('prod/.hidden/e.yaml', 'x');
  repo.write('prod/.f.yaml', 'x');
  repo.write('prod/deep/\nnewline.yaml', 'newline: true\n');
  const commit = repo.commit('files');
  const files = await store.readFiles(repo.dir, commit, './prod//');
  expect(files.map((file) => file.path)).toEqual([
    'prod/b.yml',
    'prod/c.JSON',
    'prod/deep/\nnewline.yaml',
    'prod/deep/er/ünï code "x".yaml',
  ]);
  expect(files[0]?.text).toBe('from: prod/b.yml\n');
  expect((await store.readFiles(repo.dir, commit, '.')).map((file) => file.path)).toContain('other/d.yaml');
});

test('a path with characters that git could take for a pattern or an option', async () => {
  repo.write('*/a.yaml', 'star\n');
  repo.write('--help/a.yaml', 'dashes\n');
  repo.write(':(top)x/a.yaml', 'magic\n');
  const commit = repo.commit('odd');
  for (const path of ['*', '--help', ':(top)x']) {
    expect(await store.readFiles(repo.dir, commit, path)).toHaveLength(1);
  }
});

test('a manifest that is a symbolic link is named', async () => {
  repo.write('prod/a.yaml', 'a: 1\n');
  symlinkSync('/etc/passwd', join(repo.dir, 'prod/link.yaml'));
  symlinkSync('a.yaml', join(repo.dir, 'prod/note.txt'));
  const commit = repo.commit('link');
  await expect(store.readFiles(repo.dir, commit, 'prod')).rejects.toMatchObject({
    code: 'BadInput',
    message: 'prod/link.yaml is a symbolic link, which is not followed; replace it by the file itself',
  });
});

test('a folder that is a symbolic link is not followed', async () => {
  repo.write('real/a.yaml', 'a: 1\n');
  symlinkSync('real', join(repo.dir, 'linked'));
  const commit = repo.commit('link');
  await expect(store.readFiles(repo.dir, commit, 'linked')).rejects.toMatchObject({
    code: 'BadInput',
    message: `path linked is a file or symbolic link at commit ${commit.slice(0, 8)}; spec.source.path must be a folder`,
  });
});

test('submodules are passed over', async () => {
  repo.write('prod/a.yaml', 'a: 1\n');
  repo.commit('a');
  repo.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},prod/sub.yaml`);
  repo.git('commit', '--quiet', '--message', 'submodule');
  const files = await store.readFiles(repo.dir, repo.git('rev-parse', 'HEAD'), 'prod');
  expect(files.map((file) => file.path)).toEqual(['prod/a.yaml']);
});

test.each([
  ['missing', 'path missing does not exist at commit'],
  ['prod/a.yaml', 'path prod/a.yaml is a file or symbolic link at commit'],
  ['../outside', 'spec.source.path must not contain ".."'],
  ['prod/../../etc', 'spec.source.path must not contain ".."'],
  ['/etc', 'spec.source.path must be relative'],
  ['prod\nHEAD:', 'spec.source.path must not contain backslashes or control characters'],
])('the path %j is refused', async (path, sentence) => {
  repo.write('prod/a.yaml', 'a: 1\n');
  const commit = repo.commit('a');
  await expect(store.readFiles(repo.dir, commit, path)).rejects.toMatchObject({
    code: 'BadInput',
    message: expect.stringContaining(sentence),
  });
});

test('an empty folder gives no file', async () => {
  repo.write('prod/README.md', 'nothing here\n');
  expect(await store.readFiles(repo.dir, repo.commit('empty'), 'prod')).toEqual([]);
});

test('too many files and too many bytes are refused before they are read', async () => {
  for (let index = 0; index < 12; index++) repo.write(`prod/${index}.yaml`, 'a: 1\n');
  const commit = repo.commit('many');
  const limits = { maxFiles: 10, maxBytes: 1_000 };
  await expect(store.readFiles(repo.dir, commit, 'prod', { limits })).rejects.toMatchObject({
    code: 'BadInput',
    message: `path prod holds 12 manifest files, more than 10, at commit ${commit.slice(0, 8)}; point spec.source.path at a smaller folder`,
  });
  repo.write('big/a.yaml', 'x'.repeat(5_000_001));
  const big = repo.commit('big');
  await expect(store.readFiles(repo.dir, big, 'big')).rejects.toMatchObject({
    code: 'BadInput',
    message: `path big holds 5000001 bytes of manifests, more than 5000000, at commit ${big.slice(0, 8)}; point spec.source.path at a smaller folder`,
  });
});

test('a thousand files are read at once', async () => {
  for (let index = 0; index < 1_000; index++) repo.write(`prod/${index}.yaml`, `n: ${index}\n`);
  const files = await store.readFiles(repo.dir, repo.commit('many'), 'prod');
  expect(files).toHaveLength(1_000);
  expect(files.every((file) => file.text === `n: ${/(\d+)\.yaml$/.exec(file.path)?.[1]}\n`)).toBe(true);
});

test('text that is not UTF-8 is named, a byte order mark is not part of the text', async () => {
  repo.write('bom/a.yaml', '\ufeffa: 1\n');
  repo.write('latin/a.yaml', new Uint8Array([0x61, 0x3a, 0x20, 0xe4]));
  const commit = repo.commit('bytes');
  expect(await store.readFiles(repo.dir, commit, 'bom')).toEqual([{ path: 'bom/a.yaml', text: 'a: 1\n' }]);
  await expect(store.readFiles(repo.dir, commit, 'latin')).rejects.toThrow(
    'latin/a.yaml is not UTF-8 text; save it as UTF-8',
  );
});
