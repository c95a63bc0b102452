import { type FailureCode, NodewaveError } from '../../domain/failures.ts';
import { maskCredentials } from '../../domain/mask-text.ts';

/** `failed`: git said no. `gone`: the folder it should work in was removed. */
export type GitReason = 'failed' | 'gone' | 'timeout' | 'tooMuch';

/** git ended without doing what it was asked to; `message` is what it said. Never leaves `activities/git`. */
export class GitError extends Error {
  readonly reason: GitReason;
  constructor(reason: GitReason, message: string) {
    super(message);
    this.name = 'GitError';
    this.reason = reason;
  }
}

/** One family of git's sentences: what it means and what to tell people. */
interface Meaning {
  says: RegExp;
  code: FailureCode;
  sentence: (repo: string) => string;
}

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
    says: /authentication failed|could not read (username|password)|terminal prompts disabled|permission denied|returned error: 40[13]|access denied/i,
    code: 'Forbidden',
    sentence: (repo) =>
      `git was refused access to ${repo}; give the worker read access (an ssh key, or a repository it may read)`,
  },
  {
    says: /repository not found|does not appear to be a git repository|returned error: 404|repository '.*' (not found|does not exist)|no such file or directory|not a git repository/i,
    code: 'BadInput',
    sentence: (repo) => `there is no repository at ${repo}; correct spec.source.repo, or create it`,
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
export function toNodewaveError(error: unknown, repo: string): unknown {
  if (isSystemError(error))
    return new NodewaveError('Infrastructure', `the git cache cannot be used: ${error.message}`);
  if (!(error instanceof GitError)) return error;
  const shown = maskCredentials(repo);
  if (error.reason === 'timeout')
    return new NodewaveError('Infrastructure', `${shown}: ${error.message}; trying again`);
  if (error.reason === 'tooMuch') return new NodewaveError('BadInput', `${shown}: ${error.message}`);
  const meaning = meanings.find(({ says }) => says.test(error.message));
  if (meaning !== undefined)
    return new NodewaveError(meaning.code, `${meaning.sentence(shown)} (git: ${firstLine(error.message)})`);
  return new NodewaveError('Infrastructure', `git cannot reach ${shown}: ${firstLine(error.message)}`);
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
