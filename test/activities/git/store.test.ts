import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let store: GitStore;
let cacheDir: string;

beforeEach(() => {
  root = scratchFolder();
  cacheDir = join(root.dir, 'cache');
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n' });
  store = createGitStore({ cacheDir });
});
afterEach(() => root.remove());

const mirrors = (): string[] => readdirSync(cacheDir).filter((name) => name.endsWith('.git'));

test('resolves a branch by path and by file://, and follows it', async () => {
  const first = repo.git('rev-parse', 'HEAD');
  expect(await store.resolve(repo.dir, { branch: 'main' })).toEqual({ commit: first, subject: 'first' });
  expect(await store.resolve(`file://${repo.dir}`, { branch: 'main' })).toEqual({ commit: first, subject: 'first' });
  const second = repo.commit('second: ünïcode\n\nbody');
  expect(await store.resolve(repo.dir, { branch: 'main' })).toEqual({ commit: second, subject: 'second: ünïcode' });
});

test('the exact branch is meant, not one that ends alike', async () => {
  const main = repo.git('rev-parse', 'HEAD');
  repo.git('switch', '--quiet', '--create', 'x/refs/heads/main');
  repo.commit('elsewhere');
  expect((await store.resolve(repo.dir, { branch: 'main' })).commit).toBe(main);
});

test('an annotated tag gives its commit', async () => {
  repo.git('tag', '--annotate', 'v1', '--message', 'one');
  expect((await store.resolve(repo.dir, { tag: 'v1' })).commit).toBe(repo.git('rev-parse', 'HEAD'));
});

test('semver takes the highest version in the range', async () => {
  repo.git('tag', 'v1.2.0');
  const newest = repo.commit('1.10.0');
  repo.git('tag', '--annotate', '1.10.0', '--message', 'x');
  repo.commit('later');
  for (const tag of ['v2.0.0', 'v1.11.0-rc.1', 'nightly', 'v1']) repo.git('tag', tag);
  expect((await store.resolve(repo.dir, { semver: '1.x' })).commit).toBe(newest);
  await expect(store.resolve(repo.dir, { semver: '>=3' })).rejects.toThrow(
    `no tag of ${repo.dir} is a version in ">=3"; push one such as v1.2.3, or correct spec.source.ref.semver`,
  );
  await expect(store.resolve(repo.dir, { semver: 'one' })).rejects.toThrow('"one" is not a range of versions');
});

test('a commit is resolved even when no branch holds it any more', async () => {
  const lost = repo.commit('lost');
  repo.git('reset', '--quiet', '--hard', 'HEAD~1');
  expect(await store.resolve(repo.dir, { commit: lost })).toEqual({ commit: lost, subject: 'lost' });
});

test('a force-push is followed', async () => {
  const before = repo.commit('before');
  expect((await store.resolve(repo.dir, { branch: 'main' })).commit).toBe(before);
  repo.git('reset', '--quiet', '--hard', 'HEAD~1');
  const after = repo.commit('after');
  expect((await store.resolve(repo.dir, { branch: 'main' })).commit).toBe(after);
  // What was read once can be read again, though the server may forget it.
  expect(await store.describe(repo.dir, before)).toEqual({ commit: before, subject: 'before' });
});

test('a SHA-256 repository can be read', async () => {
  const modern = scratchRepo(join(root.dir, 'sha256'), { 'a.yaml': 'a: 1\n' }, ['--object-format=sha256']);
  const { commit } = await store.resolve(modern.dir, { branch: 'main' });
  expect(commit).toMatch(/^[0-9a-f]{64}$/);
  expect(await store.readFiles(modern.dir, commit, '.')).toEqual([{ path: 'a.yaml', text: 'a: 1\n' }]);
});

test('only the asked commit is fetched, without history', async () => {
  for (let index = 0; index < 20; index++) repo.commit(`commit ${index}`);
  const { commit } = await store.resolve(repo.dir, { branch: 'main' });
  const mirror = join(cacheDir, mirrors()[0] ?? '');
  expect(repo.git(`--git-dir=${mirror}`, 'rev-list', '--count', commit)).toBe('1');
});

