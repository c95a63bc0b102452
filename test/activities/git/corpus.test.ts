import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import type { GitRef } from '../../../domain/application/spec.ts';
import { listen, serveGit } from './git-server.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let store: GitStore;
/** Made by whatever of a repository gets to run. */
let marker: string;

beforeEach(() => {
  root = scratchFolder();
  marker = join(root.dir, 'owned');
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n' });
  store = createGitStore({ cacheDir: join(root.dir, 'cache') });
});
afterEach(() => root.remove());

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    (value) => `done: ${JSON.stringify(value)}`,
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );

/** What a repository may try, and what comes of it: a sentence, or the files as if nothing had been tried. */
async function read(ref: GitRef = { branch: 'main' }, path = 'prod'): Promise<string> {
  return outcome(
    (async () => {
      const { commit } = await store.resolve(repo.dir, ref);
      await store.check(repo.dir, commit, { path });
      return (await store.readFiles(repo.dir, commit, path)).map((file) => file.text);
    })(),
  );
}
const harmless = 'done: ["a: 1\\n"]';

/** An object as git would not write it. */
function literal(type: string, input: string | Buffer): string {
  const args = ['hash-object', '-t', type, '-w', '--literally', '--stdin'];
  return execFileSync('git', args, { cwd: repo.dir, input, encoding: 'utf8' }).trim();
}
const entry = (mode: string, name: string, object: string): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(object, 'hex')]);
function commitOf(tree: string): string {
  const commit = repo.git('commit-tree', '-m', 'x', tree);
  repo.git('update-ref', 'refs/heads/main', commit);
  return commit;
}

test.each<[string, () => void, string | RegExp]>([
  [
    'attributes with a filter and a driver',
    () => {
      repo.write('.gitattributes', '*.yaml filter=evil diff=evil merge=evil ident\n');
      repo.commit('attributes');
      for (const key of ['filter.evil.smudge', 'filter.evil.process', 'diff.evil.textconv', 'diff.evil.command'])
        repo.git('config', key, `touch ${marker}`);
    },
    harmless,
  ],
  [
    'a configuration that names programs',
    () => {
      for (const key of [
        'core.fsmonitor',
        'core.sshCommand',
        'core.gitProxy',
        'uploadpack.packObjectsHook',
        'core.editor',
      ])
        repo.git('config', key, `touch ${marker}`);
      repo.git('config', 'core.alternateRefsCommand', `touch ${marker}`);
      repo.git('config', 'gc.auto', '1');
    },
    harmless,
  ],
  [
    'hooks',
    () => {
      for (const name of ['pre-auto-gc', 'post-checkout', 'reference-transaction', 'post-index-change', 'pre-receive'])
        writeFileSync(join(repo.dir, '.git/hooks', name), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    },
    harmless,
  ],
  [
    'alternates that lead to another repository',
    () => {
      const other = scratchRepo(join(root.dir, 'other'), { 'secret.yaml': 'secret: 1\n' });
      writeFileSync(join(repo.dir, '.git/objects/info/alternates'), `${join(other.dir, '.git/objects')}\n`);
    },
    harmless,
  ],
  [
    'modules with commands for addresses',
    () => {
      const text = `[submodule "x"]\n\tpath = prod/x\n\turl = ext::sh -c "touch ${marker}"\n\tupdate = !touch ${marker}\n`;
      repo.write('.gitmodules', text);
      repo.git('add', '.gitmodules');
      repo.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},prod/x`);
      repo.git('commit', '--quiet', '--message', 'x');
    },
    harmless,
  ],
  [
    'a replacement of the commit',
    () => {
      const real = repo.git('rev-parse', 'HEAD');
      repo.write('prod/a.yaml', 'evil: 1\n');
      const evil = repo.commit('evil');
      repo.git('reset', '--quiet', '--hard', real);
      repo.git('replace', real, evil);
    },
    harmless,
  ],
  [
    'a manifest that links out of the repository',
    () => {
      symlinkSync('/etc/passwd', join(repo.dir, 'prod/b.yaml'));
      repo.commit('link');
    },
    'BadInput: prod/b.yaml is a symbolic link, which is not followed; replace it by the file itself',
  ],
  [
    'a link with the colours of a terminal in its name',
    () => {
      symlinkSync('/etc/passwd', join(repo.dir, 'prod/\u001b[2J\u202egnp.yaml'));
      repo.commit('link');
    },
    'BadInput: "prod/\\u001b[2J?gnp.yaml" is a symbolic link, which is not followed; replace it by the file itself',
  ],
  [
    'a folder of the name ".."',
    () => {
      const file = literal('blob', 'evil: 1\n');
      const up = literal('tree', entry('100644', 'evil.yaml', file));
      const prod = literal('tree', entry('40000', '..', up));
      commitOf(literal('tree', entry('40000', 'prod', prod)));
    },
    /^BadInput: commit \w{8} holds an entry with the name \.\.\/evil\.yaml, which no file may have; /,
  ],
  [
    'a name with slashes that leads away',
    () => {
      const file = literal('blob', 'evil: 1\n');
      const prod = literal('tree', entry('100644', '../../etc/cron.d/evil.yaml', file));
      commitOf(literal('tree', entry('40000', 'prod', prod)));
    },
    /^BadInput: commit \w{8} holds an entry with the name \.\.\/\.\.\/etc\/cron\.d\/evil\.yaml, which no file may have; /,
  ],
  [
    'a folder of git in the tree',
    () => {
      const hooks = literal('tree', entry('100755', 'config', literal('blob', '[core]\n\tfsmonitor = evil\n')));
      const prod = literal('tree', entry('40000', '.GIT', hooks));
      commitOf(literal('tree', entry('40000', 'prod', prod)));
    },
    /^BadInput: commit \w{8} holds an entry with the name \.GIT\/config, which no file may have; /,
  ],
  [
    'a submodule in place of the folder',
    () => {
      repo.git('rm', '-r', '--quiet', 'prod');
      repo.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},prod`);
      repo.git('commit', '--quiet', '--message', 'x');
    },
    /^BadInput: path prod is a submodule at commit \w{8}; spec\.source\.path must be a folder$/,
  ],
  [
    'a manifest of six megabytes',
    () => {
      repo.write('prod/b.yaml', 'x'.repeat(6_000_000));
      repo.commit('large');
    },
    /^BadInput: path prod holds 6000005 bytes of manifests, more than 5000000, at commit \w{8}; point/,
  ],
])('%s', async (_what, prepare, expected) => {
  prepare();
  expect(await read()).toMatch(expected);
  expect(existsSync(marker)).toBe(false);
});

