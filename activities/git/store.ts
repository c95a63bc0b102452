import { mkdirSync, realpathSync } from 'node:fs';
import { accessProblem, type GitAccess } from '../../domain/application/git-access.ts';
import { isFullCommit } from '../../domain/application/git-ref.ts';
import { repoPath } from '../../domain/application/repo-path.ts';
import { repoProblem } from '../../domain/application/repo-url.ts';
import { describeRef, type GitRef } from '../../domain/application/spec.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { ManifestFile } from '../../domain/manifest/parse.ts';
import type { ResolvedCommit } from '../contract.ts';
import { type CommitChecks, checkSignature, notInGit } from './check.ts';
import { type GitCredential, secretsOf } from './credentials.ts';
import { type GitSurroundings, gitEnvironment } from './environment.ts';
import { isUnknownCommit, type KnownRef, toNodewaveError } from './git-error.ts';
import { Mirror } from './mirror.ts';
import { KeyedMutex } from './mutex.ts';
import { createRefLists } from './ref-lists.ts';
import { noteOn } from './ref-notes.ts';
import { createRemotes } from './remote.ts';
import { type LookedUp, lookUp } from './resolve.ts';
import { createGitRunner } from './run.ts';
import type { TrustedKeys } from './signature.ts';
import { subjectOf } from './subject.ts';
import { defaultReadLimits, listTree, type ReadLimits, readBlobs, readTree, type TreeEntry, typeOf } from './tree.ts';

/** What the git store needs. */
export interface GitStoreDeps {
  /** Holds the mirrors; may be shared by processes and deleted at any time. Made when missing. */
  cacheDir: string;
  /** What git takes from its surroundings; nothing but a usual PATH without it. */
  surroundings?: GitSurroundings;
  /** Which repositories may be read; without it all that have an address. */
  access?: GitAccess;
  /** How servers are told who asks. */
  credentials?: readonly GitCredential[];
  /** Files with public keys, by the names that applications use. */
  trustedKeys?: TrustedKeys;
  /** How long git may take to ask for refs (default 60 s) and to fetch (default 5 min). */
  lookUpTimeoutMs?: number;
  fetchTimeoutMs?: number;
  /** Most bytes that one commit may bring; default 1 GiB. */
  maxFetchBytes?: number;
}

/** What is known of a ref, and how fresh the answer has to be. */
export interface LookOptions {
  /** The commit that it held when it was last seen, for sentences. */
  lastSeen?: string;
  /** How old an answer may be that others got; 0, the default, asks the server. */
  maxAgeMs?: number;
}

/** Reads git repositories. Every function throws NodewaveErrors, or the signal's reason once that is aborted. */
export interface GitStore {
  /** Asks which commit the ref holds; fetches nothing. */
  lookUp(repo: string, ref: GitRef, signal?: AbortSignal, options?: LookOptions): Promise<LookedUp>;
  /** The commit that the ref holds, fetched, with the first line of its message. */
  resolve(repo: string, ref: GitRef, signal?: AbortSignal, options?: LookOptions): Promise<ResolvedCommit>;
  /** A full commit with the first line of its message; fetched when it is not there. */
  describe(repo: string, commit: string, signal?: AbortSignal): Promise<ResolvedCommit>;
  /** The manifests under a folder of a full commit, see `readTree`; fetched when it is not there. */
  readFiles(
    repo: string,
    commit: string,
    path: string,
    options?: { limits?: ReadLimits; signal?: AbortSignal },
  ): Promise<ManifestFile[]>;
  /**
   * Throws BadInput when a full commit may not be applied because of its signature; returns sentences for people about
   * signatures that are only to be warned of, submodules and files of Git LFS.
   */
  check(repo: string, commit: string, checks: CommitChecks, signal?: AbortSignal): Promise<string[]>;
  /** What a folder of a full commit holds, see `listTree`; fetched when it is not there. */
  list(
    repo: string,
    commit: string,
    path: string,
    options: { recursive: boolean; signal?: AbortSignal },
  ): Promise<TreeEntry[]>;
  /** Contents of files that `list` has listed, in their order; at most `maxBytes` of all of them together. */
  read(
    repo: string,
    commit: string,
    entries: readonly TreeEntry[],
    options: { maxBytes: number; signal?: AbortSignal },
  ): Promise<Buffer[]>;
}

/** How often a ref is looked up again when the server lost the commit in between, as in a force-push. */
const resolveAttempts = 3;

