import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { GitCredential } from '../activities/git/credentials.ts';
import type { TrustedKeys } from '../activities/git/signature.ts';
import { defaultGitAccess, type GitAccess } from '../domain/application/git-access.ts';
import { type GitAddress, gitAddress, gitProtocols } from '../domain/application/git-address.ts';
import { repoProblem } from '../domain/application/repo-url.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';

/** What a worker may read from git, and how. */
export interface GitSettings {
  access: GitAccess;
  credentials: GitCredential[];
  /** Files with public keys, by the names that applications use. */
  trustedKeys: TrustedKeys;
  /** Most bytes that one commit may bring. */
  maxFetchBytes: number;
  fetchTimeoutMs: number;
  lookUpTimeoutMs: number;
}

const variable = 'NODEWAVE_GIT_FILE';
const credentialKeys = ['for', 'username', 'passwordFile', 'privateKeyFile', 'knownHostsFile'];
const limitKeys = ['maxFetchMiB', 'fetchSeconds', 'lookUpSeconds'];
const keys = ['hosts', 'protocols', 'credentials', 'trustedKeys', 'limits', ...credentialKeys, ...limitKeys];
const path = (what: string) => z.string(`expected the path of ${what}`).min(1, `expected the path of ${what}`);
const whole = (min: number, max: number) => {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z.int(expected).min(min, expected).max(max, expected);
};

const hostForm = 'expected HOST, HOST:PORT or *.DOMAIN';
const host = z.string(hostForm).regex(/^(\*\.[a-z0-9][\w.-]*|[a-z0-9][\w.-]*|\[[0-9a-f:.]+\])(:\d{1,5})?$/i, hostForm);

const credentialSchema = z.strictObject(
  {
    for: z.string('expected an address such as https://git.example.com/platform'),
    username: z
      .string('expected a user name')
      .regex(/^[^\p{Cc}]{1,200}$/u, 'expected a user name of one line')
      .optional(),
    passwordFile: path('a file that holds a password or token').optional(),
    privateKeyFile: path('a file that holds a private key').optional(),
    knownHostsFile: path('a file of host keys, as ssh-keyscan prints them').optional(),
  },
  'expected {for: ADDRESS, username: NAME, passwordFile: PATH} or {for: ADDRESS, privateKeyFile: PATH, knownHostsFile: PATH}',
);

const fileSchema = z.strictObject(
  {
    hosts: z.array(host, 'expected a list of host names').optional(),
    protocols: z
      .array(
        z.enum(gitProtocols, `expected ${gitProtocols.join(', ')}`),
        `expected a list of ${gitProtocols.join(', ')}`,
      )
      .min(1, 'expected at least one protocol')
      .optional(),
    credentials: z.array(credentialSchema, 'expected a list of credentials').optional(),
    trustedKeys: z.record(z.string(), path('a file that holds a public key'), 'expected a map of key names').optional(),
    limits: z
      .strictObject(
        {
          maxFetchMiB: whole(1, 1_000_000).optional(),
          fetchSeconds: whole(1, 86_400).optional(),
          lookUpSeconds: whole(1, 3_600).optional(),
        },
        `expected a mapping of ${limitKeys.join(', ')}`,
      )
      .optional(),
  },
  'expected a mapping with hosts, protocols, credentials, trustedKeys or limits',
);

type GitFile = z.output<typeof fileSchema>;
type Entry = z.output<typeof credentialSchema>;

/**
 * Reads the git file, or what holds without one: https and ssh to every host, without credentials. `local` adds folders of
 * the worker and http. Relative paths start at the file's own folder. Throws ConfigError.
 */
export function readGitFile(file: string | undefined, local: boolean): GitSettings {
  const read = file === undefined ? undefined : readConfigFile(variable, file, fileSchema, keys);
  const { protocols = defaultGitAccess.protocols, hosts, limits = {} } = read?.value ?? ({} as GitFile);
  const { maxFetchMiB = 1_024, fetchSeconds = 300, lookUpSeconds = 60 } = limits;
  return {
    access: {
      protocols: local ? [...new Set([...protocols, 'http' as const, 'file' as const])] : protocols,
      ...(hosts === undefined ? {} : { hosts }),
    },
    credentials: file === undefined || read === undefined ? [] : readCredentials(file, read),
    trustedKeys: file === undefined || read === undefined ? {} : readTrustedKeys(file, read),
    maxFetchBytes: maxFetchMiB * 2 ** 20,
    fetchTimeoutMs: fetchSeconds * 1_000,
    lookUpTimeoutMs: lookUpSeconds * 1_000,
  };
}

