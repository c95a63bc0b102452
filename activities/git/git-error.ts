import { describeRef, type GitRef } from '../../domain/application/spec.ts';
import { type FailureCode, NodewaveError } from '../../domain/failures.ts';
import { maskCredentials } from '../../domain/mask-text.ts';

/** `failed`: git said no. `gone`: the folder it should work in was removed. `tooLarge`: a fetch went over its limit. */
export type GitReason = 'failed' | 'gone' | 'timeout' | 'tooMuch' | 'tooLarge';

/** git ended without doing what it was asked to; `message` is what it said. Never leaves `activities/git`. */
export class GitError extends Error {
  readonly reason: GitReason;
  constructor(reason: GitReason, message: string) {
    super(message);
    this.name = 'GitError';
    this.reason = reason;
  }
}

/** What was known of a ref before git was asked, so that what vanished is told from what never was. */
export interface KnownRef {
  ref?: GitRef;
  lastSeen?: string;
}

/** One family of git's sentences: what it means and what to tell people. */
interface Meaning {
  says: RegExp;
  code: FailureCode;
  sentence: (repo: string) => string;
}

const readAccess =
  'give the worker read access to it: "credentials" of its git file, an ssh key, or a public repository';

const missingRepo =
  /repository not found|does not appear to be a git repository|returned error: 404|repository '.*' (not found|does not exist)|no such file or directory|not a git repository/i;

const meanings: readonly Meaning[] = [
  {
    says: /dubious ownership|not owned by/i,
    code: 'Forbidden',
    sentence: (repo) =>
      `${repo} belongs to another user than the worker runs as; chown it or use an address with a protocol`,
  },
  {
    says: /host key verification failed|authenticity of host/i,
    code: 'Forbidden',
    sentence: (repo) => `the host key of ${repo} is not known to the worker; add it to its known_hosts file`,
  },
  {
    says: /bad permissions|unprotected private key|invalid format|error in libcrypto|load key/i,
    code: 'Forbidden',
    sentence: (repo) =>
      `the private key for ${repo} cannot be used: it must be a key without a passphrase that only the worker may read`,
  },
  {
    says: /authentication failed|could not read (username|password)|terminal prompts disabled|permission denied|returned error: 40[13]|access denied/i,
    code: 'Forbidden',
    sentence: (repo) => `git was refused access to ${repo}; ${readAccess}`,
  },
  {
    says: missingRepo,
    code: 'BadInput',
    sentence: (repo) => `there is no repository at ${repo}; correct spec.source.repo, or create it`,
  },
  {
    says: /returned error: 30[12378]|unable to update url base/i,
    code: 'BadInput',
    sentence: (repo) => `${repo} leads from one redirect to the next; set spec.source.repo to where it is now`,
  },
  {
    says: /transport '.*' not allowed/i,
    code: 'BadInput',
    sentence: (repo) => `${repo} uses a protocol that is not allowed; use https, http, ssh or file`,
  },
];

/** git's ways to say that a lock which a crash left behind is in the way, or that the cache is damaged. */
const damaged = new RegExp(
  [
    "unable to create '.*\\.lock': file exists",
    'cannot lock ref',
    'could not lock config file',
    'shallow file has changed',
    "not a git repository: '\\.'",
    'object file .* is empty',
    'is corrupt',
    'bad object',
    'missing (blob|tree|commit)',
    'unable to read (tree|sha1 file|[0-9a-f]{40})',
    'could not (get object info|read)( about)? [0-9a-f]{40}',
    'not a valid object name',
    'invalid sha1 pointer',
    'far too short to be a packfile',
    'did not send all necessary objects',
  ].join('|'),
  'i',
);

/** Whether a mirror made anew would help. */
export function isDamaged(error: unknown): boolean {
  return (
    error instanceof GitError && (error.reason === 'gone' || (error.reason === 'failed' && damaged.test(error.message)))
  );
}

/** Whether the server says that it has no such commit. */
export function isUnknownCommit(error: unknown): boolean {
  return error instanceof GitError && /not our ref|couldn't find remote ref/i.test(error.message);
}

/** Whether the server has to be asked in the old way: it hands out nothing but refs, and those with their history. */
export function isOldServer(error: unknown): boolean {
  const said = /unadvertised object|does not support shallow|dumb http transport/i;
  return error instanceof GitError && said.test(error.message);
}

/** The one place where git's own sentences become ours. Everything that is not known is Infrastructure: it is tried again. */
export function toNodewaveError(
  error: unknown,
  repo: string,
  { secrets = [], ref, lastSeen }: KnownRef & { secrets?: readonly string[] } = {},
): unknown {
  if (isSystemError(error))
    return new NodewaveError('Infrastructure', `the git cache cannot be used: ${error.message}`);
  if (!(error instanceof GitError)) return error;
  const shown = maskCredentials(repo);
  // A server may repeat what it was sent.
  const said = firstLine(secrets.reduce((text, secret) => text.replaceAll(secret, '***'), error.message));
  if (error.reason === 'tooLarge') {
    const cure = 'raise "limits.maxFetchMiB" of the worker\'s git file, or keep the manifests in a smaller repository';
    return new NodewaveError('BadInput', `one commit of ${shown} is larger than ${error.message}; ${cure}`);
  }
  if (error.reason === 'timeout')
    return new NodewaveError('Infrastructure', `${shown}: ${error.message}; trying again`);
  if (error.reason === 'tooMuch') return new NodewaveError('BadInput', `${shown}: ${error.message}`);
  if (missingRepo.test(error.message) && ref !== undefined && lastSeen !== undefined && lastSeen !== '') {
    const was = `${describeRef(ref)} held ${lastSeen.slice(0, 8)} when it was last seen`;
    const what = `the repository ${shown} has vanished, or its credentials no longer see it: ${was}`;
    const cure = 'restore it, or correct spec.source.repo';
    return new NodewaveError('BadInput', `${what}; ${cure} (git: ${said})`);
  }
  const meaning = meanings.find(({ says }) => says.test(error.message));
  if (meaning !== undefined) return new NodewaveError(meaning.code, `${meaning.sentence(shown)} (git: ${said})`);
  return new NodewaveError('Infrastructure', `git cannot reach ${shown}: ${said}`);
}

/** git's first sentence of weight, without credentials and control characters, at most 300 characters. */
function firstLine(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/\p{Cc}/gu, ' ').trim());
  const weighty =
    lines.find((line) => /^(fatal|error|remote: error):/i.test(line)) ?? lines.find((line) => line !== '');
  return maskCredentials(weighty ?? 'it said nothing').slice(0, 300);
}

/** An error of the file system, such as a full disk. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}
