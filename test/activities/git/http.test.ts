import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { listen, serveGit, type TestServer } from './git-server.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let store: GitStore;
let server: TestServer;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  root = scratchFolder();
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n' });
  store = createGitStore({ cacheDir: join(root.dir, 'cache') });
  server = await listen((request, response) => answer(request, response));
});
afterEach(async () => {
  await server.close();
  root.remove();
});

const url = (): string => `${server.url}/repo`;

test('resolves and reads over HTTP', async () => {
  answer = serveGit(root.dir);
  repo.commit('second');
  const { commit, subject } = await store.resolve(url(), { branch: 'main' });
  expect(subject).toBe('second');
  expect(await store.readFiles(url(), commit, 'prod')).toEqual([{ path: 'prod/a.yaml', text: 'a: 1\n' }]);
});

test.each([
  [401, 'Forbidden', 'git was refused access to'],
  [403, 'Forbidden', 'git was refused access to'],
  [404, 'BadInput', 'there is no repository at'],
  [500, 'Infrastructure', 'git cannot reach'],
  [429, 'Infrastructure', 'git cannot reach'],
])('HTTP %d is %s', async (status, code, sentence) => {
  answer = (_request, response) => response.writeHead(status, { 'www-authenticate': 'Basic realm="x"' }).end('no');
  await expect(store.resolve(url(), { branch: 'main' })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`${sentence} ${url()}`),
  });
});

test('a redirect to a command is not followed', async () => {
  answer = (_request, response) => response.writeHead(302, { location: 'ext::sh -c id' }).end();
  await expect(store.resolve(url(), { branch: 'main' })).rejects.toMatchObject({
    code: expect.stringMatching(/^(Infrastructure|BadInput)$/),
  });
});
