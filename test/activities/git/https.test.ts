import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GitCredential } from '../../../activities/git/credentials.ts';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { guarded, listen, serveGit, type TestServer, testCertificate } from './git-server.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

const password = 'correct horse "battery" $staple `1`';
const branch = { branch: 'main' };
let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let server: TestServer;
let other: TestServer;
let answer: RequestListener;
let answerOther: RequestListener;
let seen: string[];
let passwordFile: string;
let certificate: ReturnType<typeof testCertificate>;

beforeEach(async () => {
  root = scratchFolder();
  repo = scratchRepo(join(root.dir, 'platform/agents'), { 'prod/a.yaml': 'a: 1\n' });
  certificate = testCertificate(root.dir);
  seen = [];
  answer = guarded(serveGit(root.dir), 'nodewave', password, seen);
  answerOther = serveGit(root.dir);
  server = await listen((request, response) => answer(request, response), certificate);
  other = await listen((request, response) => answerOther(request, response), certificate);
  passwordFile = join(root.dir, 'token');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
});
afterEach(async () => {
  await Promise.all([server.close(), other.close()]);
  root.remove();
});

const url = (): string => `${server.url}/platform/agents`;
const credential = (more: Partial<GitCredential> = {}): GitCredential => ({
  for: `${server.url}/platform`,
  username: 'nodewave',
  passwordFile,
  ...more,
});
function open(credentials: readonly GitCredential[], surroundings: Record<string, string> = {}): GitStore {
  const cacheDir = join(root.dir, 'cache');
  return createGitStore({
    cacheDir,
    credentials,
    surroundings: { PATH: process.env.PATH, GIT_SSL_CAINFO: certificate.certFile, ...surroundings },
    access: { protocols: ['https'] },
  });
}
const refusalOf = (work: Promise<unknown>): Promise<Error & { code?: string }> =>
  work.then(
    () => Promise.reject(new Error('it was expected to fail')),
    (error) => error,
  );

test('a private repository is read with the name and password of its credentials', async () => {
  const store = open([credential()]);
  const { commit } = await store.resolve(url(), branch);
  expect(await store.readFiles(url(), commit, 'prod')).toEqual([{ path: 'prod/a.yaml', text: 'a: 1\n' }]);
  expect(Buffer.from(seen[0]?.slice(6) ?? '', 'base64').toString()).toBe(`nodewave:${password}`);
});

test('a changed password is used at once', async () => {
  writeFileSync(passwordFile, 'old');
  const store = open([credential()]);
  expect(await refusalOf(store.resolve(url(), branch))).toMatchObject({ code: 'Forbidden' });
  writeFileSync(passwordFile, `${password}\r\n`);
  await store.resolve(url(), branch);
});

test('without credentials and with wrong ones the sentence says what to do, and holds no secret', async () => {
  const none = await refusalOf(open([]).resolve(url(), branch));
  expect(none).toMatchObject({
    code: 'Forbidden',
    message: expect.stringContaining(
      `git was refused access to ${url()}; give the worker read access to it: "credentials" of its git file`,
    ),
  });
  writeFileSync(passwordFile, 'wrong-secret-0815');
  // A server that repeats what it was sent, as some do in their error pages.
  answer = (request, response) =>
    request.headers.authorization === undefined
      ? response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      : response
          .writeHead(403, { 'content-type': 'text/plain' })
          .end(`no ${Buffer.from(request.headers.authorization.slice(6), 'base64')} ${request.headers.authorization}`);
  const wrong = await refusalOf(open([credential()]).resolve(url(), branch));
  expect(wrong).toMatchObject({ code: 'Forbidden' });
  for (const secret of ['wrong-secret-0815', Buffer.from('nodewave:wrong-secret-0815').toString('base64')])
    expect(String(wrong.stack)).not.toContain(secret);
});

test('what a server repeats of a password in the words that git shows is blotted out', async () => {
  const line = (text: string): string => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
  const said = `ERR go away, nodewave with ${password}`;
  const body = `${line('# service=git-upload-pack\n')}0000${line(said)}`;
  answer = guarded(
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' }).end(body),
    'nodewave',
    password,
  );
  const { message } = await refusalOf(open([credential()]).resolve(url(), branch));
  expect(message).toContain('go away, nodewave with ***');
  expect(message).not.toContain(password);
});

test.each([
  ['is not there', (): void => rmSync(passwordFile), 'are not there: '],
  ['is empty', (): void => writeFileSync(passwordFile, '\n'), 'are empty: '],
])('a password file that %s is named and nothing is asked without it', async (_what, spoil, sentence) => {
  spoil();
  expect(await refusalOf(open([credential()]).resolve(url(), branch))).toMatchObject({
    code: 'Infrastructure',
    message: expect.stringContaining(`the credentials for ${server.url}/platform ${sentence}${passwordFile}`),
  });
  expect(seen).toEqual([]);
});