test('subjects lose control characters and are cut at 120 characters', async () => {
  const commit = repo.commit(`\u001b[31mred ${'x'.repeat(200)}`);
  const { subject } = await store.describe(repo.dir, commit);
  expect([...subject]).toHaveLength(120);
  expect(subject).toMatch(/^\[31mred x+…$/);
});

test('a ref that does not exist, and one that vanished', async () => {
  const sentence = `branch gone does not exist in ${repo.dir}; push it, or correct spec.source.ref`;
  await expect(store.resolve(repo.dir, { branch: 'gone' })).rejects.toMatchObject({
    code: 'BadInput',
    message: sentence,
  });
  repo.git('branch', 'gone');
  await store.resolve(repo.dir, { branch: 'gone' });
  repo.git('branch', '--delete', '--force', 'gone');
  await expect(store.resolve(repo.dir, { branch: 'gone' })).rejects.toMatchObject({
    code: 'BadInput',
    message: sentence,
  });
});

test('a commit that does not exist', async () => {
  const commit = 'a'.repeat(40);
  await expect(store.resolve(repo.dir, { commit })).rejects.toMatchObject({
    code: 'BadInput',
    message: `commit ${commit} does not exist in ${repo.dir}; it may have been removed by a force-push; push it again, or correct spec.source.ref`,
  });
  await expect(store.readFiles(repo.dir, commit, 'prod')).rejects.toMatchObject({ code: 'BadInput' });
});

test('a repository that does not exist', async () => {
  const missing = join(root.dir, 'missing');
  await expect(store.resolve(missing, { branch: 'main' })).rejects.toMatchObject({
    code: 'BadInput',
    message: expect.stringContaining(`there is no repository at ${missing}; correct spec.source.repo, or create it`),
  });
});

test('a server that nobody listens on is Infrastructure', async () => {
  await expect(store.resolve('http://127.0.0.1:1/x.git', { branch: 'main' })).rejects.toMatchObject({
    code: 'Infrastructure',
    message: expect.stringContaining('git cannot reach http://127.0.0.1:1/x.git: fatal: unable to access'),
  });
});

test.each([
  ['--upload-pack=touch /tmp/owned', 'must not'],
  ['-cfoo', 'must not start with "-"'],
  ['ext::sh -c id', 'must not'],
  ['ext::id', 'must not name a transport helper'],
  ['https://user:secret@example.com/x.git', 'must not contain a user name or password'],
])('the address %s is refused before git sees it', async (address, sentence) => {
  const refusal = store.resolve(address, { branch: 'main' });
  await expect(refusal).rejects.toMatchObject({ code: 'BadInput', message: expect.stringContaining(sentence) });
  await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
});

test('options in branch names and commits stay values', async () => {
  await expect(store.resolve(repo.dir, { branch: '--upload-pack=false' })).rejects.toMatchObject({ code: 'BadInput' });
  await expect(store.resolve(repo.dir, { commit: '--upload-pack=false' })).rejects.toMatchObject({ code: 'BadInput' });
});

test('hooks and configuration of a mirrored repository do nothing here', async () => {
  const marker = join(root.dir, 'ran');
  repo.git('config', 'uploadpack.packObjectsHook', `touch ${marker}; git`);
  repo.write('.git/hooks/pre-upload-pack', `#!/bin/sh\ntouch ${marker}\n`);
  await store.resolve(repo.dir, { branch: 'main' });
  expect(existsSync(marker)).toBe(false);
});

test('an aborted signal ends the wait for git with its reason', async () => {
  const bin = join(root.dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'git'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
  const slow = createGitStore({ cacheDir, surroundings: { PATH: `${bin}:/usr/bin:/bin` } });
  const abort = new AbortController();
  const reason = new Error('enough');
  const resolving = slow.resolve(repo.dir, { branch: 'main' }, abort.signal);
  abort.abort(reason);
  await expect(resolving).rejects.toBe(reason);
});

test('a git that does not end is Infrastructure', async () => {
  const bin = join(root.dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'git'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
  const slow = createGitStore({ cacheDir, surroundings: { PATH: `${bin}:/usr/bin:/bin` }, lookUpTimeoutMs: 200 });
  await expect(slow.resolve(repo.dir, { branch: 'main' })).rejects.toMatchObject({
    code: 'Infrastructure',
    message: `${repo.dir}: git ls-remote did not end within 0 s; trying again`,
  });
});

test('a missing git is named', async () => {
  const bare = createGitStore({ cacheDir, surroundings: { PATH: join(root.dir, 'nothing') } });
  await expect(bare.resolve(repo.dir, { branch: 'main' })).rejects.toMatchObject({
    code: 'Infrastructure',
    message: expect.stringContaining('git was not found on the worker'),
  });
});

test('a deleted cache is made again', async () => {
  const { commit } = await store.resolve(repo.dir, { branch: 'main' });
  rmSync(cacheDir, { recursive: true });
  expect(await store.readFiles(repo.dir, commit, 'prod')).toHaveLength(1);
});

test('locks of git that a crash left behind do not stop the next fetch', async () => {
  await store.resolve(repo.dir, { branch: 'main' });
  const mirror = join(cacheDir, mirrors()[0] ?? '');
  writeFileSync(join(mirror, 'shallow.lock'), '');
  writeFileSync(join(mirror, 'objects/pack/tmp_pack_left'), 'half');
  const second = repo.commit('second');
  expect((await store.resolve(repo.dir, { branch: 'main' })).commit).toBe(second);
  expect(readdirSync(cacheDir).filter((name) => !name.endsWith('.git'))).toEqual([]);
});

test('half a mirror and a damaged mirror are made again', async () => {
  const { commit } = await store.resolve(repo.dir, { branch: 'main' });
  const mirror = join(cacheDir, mirrors()[0] ?? '');
  rmSync(join(mirror, 'HEAD'));
  expect(await store.readFiles(repo.dir, commit, 'prod')).toHaveLength(1);
  for (const folder of readdirSync(join(mirror, 'objects'))) {
    if (folder.length !== 2) continue;
    for (const name of readdirSync(join(mirror, 'objects', folder)))
      truncateSync(join(mirror, 'objects', folder, name), 0);
  }
  expect(await store.readFiles(repo.dir, commit, 'prod')).toEqual([{ path: 'prod/a.yaml', text: 'a: 1\n' }]);
});
