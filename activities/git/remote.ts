import { gitAddress, isBelow } from '../../domain/application/git-address.ts';
import { repoProblem } from '../../domain/application/repo-url.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { type Authorization, authorize, type GitCredential } from './credentials.ts';
import { GitError } from './git-error.ts';
import type { GitRunner } from './run.ts';

/** How the server of a repository is asked. */
export interface Remote extends Authorization {
  /** What git is given as address: where the repository is now. */
  address: string;
}

/** Reaches servers with their credentials, and follows repositories that moved within their server. */
export interface Remotes {
  /** Runs `work` with all that git needs to reach the repository; again when the server says that it moved. */
  reach<T>(repo: string, signal: AbortSignal | undefined, work: (remote: Remote) => Promise<T>): Promise<T>;
  /** Where the repository was found when it was last looked for, if that is elsewhere. */
  movedTo(repo: string): string | undefined;
}

/** What reaching servers needs. */
export interface RemotesDeps {
  git: GitRunner;
  cacheDir: string;
  credentials: readonly GitCredential[];
}

/** Makes it. Moves are remembered by this process alone, until the new place stops answering. */
export function createRemotes({ git, cacheDir, credentials }: RemotesDeps): Remotes {
  const moved = new Map<string, string>();

  async function locate(repo: string, authorization: Authorization, signal?: AbortSignal): Promise<string> {
    const location = await askWhereTo(git, { ...authorization, address: repo }, cacheDir, signal);
    const target = location === undefined ? undefined : targetOf(repo, location);
    if (target !== undefined) return target;
    // The address is the server's word and may hold anything, so only what is a usable address is repeated.
    const shown = location !== undefined && repoProblem(location) === undefined ? ` to ${location}` : '';
    const cure = 'credentials stay on their host; set spec.source.repo to where it is now';
    throw new NodewaveError('BadInput', `${repo} sends git elsewhere${shown}, which is not followed: ${cure}`);
  }

  return {
    movedTo: (repo) => moved.get(repo),
    async reach(repo, signal, work) {
      // The credential is always that of the address which was allowed, whatever the server says about it.
      const authorization = authorize(repo, credentials);
      const known = moved.get(repo);
      try {
        return await work({ ...authorization, address: known ?? repo });
      } catch (error) {
        if (known !== undefined) moved.delete(repo);
        if (known === undefined && !isRedirect(error)) throw error;
      }
      if (known !== undefined) {
        try {
          return await work({ ...authorization, address: repo });
        } catch (error) {
          if (!isRedirect(error)) throw error;
        }
      }
      const address = await locate(repo, authorization, signal);
      const done = await work({ ...authorization, address });
      moved.set(repo, address);
      return done;
    },
  };
}

function isRedirect(error: unknown): boolean {
  return (
    error instanceof GitError &&
    /returned error: 30[12378]|unable to update url base from redirection/i.test(error.message)
  );
}

/** git does not say where a redirect leads; its trace of the answer's headers does, and leaves out credentials. */
async function askWhereTo(
  git: GitRunner,
  remote: Remote,
  cwd: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    await git.run(['ls-remote', '--quiet', '--', remote.address, 'HEAD'], {
      cwd,
      timeoutMs: 60_000,
      signal,
      config: remote.config,
      env: { ...remote.env, GIT_TRACE_CURL: '1', GIT_TRACE_CURL_NO_DATA: '1', GIT_TRACE_REDACT: '1' },
    });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    return /<= Recv header: location: (\S+)/i.exec(error.message)?.[1];
  }
  return undefined;
}

/** The repository that a redirect within one server leads to; `undefined` for everything else. */
function targetOf(repo: string, location: string): string | undefined {
  const from = gitAddress(repo);
  if (from === undefined || (from.protocol !== 'https' && from.protocol !== 'http')) return undefined;
  const absolute = location.startsWith('/') ? originOf(repo) + location : location;
  const target = absolute.replace(/\/info\/refs(?:\?[\w=&-]*)?$/, '');
  if (target === absolute || repoProblem(target) !== undefined) return undefined;
  const to = gitAddress(target);
  return to !== undefined && isBelow(to, { ...from, path: '' }) ? target : undefined;
}

function originOf(repo: string): string {
  return /^\w+:\/\/[^/]+/.exec(repo)?.[0] ?? '';
}
