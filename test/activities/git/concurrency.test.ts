import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFileLock } from '../../../activities/git/lock.ts';
import { createGitStore } from '../../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

const run = promisify(execFile);
let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let cacheDir: string;

beforeEach(() => {
  root = scratchFolder();
  cacheDir = join(root.dir, 'cache');
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n' });
});
afterEach(() => root.remove());

/** A git that notes every fetch and then does what git does. */
function countingGit(): { PATH: string; fetches: () => number } {
  const bin = join(root.dir, 'bin');
  const notes = join(root.dir, 'fetches');
  mkdirSync(bin);
  const real = (process.env.PATH ?? '')
    .split(':')
    .map((dir) => join(dir, 'git'))
    .find((file) => existsSync(file));
  writeFileSync(
    join(bin, 'git'),
    `#!/bin/sh\ncase " $* " in *" fetch "*) echo x >> ${notes};; esac\nexec ${real} "$@"\n`,
  );
  chmodSync(join(bin, 'git'), 0o755);
  const fetches = (): number => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n').length : 0);
  return { PATH: `${bin}:${process.env.PATH}`, fetches };
}

test('many resolvers in one process fetch a commit once', async () => {
  const { PATH, fetches } = countingGit();
  const store = createGitStore({ cacheDir, surroundings: { PATH } });
  const commits = await Promise.all(Array.from({ length: 8 }, () => store.resolve(repo.dir, { branch: 'main' })));
  expect(new Set(commits.map((found) => found.commit)).size).toBe(1);
  expect(fetches()).toBe(1);
});

test('different commits of one repository at once', async () => {
  const store = createGitStore({ cacheDir });
  const commits = Array.from({ length: 6 }, (_, index) => {
    repo.write('prod/a.yaml', `a: ${index}\n`);
    return repo.commit(`commit ${index}`);
  });
  const read = await Promise.all(commits.map((commit) => store.readFiles(repo.dir, commit, 'prod')));
  expect(read.map(([file]) => file?.text)).toEqual(commits.map((_, index) => `a: ${index}\n`));
});

test('processes that share a cache fetch a commit once', async () => {
  const { PATH, fetches } = countingGit();
  const script = `
    import { createGitStore } from ${JSON.stringify(join(import.meta.dirname, '../../../activities/git/store.ts'))};
    const [cacheDir, repo, PATH] = process.argv.slice(1);
    const store = createGitStore({ cacheDir, surroundings: { PATH } });
    console.log((await store.resolve(repo, { branch: 'main' })).commit);
  `;
  const args = ['--input-type=module', '--eval', script, cacheDir, repo.dir, PATH];
  const outputs = await Promise.all(Array.from({ length: 3 }, () => run(process.execPath, args)));
  expect(outputs.map(({ stdout }) => stdout.trim())).toEqual(Array(3).fill(repo.git('rev-parse', 'HEAD')));
  expect(fetches()).toBe(1);
  expect(readdirSync(cacheDir).filter((name) => !name.endsWith('.git'))).toEqual([]);
});

test('the lock of a process that died is taken over at once', async () => {
  const file = join(root.dir, 'x.lock');
  const { stdout } = await run(process.execPath, ['--eval', 'console.log(process.pid)']);
  writeFileSync(file, JSON.stringify({ pid: Number(stdout), host: hostname(), instance: 'x', token: 'x' }));
  expect(await withFileLock(file, async () => 'mine')).toBe('mine');
  expect(existsSync(file)).toBe(false);
});

test('the lock of a former process with the same pid is taken over at once', async () => {
  const file = join(root.dir, 'x.lock');
  writeFileSync(
    file,
    JSON.stringify({ pid: process.pid, host: hostname(), instance: 'before the restart', token: 'x' }),
  );
  expect(await withFileLock(file, async () => 'mine')).toBe('mine');
});

test('the lock of another machine is taken over once it is not refreshed', async () => {
  const file = join(root.dir, 'x.lock');
  const times = { refreshMs: 1_000, staleMs: 5_000, pollMs: 5 };
  writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', instance: 'x', token: 'x' }));
  await expect(withFileLock(file, async () => 'mine', { times, signal: AbortSignal.timeout(200) })).rejects.toThrow();
  const old = new Date(Date.now() - 6_000);
  utimesSync(file, old, old);
  expect(await withFileLock(file, async () => 'mine', { times })).toBe('mine');
});

test('one at a time, however many wait for a stale lock', async () => {
  const file = join(root.dir, 'x.lock');
  writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', instance: 'x', token: 'x' }));
  const old = new Date(0);
  utimesSync(file, old, old);
  const times = { refreshMs: 1_000, staleMs: 5_000, pollMs: 1 };
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside++;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, () => withFileLock(file, work, { times })));
  expect(most).toBe(1);
});

test('a process that is killed in the middle of a fetch leaves nothing that stops the next one', async () => {
  const bin = join(root.dir, 'bin');
  const started = join(root.dir, 'started');
  mkdirSync(bin);
  // Stands for a fetch that has taken git's own lock when its worker dies.
  const script = `#!/bin/sh
case " $* " in
  *" fetch "*) : > shallow.lock; echo $$ > ${started}; exec sleep 60;;
esac
PATH=/usr/local/bin:/usr/bin:/bin; exec git "$@"
`;
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  const program = `
    import { createGitStore } from ${JSON.stringify(join(import.meta.dirname, '../../../activities/git/store.ts'))};
    const [cacheDir, repo, PATH] = process.argv.slice(1);
    await createGitStore({ cacheDir, surroundings: { PATH } }).resolve(repo, { branch: 'main' });
  `;
  const args = ['--input-type=module', '--eval', program, cacheDir, repo.dir, `${bin}:/usr/bin:/bin`];
  const child = execFile(process.execPath, args);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await expect
    .poll(() => existsSync(started) && readFileSync(started, 'utf8').endsWith('\n'), { timeout: 20_000 })
    .toBe(true);
  child.kill('SIGKILL');
  await ended;
  process.kill(Number(readFileSync(started, 'utf8')), 'SIGKILL');
  const store = createGitStore({ cacheDir });
  const { commit } = await store.resolve(repo.dir, { branch: 'main' });
  expect(commit).toBe(repo.git('rev-parse', 'HEAD'));
  expect(readdirSync(cacheDir).filter((name) => !name.endsWith('.git'))).toEqual([]);
}, 30_000);