/** Makes the store. Only cheap, local work is done here: the cache folder is made. */
export function createGitStore(deps: GitStoreDeps): GitStore {
  mkdirSync(deps.cacheDir, { recursive: true });
  const cacheDir = realpathSync(deps.cacheDir);
  const { credentials = [], trustedKeys = {}, access, maxFetchBytes = 2 ** 30, fetchTimeoutMs = 300_000 } = deps;
  const env = gitEnvironment(cacheDir, deps.surroundings ?? {});
  const git = createGitRunner(env);
  const remotes = createRemotes({ git, cacheDir, credentials });
  const lists = createRefLists({ git, remotes, cwd: cacheDir, timeoutMs: deps.lookUpTimeoutMs ?? 60_000 });
  const mirrors = { cacheDir, git, remotes, mutex: new KeyedMutex(), fetchTimeoutMs, maxFetchBytes };

  async function inMirror<T>(
    repo: string,
    commit: string,
    signal: AbortSignal | undefined,
    read: (dir: string) => Promise<T>,
  ): Promise<T> {
    refuseCommit(commit);
    return new Mirror(mirrors, repo, commit).read(commit, read, signal);
  }

  async function asNodewave<T>(repo: string, work: () => Promise<T>, known: KnownRef = {}): Promise<T> {
    refuseRepo(repo, access);
    try {
      return await work();
    } catch (error) {
      throw toNodewaveError(error, repo, { ...known, secrets: secretsOf(repo, credentials) });
    }
  }

  const lookUpNow = (
    repo: string,
    ref: GitRef,
    signal?: AbortSignal,
    { maxAgeMs = 0, lastSeen }: LookOptions = {},
  ): Promise<LookedUp> => lookUp({ lists, repo, maxAgeMs, signal, lastSeen }, ref);

  const describe = (repo: string, commit: string, signal?: AbortSignal): Promise<ResolvedCommit> =>
    inMirror(repo, commit, signal, async (dir) => {
      const subject = await subjectOf(git, dir, commit, signal);
      if (subject !== undefined) return { commit, subject };
      const type = await typeOf(git, { dir, signal }, commit);
      const what = `${commit.slice(0, 8)} of ${repo} is a ${type} and no commit`;
      throw new NodewaveError('BadInput', `${what}; correct spec.source.ref`);
    });

  async function resolve(repo: string, ref: GitRef, signal?: AbortSignal, options?: LookOptions) {
    for (let attempt = 1; ; attempt++) {
      const { commit } = await lookUpNow(repo, ref, signal, options);
      try {
        const found = await describe(repo, commit, signal);
        const note = await noteOn(mirrors, repo, ref, { commit, lastSeen: options?.lastSeen }, signal);
        return note === undefined ? found : { ...found, note };
      } catch (error) {
        if (!isUnknownCommit(error)) throw error;
        if ('commit' in ref || attempt >= resolveAttempts) throw unknownCommit(repo, describeRef(ref));
      }
    }
  }

  return {
    lookUp: (repo, ref, signal, options) =>
      asNodewave(repo, () => lookUpNow(repo, ref, signal, options), { ref, lastSeen: options?.lastSeen }),
    resolve: (repo, ref, signal, options) =>
      asNodewave(repo, () => resolve(repo, ref, signal, options), { ref, lastSeen: options?.lastSeen }),
    describe: (repo, commit, signal) => asNodewave(repo, () => orUnknown(repo, commit, describe(repo, commit, signal))),
    readFiles: (repo, commit, path, { limits = defaultReadLimits, signal } = {}) =>
      asNodewave(repo, () => {
        const source = { commit, path: folderOf(path) };
        const files = inMirror(repo, commit, signal, (dir) => readTree(git, { dir, signal }, source, limits));
        return orUnknown(repo, commit, files);
      }),
    check: (repo, commit, checks, signal) =>
      asNodewave(repo, () => {
        const source = { commit, path: folderOf(checks.path) };
        const notes = inMirror(repo, commit, signal, async (dir) => [
          ...(await checkSignature({ git, env, cacheDir, trustedKeys }, { dir, signal }, commit, checks)),
          ...(await notInGit(git, { dir, signal }, source)),
        ]);
        return orUnknown(repo, commit, notes);
      }),
    list: (repo, commit, path, { recursive, signal }) =>
      asNodewave(repo, () => {
        const source = { commit, path: folderOf(path) };
        const listed = inMirror(repo, commit, signal, (dir) => listTree(git, { dir, signal }, source, { recursive }));
        return orUnknown(repo, commit, listed);
      }),
    read: (repo, commit, entries, { maxBytes, signal }) =>
      asNodewave(repo, () => {
        const blobs = inMirror(repo, commit, signal, (dir) => readBlobs(git, { dir, signal }, entries, maxBytes));
        return orUnknown(repo, commit, blobs);
      }),
  };
}

function folderOf(path: string): string {
  const read = repoPath(path);
  if ('problem' in read) throw new NodewaveError('BadInput', `spec.source.path ${read.problem}`);
  return read.path;
}

async function orUnknown<T>(repo: string, commit: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isUnknownCommit(error) ? unknownCommit(repo, `commit ${commit}`) : error;
  }
}

function unknownCommit(repo: string, what: string): NodewaveError {
  const cure = 'it may have been removed by a force-push; push it again, or correct spec.source.ref';
  return new NodewaveError('BadInput', `${what} does not exist in ${repo}; ${cure}`);
}

/** Checked again here: what reaches git's command line must not depend on who called. */
function refuseRepo(repo: string, access?: GitAccess): void {
  const problem = repoProblem(repo);
  if (problem !== undefined) throw new NodewaveError('BadInput', `spec.source.repo ${problem}`);
  const refused = access === undefined ? undefined : accessProblem(repo, access);
  if (refused !== undefined) throw new NodewaveError('Forbidden', `spec.source.repo ${repo} ${refused}`);
}

function refuseCommit(commit: string): void {
  if (!isFullCommit(commit))
    throw new NodewaveError('BadInput', 'a commit must be written with all of its 40 hex digits');
}
