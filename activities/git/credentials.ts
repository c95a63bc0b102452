import { readFileSync } from 'node:fs';
import { credentialFor } from '../../domain/application/git-access.ts';
import { gitAddress } from '../../domain/application/git-address.ts';
import { NodewaveError } from '../../domain/failures.ts';

/** Name and password, or a token in its place; sent over https only, and only to the host of `for`. */
export interface PasswordCredential {
  /** An address; the credential is for it and what lies below. */
  for: string;
  username: string;
  /** Holds the password or token; read at each use, so that a new one needs no restart. */
  passwordFile: string;
}

/** A private key, used for this address alone, and the host keys that are accepted. */
export interface KeyCredential {
  /** An address; the credential is for it and what lies below. */
  for: string;
  privateKeyFile: string;
  knownHostsFile: string;
}

/** How a worker proves to a git server who it is. Values stay in files; only names of files are handed on. */
export type GitCredential = PasswordCredential | KeyCredential;

/** What git is started with for one repository. Nothing in it is secret: other processes may see it. */
export interface Authorization {
  config: string[];
  env: Record<string, string>;
}

const sshOptions = ['BatchMode=yes', 'ConnectTimeout=20', 'ServerAliveInterval=15', 'ServerAliveCountMax=2'];
const strictly = ['StrictHostKeyChecking=yes', 'UpdateHostKeys=no'];

/** ssh for repositories without a key of their own: keys, agent and known hosts of the user, and no unknown host. */
export const ownSshCommand = sshCommand([...sshOptions, ...strictly]);

/**
 * What git needs to read the repository. Throws Infrastructure when a file of the credential cannot be read, so that nobody
 * takes a lost Secret for a lost repository.
 */
export function authorize(repo: string, credentials: readonly GitCredential[]): Authorization {
  const credential = credentialFor(repo, credentials);
  if (credential === undefined) return { config: [], env: {} };
  if ('passwordFile' in credential) {
    readSecret(credential.passwordFile, credential.for);
    return { config: [`credential.${originOf(repo)}.helper=${helper(credential)}`], env: {} };
  }
  readSecret(credential.privateKeyFile, credential.for);
  readSecret(credential.knownHostsFile, credential.for);
  const options = [
    ...sshOptions,
    ...strictly,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'PreferredAuthentications=publickey',
    `UserKnownHostsFile=${credential.knownHostsFile}`,
    'GlobalKnownHostsFile=/dev/null',
  ];
  // Neither the user's nor the machine's ssh configuration: it could name other keys, or a command to connect through.
  const command = `${sshCommand(options)} -F /dev/null -i ${shellQuote(credential.privateKeyFile)}`;
  return { config: [], env: { GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh' } };
}

/** The secret values that a server may have repeated in its answer, to be blotted out of sentences. */
export function secretsOf(repo: string, credentials: readonly GitCredential[]): string[] {
  const credential = credentialFor(repo, credentials);
  if (credential === undefined || !('passwordFile' in credential)) return [];
  try {
    const password = firstLineOf(readFileSync(credential.passwordFile, 'utf8'));
    const pair = Buffer.from(`${credential.username}:${password}`).toString('base64');
    return [pair, password].filter((secret) => secret.length >= 4);
  } catch {
    return [];
  }
}

/** The same without the final line break that editors and `echo` add. */
function firstLineOf(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

function readSecret(file: string, address: string): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    const cure = 'see that it is there and that the worker may read it';
    throw new NodewaveError(
      'Infrastructure',
      `the credentials for ${address} are not there: ${file} (${code}); ${cure}`,
    );
  }
  if (text.trim() === '')
    throw new NodewaveError('Infrastructure', `the credentials for ${address} are empty: ${file}; write them into it`);
}

/**
 * A credential helper that reads the file when git asks. The password goes from the file through a pipe to git: it is in no
 * argument and no variable of a process.
 */
function helper({ username, passwordFile }: PasswordCredential): string {
  const password = `$(head -n 1 < ${shellQuote(passwordFile)} | tr -d '\\r')`;
  return `!f() { test "$1" = get || exit 0; printf 'username=%s\\npassword=%s\\n' ${shellQuote(username)} "${password}"; }; f`;
}

/** Scheme, host and port: git compares them before it asks the helper, so another host is never answered. */
function originOf(repo: string): string {
  const address = gitAddress(repo);
  return address === undefined ? '' : `${address.protocol}://${address.host}:${address.port}`;
}

function sshCommand(options: readonly string[]): string {
  return ['ssh', ...options.map((option) => `-o${shellQuote(option)}`)].join(' ');
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