test.each(['blob', 'tree'] as const)('a tag of a %s is no commit', async (type) => {
  const object = repo.git('rev-parse', type === 'blob' ? 'HEAD:prod/a.yaml' : 'HEAD:prod');
  repo.git('tag', '--annotate', 'v1', '--message', 'x', object);
  expect(await read({ tag: 'v1' })).toBe(
    `BadInput: ${object.slice(0, 8)} of ${repo.dir} is a ${type} and no commit; correct spec.source.ref`,
  );
  repo.git('tag', 'light', object);
  expect(await read({ tag: 'light' })).toBe(
    `BadInput: ${object.slice(0, 8)} of ${repo.dir} is a ${type} and no commit; correct spec.source.ref`,
  );
});

test.each([
  ['--upload-pack=touch MARKER', 'must not contain spaces'],
  ['--upload-pack=x', 'must not start with "-"'],
  ['ext::sh -c touch% MARKER', 'must not contain spaces'],
  ['ext::x', 'must not name a transport helper'],
  ['file::/etc', 'must not name a transport helper'],
  ['fd::17', 'must not name a transport helper'],
  ['https::/x', 'must not name a transport helper'],
  ['ssh://-oProxyCommand=touch/x', 'has no host name'],
  ['git@-oProxyCommand=x:y', 'is not the address of a repository'],
  ['https://user@git.example.com/x', 'must not contain a user name or password'],
  ['https://git.example.com\\@evil.example/x', 'must not contain a user name or password'],
  ['https://git.example.com\\evil/x', 'has no host name'],
  ['https://git.example.com/a/../../b', 'must name the path as the server does'],
  ['https://git.example.com/a/%2e%2E/b', 'must name the path as the server does'],
  ['https://git.example.com/a?token=x', 'must name the path as the server does'],
  ['https://git.example.com/a#b', 'must name the path as the server does'],
  ['git@git.example.com:a/../b', 'must name the path as the server does'],
  ['ftp://git.example.com/x', 'cannot use ftp://'],
])('the address %s is refused before git sees it', async (address, sentence) => {
  const said = await outcome(store.resolve(address.replace('MARKER', marker), { branch: 'main' }));
  expect(said).toMatch(`BadInput: spec.source.repo ${sentence}`);
  expect(existsSync(marker)).toBe(false);
});

test('a server without a program of git cannot send the worker to another server by its alternates', async () => {
  const asked: string[] = [];
  const inner = await listen((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end();
  });
  const commit = repo.git('rev-parse', 'HEAD');
  const outer = await listen((request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '');
    if (path.endsWith('/info/refs')) response.end(`${commit}\trefs/heads/main\n`);
    else if (path.endsWith('/HEAD')) response.end('ref: refs/heads/main\n');
    else if (path.endsWith('alternates')) response.end(`${inner.url}/objects\n`);
    else response.writeHead(404).end();
  });
  try {
    const said = await outcome(store.resolve(`${outer.url}/x`, { branch: 'main' }));
    expect(said).toMatch(/^(Infrastructure|BadInput): /);
    expect(asked).toEqual([]);
  } finally {
    await Promise.all([inner.close(), outer.close()]);
  }
});

test('a server that sends refs without end is cut off', async () => {
  const server = await listen((_request, response) => {
    const line = `${'a'.repeat(40)}\trefs/heads/${'x'.repeat(200)}`;
    const send = (): void => {
      while (response.write(`${line}${Math.random()}\n`.repeat(1_000))) if (response.destroyed) return;
    };
    response.on('drain', send);
    send();
  });
  const bounded = createGitStore({ cacheDir: join(root.dir, 'cache'), lookUpTimeoutMs: 3_000 });
  try {
    const said = await outcome(bounded.resolve(`${server.url}/x`, { semver: '1.x' }));
    expect(said).toMatch(/^(BadInput: .*wrote more than|Infrastructure: .*(did not end within 3 s|git cannot reach))/);
  } finally {
    await server.close();
  }
}, 20_000);

test('a worker that reads https alone refuses folders and http, whatever they hold', async () => {
  const server = await listen(serveGit(root.dir));
  const strict = createGitStore({
    cacheDir: join(root.dir, 'cache'),
    access: { protocols: ['https'], hosts: ['a.example'] },
  });
  try {
    for (const address of [repo.dir, `file://${repo.dir}`, `${server.url}/repo`, 'https://b.example/x']) {
      expect(await outcome(strict.resolve(address, { branch: 'main' }))).toMatch(
        /^Forbidden: spec\.source\.repo .* which this worker is not allowed to read; /,
      );
    }
  } finally {
    await server.close();
  }
  mkdirSync(join(root.dir, 'cache'), { recursive: true });
});