function readCredentials(file: string, { value, place }: ConfigFile<GitFile>): GitCredential[] {
  const seen = new Map<string, number>();
  return (value.credentials ?? []).map((entry, index) => {
    const refuse = (key: string, message: string): ConfigError =>
      new ConfigError(`${variable}: ${place(['credentials', index, key])}: credentials[${index}].${key}: ${message}`);
    const address = addressOf(entry, refuse);
    // A host alone is meant for all its repositories.
    const at = /^\w+:\/\/[^/]+$/.test(entry.for) ? `${entry.for}/` : entry.for;
    const spelled = JSON.stringify(address);
    if (seen.has(spelled)) throw refuse('for', `credentials[${seen.get(spelled)}] is for the same; remove one`);
    seen.set(spelled, index);
    const secretFile = (key: 'passwordFile' | 'privateKeyFile' | 'knownHostsFile'): string => {
      const given = entry[key];
      if (given === undefined) throw refuse(key, `is missing; credentials for ${address.protocol} need it`);
      return checkFile(resolve(dirname(file), given), (message) => refuse(key, message), key === 'privateKeyFile');
    };
    if (address.protocol === 'https') {
      refuseKeys(entry, ['privateKeyFile', 'knownHostsFile'], 'is for ssh addresses; remove it', refuse);
      return { for: at, username: entry.username ?? 'git', passwordFile: secretFile('passwordFile') };
    }
    refuseKeys(entry, ['username', 'passwordFile'], 'is for https addresses; remove it', refuse);
    return {
      for: at,
      privateKeyFile: secretFile('privateKeyFile'),
      knownHostsFile: secretFile('knownHostsFile'),
    };
  });
}

function readTrustedKeys(file: string, { value, place }: ConfigFile<GitFile>): TrustedKeys {
  const entries = Object.entries(value.trustedKeys ?? {}).map(([name, given]) => {
    const refuse = (message: string): ConfigError =>
      new ConfigError(`${variable}: ${place(['trustedKeys', name])}: trustedKeys.${name}: ${message}`);
    if (!/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(name))
      throw refuse('a name has at most 63 letters, digits, "-", "_" and "."');
    const keyFile = resolve(dirname(file), given);
    let text: string;
    try {
      text = readFileSync(keyFile, 'utf8');
    } catch (error) {
      throw refuse(`${keyFile} cannot be read (${String(error)}); correct the path`);
    }
    if (text.includes('PRIVATE KEY'))
      throw refuse(`${keyFile} holds a private key, which must not be here; put its public half there`);
    if (!/-----BEGIN PGP PUBLIC KEY BLOCK-----|^(sk-)?(ssh|ecdsa)-[\w@.-]+ [A-Za-z0-9+/]+/m.test(text))
      throw refuse(`${keyFile} holds neither an OpenPGP public key (gpg --armor --export) nor an SSH one (.pub)`);
    return [name, keyFile] as const;
  });
  return Object.fromEntries(entries);
}

type Refuse = (key: string, message: string) => ConfigError;

/** An address of https or ssh: elsewhere a password could be read on the way, or means nothing. */
function addressOf(entry: Entry, refuse: Refuse): GitAddress {
  const hostAlone = /^\w+:\/\/[^/]+\/?$/.test(entry.for);
  const problem = repoProblem(hostAlone ? `${entry.for.replace(/\/$/, '')}/any` : entry.for);
  if (problem !== undefined) throw refuse('for', problem);
  const address = gitAddress(entry.for) ?? gitAddress(`${entry.for}/`);
  if (address === undefined || (address.protocol !== 'https' && address.protocol !== 'ssh'))
    throw refuse('for', 'credentials are sent to https and ssh addresses only');
  return address;
}

function refuseKeys(entry: Entry, unwanted: readonly (keyof Entry)[], message: string, refuse: Refuse): void {
  const key = unwanted.find((name) => entry[name] !== undefined);
  if (key !== undefined) throw refuse(key, message);
}

/** ssh takes options apart at spaces and replaces `%`, `~` and `$`, so a path may hold none of them. */
function checkFile(file: string, refuse: (message: string) => ConfigError, isKey: boolean): string {
  if (!/^[\w/.@+:,=-]+$/.test(file))
    throw refuse(`${file} holds other characters than letters, digits and "/._-@+:,="; choose a plain path`);
  try {
    const { mode, uid } = statSync(file);
    if (isKey && uid === process.getuid?.() && (mode & 0o077) !== 0)
      throw refuse(`${file} may be read by others than its owner, so ssh will not use it; run "chmod 600 ${file}"`);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw refuse(`${file} cannot be read (${String(error)}); correct the path`);
  }
  return file;
}
