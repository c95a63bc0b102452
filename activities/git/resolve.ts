import semver from 'semver';
import { describeRef, type GitRef } from '../../domain/application/spec.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { maskCredentials } from '../../domain/mask-text.ts';
import { GitError } from './git-error.ts';
import type { AgedList, RefLists } from './ref-lists.ts';

/** Where a ref is looked up. */
export interface LookUp {
  lists: RefLists;
  repo: string;
  /** How old an answer may be that others got; 0 asks the server. */
  maxAgeMs: number;
  signal?: AbortSignal;
  /** The commit that the ref held when it was last seen, for sentences. */
  lastSeen?: string;
}

/** A commit and how old the server's word on it is. */
export interface LookedUp {
  commit: string;
  ageMs: number;
}

/** Asks which commit the ref holds, without fetching anything. A commit holds itself. */
export async function lookUp(where: LookUp, ref: GitRef): Promise<LookedUp> {
  if ('commit' in ref) return { commit: ref.commit, ageMs: 0 };
  const { refs, ageMs } = await listFor(where, ref);
  if ('semver' in ref) return { commit: newestTag(refs, ref.semver, where.repo), ageMs };
  const name = nameOf(ref);
  const commit = refs.get(`${name}^{}`) ?? refs.get(name);
  if (commit !== undefined) return { commit, ageMs };
  throw new NodewaveError('BadInput', missing(where, ref));
}

/** Everything there is, which all applications of the repository share; of a very large one only what is asked for. */
async function listFor({ lists, repo, maxAgeMs, signal }: LookUp, ref: GitRef): Promise<AgedList> {
  try {
    return await lists.all(repo, maxAgeMs, signal);
  } catch (error) {
    if (!(error instanceof GitError) || error.reason !== 'tooMuch' || 'semver' in ref || 'commit' in ref) throw error;
    const name = nameOf(ref);
    return { refs: await lists.some(repo, [name, `${name}^{}`], signal), ageMs: 0 };
  }
}

function nameOf(ref: Exclude<GitRef, { semver: string } | { commit: string }>): string {
  return 'branch' in ref ? `refs/heads/${ref.branch}` : `refs/tags/${ref.tag}`;
}

/** One that was there before has vanished, which is another thing than a name that was never right. */
function missing({ repo, lastSeen }: LookUp, ref: GitRef): string {
  const shown = maskCredentials(repo);
  if (lastSeen === undefined || lastSeen === '')
    return `${describeRef(ref)} does not exist in ${shown}; push it, or correct spec.source.ref`;
  const was = `it held ${lastSeen.slice(0, 8)} when it was last seen`;
  return `${describeRef(ref)} has vanished from ${shown}: ${was}; push it again, or correct spec.source.ref`;
}

/** The commit of the highest version in the range; tags may start with `v`. */
function newestTag(refs: ReadonlyMap<string, string>, range: string, repo: string): string {
  if (semver.validRange(range) === null) {
    throw new NodewaveError(
      'BadInput',
      `${JSON.stringify(range)} is not a range of versions; correct spec.source.ref.semver`,
    );
  }
  const versions = [...refs.keys()].flatMap((name) => {
    const tag = name.startsWith('refs/tags/') && !name.endsWith('^{}') ? name.slice('refs/tags/'.length) : '';
    const version = semver.parse(tag);
    return version !== null && semver.satisfies(version, range) ? [{ name, version }] : [];
  });
  // Build metadata decides between versions of equal rank, so that the choice never depends on the server's order.
  const newest = versions.sort((a, b) => semver.compareBuild(b.version, a.version))[0];
  const commit = newest && (refs.get(`${newest.name}^{}`) ?? refs.get(newest.name));
  if (commit !== undefined) return commit;
  const sentence = `no tag of ${maskCredentials(repo)} is a version in ${JSON.stringify(range)}`;
  throw new NodewaveError('BadInput', `${sentence}; push one such as v1.2.3, or correct spec.source.ref.semver`);
}
