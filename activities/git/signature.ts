import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NodewaveError } from '../../domain/failures.ts';
import { parseBatch } from './cat-file.ts';
import { GitError } from './git-error.ts';
import type { GitRunner } from './run.ts';

/** Where public keys are, by the names that applications use. */
export type TrustedKeys = Readonly<Record<string, string>>;

/** What checking a signature needs. */
export interface SignatureDeps {
  git: GitRunner;
  /** The environment of gpg. */
  env: Record<string, string>;
  /** Keys are laid out below it while a signature is checked. */
  cacheDir: string;
  trustedKeys: TrustedKeys;
}

/** How a commit says who made it. */
type Form = 'none' | 'OpenPGP' | 'SSH' | 'other' | 'several';

const run = promisify(execFile);
const timeoutMs = 30_000;

/**
 * What is wrong with the signature of a commit, as the end of a sentence that begins with the commit; `undefined` when one
 * of the named keys made it. Of other keys that the machine may know none counts. Throws BadInput for a name that the worker
 * does not know, Infrastructure when the keys or gpg cannot be used.
 */
export async function signatureProblem(
  deps: SignatureDeps,
  { dir, commit, names, signal }: { dir: string; commit: string; names: readonly string[]; signal?: AbortSignal },
): Promise<string | undefined> {
  const keys = await readKeys(deps.trustedKeys, names);
  const form = formOf(await rawCommit(deps.git, dir, commit, signal));
  if (form === 'none') return 'is not signed';
  if (form === 'several') return 'has more than one signature, so none of them counts';
  if (form === 'other') return 'is signed in a form that is neither OpenPGP nor SSH';
  if (!keys.some((key) => key.form === form))
    return `has an ${form} signature, and none of the trusted keys is of that form`;
  const home = await mkdtemp(join(deps.cacheDir, 'keys-'));
  try {
    if (form === 'OpenPGP') await importKeys(deps.env, home, keys);
    else await writeFile(join(home, 'allowed'), allowedSigners(keys));
    return judge(await verdict(deps.git, { dir, commit, home, signal }), form);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

interface Key {
  name: string;
  form: 'OpenPGP' | 'SSH';
  text: string;
}

async function readKeys(trusted: TrustedKeys, names: readonly string[]): Promise<Key[]> {
  return Promise.all(
    names.map(async (name): Promise<Key> => {
      const file = Object.hasOwn(trusted, name) ? trusted[name] : undefined;
      if (file === undefined) {
        const known = Object.keys(trusted).join(', ') || 'none';
        const message = `spec.source.trustedKeys names ${name}, which is not among "trustedKeys" of the worker's git file (${known})`;
        throw new NodewaveError('BadInput', message);
      }
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new NodewaveError('Infrastructure', `the trusted key ${name} cannot be read: ${String(error)}`);
      });
      return { name, form: text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----') ? 'OpenPGP' : 'SSH', text };
    }),
  );
}

async function rawCommit(git: GitRunner, dir: string, commit: string, signal?: AbortSignal): Promise<string> {
  const options = { cwd: dir, timeoutMs, stdin: `${commit}\n`, signal };
  const [found] = parseBatch(await git.run(['--git-dir=.', 'cat-file', '--batch'], options), true);
  if (found?.type !== 'commit') throw new GitError('failed', `bad object ${commit}`);
  return found.content.toString('utf8');
}

/** Only what stands before the message counts: a message may hold anything. */
function formOf(raw: string): Form {
  const header = raw.slice(0, raw.indexOf('\n\n'));
  const signatures = header.match(/^gpgsig(?:-sha256)? -----BEGIN [A-Z ]+-----/gm) ?? [];
  const blocks = header.match(/-----BEGIN [A-Z ]+-----/g) ?? [];
  if (signatures.length === 0) return /^gpgsig/m.test(header) ? 'other' : 'none';
  if (signatures.length > 1 || blocks.length > 1) return 'several';
  if (/BEGIN PGP (SIGNATURE|MESSAGE)-/.test(signatures[0] ?? '')) return 'OpenPGP';
  return /BEGIN SSH SIGNATURE-/.test(signatures[0] ?? '') ? 'SSH' : 'other';
}

async function importKeys(env: Record<string, string>, home: string, keys: readonly Key[]): Promise<void> {
  // Nothing is asked of key servers, and what was put in is trusted, because only trusted keys are put in.
  const settings = ['no-autostart', 'no-auto-key-retrieve', 'no-auto-key-locate', 'disable-dirmngr'];
  await writeFile(join(home, 'gpg.conf'), [...settings, 'trust-model always', 'no-tty', 'batch', ''].join('\n'));
  const pgp = keys.filter((key) => key.form === 'OpenPGP');
  const files = await Promise.all(
    pgp.map(async ({ text }, index) => {
      const file = join(home, `${index}.asc`);
      await writeFile(file, text);
      return file;
    }),
  );
  try {
    await run('gpg', ['--homedir', home, '--quiet', '--import', '--', ...files], { env, timeout: timeoutMs });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new NodewaveError(
        'Infrastructure',
        'gpg was not found on the worker; install it to check OpenPGP signatures',
      );
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    const names = pgp.map(({ name }) => name).join(', ');
    throw new NodewaveError(
      'Infrastructure',
      `the trusted keys ${names} cannot be used: ${said.trim().split('\n')[0]}`,
    );
  }
}

/** Every line but those of keys is left out; keys count for git's own purpose only. */
function allowedSigners(keys: readonly Key[]): string {
  const lines = keys
    .filter((key) => key.form === 'SSH')
    .flatMap(({ name, text }) =>
      text.split('\n').flatMap((line) => {
        const match = /^((?:sk-)?(?:ssh|ecdsa)-[\w@.-]+) ([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line.trim());
        return match === null ? [] : [`${name} namespaces="git" ${match[1]} ${match[2]}\n`];
      }),
    );
  return lines.join('');
}

interface Verdict {
  /** As git's `%G?` says it. */
  letter: string;
  key: string;
}

async function verdict(
  git: GitRunner,
  { dir, commit, home, signal }: { dir: string; commit: string; home: string; signal?: AbortSignal },
): Promise<Verdict> {
  const format = ['%G?', '%GF', '%GK'].join('%x00');
  const args = ['--git-dir=.', 'log', '-1', '--no-show-signature', `--format=${format}`, '--end-of-options', commit];
  const output = await git.run(args, {
    cwd: dir,
    timeoutMs,
    signal,
    // Not through simple-git, which lets nobody name a program.
    stdin: '',
    env: { GNUPGHOME: home },
    config: [
      `gpg.ssh.allowedSignersFile=${join(home, 'allowed')}`,
      'gpg.ssh.revocationFile=',
      'gpg.program=gpg',
      'gpg.ssh.program=ssh-keygen',
      'gpg.x509.program=/bin/false',
      'gpg.minTrustLevel=fully',
    ],
  });
  const [letter = '', fingerprint = '', keyId = ''] = output.toString('utf8').trim().split('\0');
  return { letter, key: fingerprint || keyId };
}

function judge({ letter, key }: Verdict, form: 'OpenPGP' | 'SSH'): string | undefined {
  const by = key === '' ? 'a key' : `the key ${key}`;
  switch (letter) {
    case 'G':
      return undefined;
    case 'B':
      return form === 'SSH'
        ? 'has a signature that does not fit its content, or is not by a trusted key'
        : `has a signature by ${by} that does not fit its content`;
    case 'U':
    case 'E':
      return `is signed by ${by}, which is none of the trusted keys`;
    case 'X':
      return `is signed by ${by} with a signature that has expired`;
    case 'Y':
      return `is signed by ${by}, which has expired`;
    case 'R':
      return `is signed by ${by}, which was revoked`;
    default:
      return `has an ${form} signature that cannot be checked; the worker needs git 2.34 or newer and ssh-keygen or gpg`;
  }
}
