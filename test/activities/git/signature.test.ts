import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGitStore, type GitStore } from '../../../activities/git/store.ts';
import { type ScratchRepo, scratchFolder, scratchRepo } from './scratch-repo.ts';

let keys: ReturnType<typeof scratchFolder>;
let root: ReturnType<typeof scratchFolder>;
let repo: ScratchRepo;
let store: GitStore;
let trustedKeys: Record<string, string>;
const hasGpg = (() => {
  try {
    execFileSync('gpg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const gpg = (...args: string[]): string =>
  execFileSync(
    'gpg',
    ['--homedir', join(keys.dir, 'gpg'), '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );

beforeAll(() => {
  keys = scratchFolder();
  for (const name of ['ada', 'bob', 'eve'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(keys.dir, name)]);
  if (!hasGpg) return;
  mkdirSync(join(keys.dir, 'gpg'), { mode: 0o700 });
  for (const name of ['release', 'stranger']) {
    gpg('--passphrase', '', '--quick-generate-key', `${name} <${name}@example.com>`, 'ed25519', 'sign', 'never');
    writeFileSync(join(keys.dir, `${name}.asc`), gpg('--armor', '--export', `${name}@example.com`));
  }
  // Made and signed with in the past, so that it has expired by now.
  const past = ['--faked-system-time', '20200101T000000'];
  gpg(...past, '--passphrase', '', '--quick-generate-key', 'old <old@example.com>', 'ed25519', 'sign', '1d');
  writeFileSync(join(keys.dir, 'old.asc'), gpg('--armor', '--export', 'old@example.com'));
}, 60_000);
afterAll(() => {
  if (hasGpg) execFileSync('gpgconf', ['--homedir', join(keys.dir, 'gpg'), '--kill', 'all'], { stdio: 'ignore' });
  keys.remove();
});

beforeEach(() => {
  root = scratchFolder();
  repo = scratchRepo(join(root.dir, 'repo'), { 'prod/a.yaml': 'a: 1\n' });
  trustedKeys = {
    ada: join(keys.dir, 'ada.pub'),
    bob: join(keys.dir, 'bob.pub'),
    release: join(keys.dir, 'release.asc'),
  };
  store = createGitStore({ cacheDir: join(root.dir, 'cache'), trustedKeys, surroundings: { PATH: process.env.PATH } });
});
afterEach(() => root.remove());

const short = (commit: string): string => commit.slice(0, 8);

function signedBySsh(name: string): string {
  const config = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${join(keys.dir, name)}`];
  repo.git(...config, 'commit', '--quiet', '--allow-empty', '--gpg-sign', '--message', `by ${name}`);
  return repo.git('rev-parse', 'HEAD');
}

function signedByGpg(name: string, ...more: string[]): string {
  const program = join(root.dir, 'gpg');
  const args = ['--homedir', join(keys.dir, 'gpg'), '--batch', '--pinentry-mode', 'loopback', ...more];
  writeFileSync(program, `#!/bin/sh\nexec gpg ${args.join(' ')} "$@"\n`, { mode: 0o755 });
  const config = ['-c', `gpg.program=${program}`, '-c', `user.signingKey=${name}@example.com`];
  repo.git(...config, 'commit', '--quiet', '--allow-empty', '--gpg-sign', '--message', `by ${name}`);
  return repo.git('rev-parse', 'HEAD');
}

/** The same commit object with something changed, as somebody would who cannot sign. */
function forged(commit: string, change: (raw: string) => string): string {
  const raw = execFileSync('git', ['cat-file', 'commit', commit], { cwd: repo.dir, encoding: 'utf8' });
  const args = ['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'];
  return execFileSync('git', args, { cwd: repo.dir, input: change(raw), encoding: 'utf8' }).trim();
}

const required = (commit: string, names?: string[]): Promise<string[]> =>
  store.check(repo.dir, commit, { path: 'prod', verify: 'require', ...(names && { trustedKeys: names }) });
async function refusal(commit: string, names?: string[]): Promise<string> {
  const error: unknown = await required(commit, names).then(
    (notes) => notes,
    (caught: unknown) => caught,
  );
  if (!(error instanceof Error)) throw new Error(`it was expected to be refused, got ${JSON.stringify(error)}`);
  return error.message;
}

test('a commit signed with a trusted SSH key passes, and leaves no keys behind', async () => {
  expect(await required(signedBySsh('ada'))).toEqual([]);
  expect(await required(signedBySsh('bob'), ['ada', 'bob'])).toEqual([]);
  expect(readdirSync(join(root.dir, 'cache')).filter((name) => !name.endsWith('.git'))).toEqual([]);
});

test('an unsigned commit is refused, or warned of, or not looked at, as the application says', async () => {
  const commit = repo.commit('unsigned');
  expect(await refusal(commit, ['ada'])).toBe(
    `commit ${short(commit)} is not signed; spec.source.verify is require, so nothing of it is applied: sign it with a trusted key (ada)`,
  );
  expect(await store.check(repo.dir, commit, { path: 'prod', verify: 'warn' })).toEqual([
    `commit ${short(commit)} is not signed (spec.source.verify: warn)`,
  ]);
  expect(await store.check(repo.dir, commit, { path: 'prod' })).toEqual([]);
});

test('a signature by another key is refused with the fingerprint of that key', async () => {
  const print = execFileSync('ssh-keygen', ['-lf', join(keys.dir, 'eve.pub')], { encoding: 'utf8' }).split(' ')[1];
  const commit = signedBySsh('eve');
  expect(await refusal(commit)).toContain(`commit ${short(commit)} is signed by the key ${print}, which is none of`);
  // Trusted by the worker, not by this application.
  expect(await refusal(signedBySsh('bob'), ['ada'])).toContain('which is none of the trusted keys');
});

test.each([
  ['another tree under the same signature', (raw: string) => raw.replace(/^author Ada/m, 'author Eve')],
  ['another message under the same signature', (raw: string) => `${raw}and more\n`],
])('%s is refused', async (_what, change) => {
  const commit = forged(signedBySsh('ada'), change);
  expect(await refusal(commit)).toMatch(/has a signature that does not fit|is none of the trusted keys/);
});

test('a signature in the message instead of the header is none', async () => {
  const raw = repo.git('cat-file', 'commit', signedBySsh('ada'));
  const signature = raw.slice(raw.indexOf('gpgsig '), raw.indexOf('-----END SSH SIGNATURE-----') + 27);
  const commit = repo.commit(`harmless\n\n${signature}`);
  expect(await refusal(commit)).toContain('is not signed');
});

test('two signatures are refused, whichever of them is good', async () => {
  const commit = forged(signedBySsh('ada'), (raw) => {
    const signature = raw.slice(raw.indexOf('gpgsig '), raw.indexOf('\n\n'));
    return raw.replace(signature, `${signature}\n${signature}`);
  });
  expect(await refusal(commit)).toContain('has more than one signature, so none of them counts');
});

test('a name that the worker does not know, and a key file that is gone', async () => {
  const commit = signedBySsh('ada');
  expect(await refusal(commit, ['ada', 'nobody'])).toBe(
    'spec.source.trustedKeys names nobody, which is not among "trustedKeys" of the worker\'s git file (ada, bob, release)',
  );
  expect(await refusal(commit, ['__proto__'])).toContain('names __proto__, which is not among');
  trustedKeys.ada = join(root.dir, 'gone.pub');
  await expect(required(commit, ['ada'])).rejects.toMatchObject({ code: 'Infrastructure' });
  const [note] = await store.check(repo.dir, commit, { path: 'prod', verify: 'warn', trustedKeys: ['ada'] });
  expect(note).toContain('was not checked: the trusted key ada cannot be read');
});

test('a repository cannot bring its own trusted keys or programs', async () => {
  repo.write('.gitconfig', '[gpg]\n\tprogram = /bin/true\n[gpg "ssh"]\n\tallowedSignersFile = x\n');
  repo.write('allowed', 'eve namespaces="git" ssh-ed25519 AAAA\n');
  expect(await refusal(signedBySsh('eve'))).toContain('which is none of the trusted keys');
});

test('a key for something else than git does not count', async () => {
  // The worker states the namespace; a key that the file would allow for files only is still used for git alone.
  writeFileSync(join(root.dir, 'odd.pub'), `# comment\nnamespaces="file" ${'ssh-ed25519'} AAAA\n`);
  trustedKeys.odd = join(root.dir, 'odd.pub');
  expect(await refusal(signedBySsh('ada'), ['odd'])).toContain('is none of the trusted keys');
});

describe.runIf(hasGpg)('OpenPGP', () => {
  test('a commit signed with a trusted key passes, one by a stranger is refused with his key', async () => {
    expect(await required(signedByGpg('release'))).toEqual([]);
    const commit = signedByGpg('stranger');
    expect(await refusal(commit)).toMatch(
      new RegExp(`^commit ${short(commit)} is signed by the key [0-9A-F]{16,40}, which is none of the trusted keys; `),
    );
  });

  test('another message under the same signature is refused', async () => {
    const commit = forged(signedByGpg('release'), (raw) => `${raw}and more\n`);
    expect(await refusal(commit)).toContain('that does not fit its content');
  });

  test('a key that has expired is refused', async () => {
    trustedKeys.old = join(keys.dir, 'old.asc');
    const commit = signedByGpg('old', '--faked-system-time', '20200101T010000');
    expect(await refusal(commit, ['old'])).toMatch(/which has expired|with a signature that has expired/);
  });

  test('with keys of the other form alone the sentence says so', async () => {
    expect(await refusal(signedByGpg('release'), ['ada'])).toContain(
      'has an OpenPGP signature, and none of the trusted keys is of that form',
    );
  });

  test('without gpg on the worker nothing is applied, and the sentence says what to install', async () => {
    const bin = join(root.dir, 'bin');
    mkdirSync(bin);
    const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
    writeFileSync(join(bin, 'git'), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${real} "$@"\n`, { mode: 0o755 });
    store = createGitStore({ cacheDir: join(root.dir, 'cache'), trustedKeys, surroundings: { PATH: bin } });
    await expect(required(signedByGpg('release'))).rejects.toMatchObject({
      code: 'Infrastructure',
      message: 'gpg was not found on the worker; install it to check OpenPGP signatures',
    });
  });
});
