import semver from 'semver';
import { describeRef, type GitRef } from '../../domain/application/spec.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { maskCredentials } from '../../domain/mask-text.ts';
import type { GitRunner } from './run.ts';

/** Asks the server which commit the ref holds, without fetching anything. A commit holds itself. */
export async function lookUp(
  git: GitRunner,
  where: { repo: string; cwd: string; timeoutMs: number; signal?: AbortSignal },
  ref: GitRef,
): Promise<string> {
  if ('commit' in ref) return ref.commit;
  const list = async (patterns: string[]): Promise<Map<string, string>> => {
    const args = ['ls-remote', '--quiet', '--', where.repo, ...patterns];
    const output = await git.run(args, { cwd: where.cwd, timeoutMs: where.timeoutMs, signal: where.signal, maxBytes });
    return parseRefs(output.toString('utf8'));
  };
  if ('semver' in ref) return newestTag(await list(['refs/tags/*']), ref.semver, where.repo);
  const name = 'branch' in ref ? `refs/heads/${ref.branch}` : `refs/tags/${ref.tag}`;
  const refs = await list([name, `${name}^{}`]);
  const commit = refs.get(`${name}^{}`) ?? refs.get(name);
  if (commit !== undefined) return commit;
  const sentence = `${describeRef(ref)} does not exist in ${maskCredentials(where.repo)}`;
  throw new NodewaveError('BadInput', `${sentence}; push it, or correct spec.source.ref`);
}

/** Room for some 100,000 tags. */
const maxBytes = 16 * 1024 * 1024;

/** Ref names and what they point to. Patterns match the end of names, so others than asked for may be among them. */
function parseRefs(output: string): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [commit, name] = line.split('\t');
    if (commit !== undefined && name !== undefined) refs.set(name, commit);
  }
  return refs;
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
