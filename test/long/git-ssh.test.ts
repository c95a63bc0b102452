import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from '../activities/git/scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let server: ChildProcess;
let port: string;
const file = (name: string): string => join(root.dir, name);
const branch = { branch: 'main' };

beforeAll(async () => {
  root = scratchFolder();
  repo = scratchRepo(file('repo'), { 'prod/a.yaml': 'a: 1\n' });
  const build = ['build', '-trimpath', '-o', file('server'), '.'];
  execFileSync('go', build, {
    cwd: join(import.meta.dirname, 'ssh-server'),
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  for (const name of ['host', 'other-host', 'client', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file(name)]);
  server = spawn(file('server'), [file('host'), file('client.pub')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: root.dir, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
  });
  if (server.stdout === null) throw new Error('the server has no output');
  const [line] = await once(server.stdout, 'data');
  port = String(line).trim();
  knownHosts('known', 'host');
}, 300_000);
afterAll(() => {
  server?.kill();
  root.remove();
});

function knownHosts(name: string, host: string): void {
  const [type, key] = readFileSync(file(`${host}.pub`), 'utf8').split(' ');
  writeFileSync(file(name), `[127.0.0.1]:${port} ${type} ${key}\n`);
}

function open(key: string, known: string, surroundings: Record<string, string> = {}): GitStore {
  const credential = { privateKeyFile: file(key), knownHostsFile: file(known) };
  return createGitStore({
    cacheDir: file('cache'),
    credentials: [{ for: `ssh://git@127.0.0.1:${port}/`, ...credential }],
    access: { protocols: ['ssh'] },
    surroundings: { PATH: process.env.PATH, ...surroundings },
  });
}
const address = (): string => `ssh://git@127.0.0.1:${port}${repo.dir}`;
/** Sentences leave out what stands before the host: in other addresses it could be a secret. */
const shown = (): string => address().replace('git@', '***@');
const refusalOf = (work: Promise<unknown>): Promise<{ code?: string; message: string }> =>
  work.then(
    (value) => ({ message: `resolved: ${JSON.stringify(value)}` }),
    (error) => error,
  );

test('a private repository is read over ssh with the key of its credentials', async () => {
  const store = open('client', 'known');
  const { commit } = await store.resolve(address(), branch);
  expect(await store.readFiles(address(), commit, 'prod')).toEqual([{ path: 'prod/a.yaml', text: 'a: 1\n' }]);
});

test.each([
  ['a host that nobody knows', (): void => writeFileSync(file('none'), '# nobody\n')],
  ['a host with another key than the known one', (): void => knownHosts('none', 'other-host')],
])('%s is refused before anything is proven to it', async (_what, prepare) => {
  prepare();
  expect(await refusalOf(open('client', 'none').resolve(address(), branch))).toMatchObject({
    code: 'Forbidden',
    message: expect.stringContaining(
      `the host key of ${shown()} is not known to the worker; add it to its known_hosts file`,
    ),
  });
});

test('a key that the server does not know is refused with what to do, and no other key is tried', async () => {
  const agentSocket = file('agent');
  const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' });
  try {
    await expect
      .poll(() => {
        try {
          execFileSync('ssh-add', ['-q', file('client')], { env: { SSH_AUTH_SOCK: agentSocket }, stdio: 'ignore' });
          return 'added';
        } catch {
          return 'not yet';
        }
      })
      .toBe('added');
    // The agent holds a key that would do; this address has one of its own.
    expect(
      await refusalOf(open('stranger', 'known', { SSH_AUTH_SOCK: agentSocket }).resolve(address(), branch)),
    ).toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining(`git was refused access to ${shown()}; give the worker read access to it`),
    });
  } finally {
    agent.kill();
  }
});

test('a key with a passphrase and a key that is gone are named', async () => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', file('locked')]);
  expect(await refusalOf(open('locked', 'known').resolve(address(), branch))).toMatchObject({ code: 'Forbidden' });
  rmSync(file('locked'));
  expect(await refusalOf(open('locked', 'known').resolve(address(), branch))).toMatchObject({
    code: 'Infrastructure',
    message: expect.stringContaining(`are not there: ${file('locked')}`),
  });
});

test('a repository that is not there', async () => {
  const store = open('client', 'known');
  expect(await refusalOf(store.resolve(`${address()}-gone`, branch))).toMatchObject({
    code: 'BadInput',
    message: expect.stringContaining(`there is no repository at ${shown()}-gone`),
  });
});
