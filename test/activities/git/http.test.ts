import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let store: GitStore;
let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  root = scratchFolder();
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n' });
  store = createGitStore({ cacheDir: join(root.dir, 'cache') });
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  root.remove();
});

function url(): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/repo`;
}

/** Serves the repository as a forge does: git's own CGI program behind HTTP. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root.dir,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(child.stdin);
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.once('close', () => {
    const output = Buffer.concat(parts);
    const end = output.indexOf('\r\n\r\n');
    for (const line of output.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(output.subarray(end + 4));
  });
}

test('resolves and reads over HTTP', async () => {
  answer = serve;
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
