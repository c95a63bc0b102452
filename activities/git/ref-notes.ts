import { describeRef, type GitRef } from '../../domain/application/spec.ts';
import { wasRewound } from './history.ts';
import type { MirrorDeps } from './mirror.ts';

/**
 * A sentence when a ref did not simply go on since it was last seen: a branch was rewound, a tag was moved, the repository
 * has another address. A range of versions goes on by itself, and a commit never moves.
 */
export async function noteOn(
  deps: MirrorDeps,
  repo: string,
  ref: GitRef,
  seen: { commit: string; lastSeen?: string },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { commit, lastSeen } = seen;
  const notes: string[] = [];
  const movedTo = deps.remotes.movedTo(repo);
  if (movedTo !== undefined) notes.push(`the repository ${repo} has moved to ${movedTo}; set spec.source.repo to it`);
  if (lastSeen !== undefined && lastSeen !== '' && lastSeen !== commit) {
    const was = lastSeen.slice(0, 8);
    const is = commit.slice(0, 8);
    if ('tag' in ref) {
      notes.push(`${describeRef(ref)} was moved: it held ${was} when it was last seen, and holds ${is} now`);
    } else if ('branch' in ref && (await wasRewound(deps, repo, { before: lastSeen, commit }, signal)) === true) {
      const what = `${was}, which it held when it was last seen, is no ancestor of ${is}, which it holds now`;
      notes.push(`${describeRef(ref)} was rewound or replaced by a force-push: ${what}`);
    }
  }
  return notes.length === 0 ? undefined : notes.join('; ');
}