test('credentials go to the addresses below their own and to no other', async () => {
  scratchRepo(join(root.dir, 'elsewhere/agents'), { 'a.yaml': 'a: 1\n' });
  scratchRepo(join(root.dir, 'platform-of-others/agents'), { 'a.yaml': 'a: 1\n' });
  const store = open([credential()]);
  for (const path of ['elsewhere/agents', 'platform-of-others/agents'])
    expect(await refusalOf(store.resolve(`${server.url}/${path}`, branch))).toMatchObject({ code: 'Forbidden' });
  expect(seen).toEqual([]);
  answerOther = guarded(serveGit(root.dir), 'nodewave', password, seen);
  expect(await refusalOf(store.resolve(`${other.url}/platform/agents`, branch))).toMatchObject({ code: 'Forbidden' });
  expect(seen).toEqual([]);
});

test('a server whose certificate nobody vouches for is not sent anything', async () => {
  const store = open([credential()], { GIT_SSL_CAINFO: '/etc/ssl/certs/ca-certificates.crt' });
  expect(await refusalOf(store.resolve(url(), branch))).toMatchObject({
    code: 'Infrastructure',
    message: expect.stringMatching(/certificate/i),
  });
  expect(seen).toEqual([]);
});

test('a redirect to another host is refused, named, and gets no credentials', async () => {
  answerOther = guarded(serveGit(root.dir), 'nodewave', password, seen);
  const real = answer;
  answer = guarded(
    (request, response) => response.writeHead(302, { location: `${other.url}${request.url}` }).end(),
    'nodewave',
    password,
  );
  const refused = await refusalOf(open([credential()]).resolve(url(), branch));
  expect(refused).toMatchObject({
    code: 'BadInput',
    message: expect.stringMatching(
      /^https:\S+ sends git elsewhere.*, which is not followed: credentials stay on their host/,
    ),
  });
  expect(seen).toEqual([]);
  answer = real;
});

test('a repository that moved within its host is followed, and where it is now is known', async () => {
  const behind = serveGit(root.dir);
  answer = guarded(
    (request, response) =>
      request.url?.startsWith('/platform/old') === true
        ? response.writeHead(301, { location: request.url.replace('/platform/old', '/platform/agents') }).end()
        : behind(request, response),
    'nodewave',
    password,
  );
  const store = open([credential()]);
  const { commit, note } = await store.resolve(`${server.url}/platform/old`, branch);
  expect(commit).toBe(repo.git('rev-parse', 'HEAD'));
  expect(note).toBe(`the repository ${server.url}/platform/old has moved to ${url()}; set spec.source.repo to it`);
  expect(await store.readFiles(`${server.url}/platform/old`, commit, 'prod')).toHaveLength(1);
  expect((await store.resolve(url(), branch)).note).toBeUndefined();
});

test('redirects that go round in a circle end with a sentence', async () => {
  answer = (request, response) => response.writeHead(301, { location: `/x${request.url}` }).end();
  expect(await refusalOf(open([]).resolve(url(), branch))).toMatchObject({
    code: 'BadInput',
    message: expect.stringContaining('leads from one redirect to the next'),
  });
});

test('no process and no file of the cache ever holds the password', async () => {
  const bin = join(root.dir, 'bin');
  const notes = join(root.dir, 'processes');
  mkdirSync(bin);
  // Writes down arguments and variables of itself and of every process there is, and then does what git does.
  writeFileSync(
    join(bin, 'git'),
    `#!/bin/sh\ncat /proc/[0-9]*/cmdline >> ${notes} 2>/dev/null\nenv >> ${notes}\nPATH=${process.env.PATH}\nexec git "$@"\n`,
    { mode: 0o755 },
  );
  // tr runs in the helper, at the moment when git is given the password.
  writeFileSync(
    join(bin, 'tr'),
    `#!/bin/sh\ncat /proc/[0-9]*/cmdline >> ${notes} 2>/dev/null\nenv >> ${notes}\nPATH=/usr/bin:/bin exec tr "$@"\n`,
    { mode: 0o755 },
  );
  writeFileSync(passwordFile, password.replace(/\W/g, ''));
  answer = guarded(serveGit(root.dir), 'nodewave', password.replace(/\W/g, ''), seen);
  const store = open([credential()], { PATH: `${bin}:${process.env.PATH}` });
  await store.resolve(url(), branch);
  expect(seen.length).toBeGreaterThan(0);
  const noted = readFileSync(notes, 'utf8');
  expect(noted).toContain(passwordFile);
  expect(noted).not.toContain(password.replace(/\W/g, ''));
  const cache = readdirSync(join(root.dir, 'cache'), { recursive: true, encoding: 'utf8' });
  expect(cache.length).toBeGreaterThan(0);
  expect(() =>
    execFileSync('grep', ['-r', password.replace(/\W/g, ''), join(root.dir, 'cache')], { stdio: 'ignore' }),
  ).toThrow();
});
