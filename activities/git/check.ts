import type { VerifyMode } from '../../domain/application/verify.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { shownName } from './file-name.ts';
import { isLfsPointer, pointerBytes } from './lfs.ts';
import type { GitRunner } from './run.ts';
import { type SignatureDeps, signatureProblem } from './signature.ts';
import { listTree, modes, readBlobs, type TreeEntry } from './tree.ts';

/** What an application asks of the commits that it applies. */
export interface CommitChecks {
  path: string;
  /** Without it signatures are not looked at. */
  verify?: VerifyMode;
  /** Names of keys; without it all that the worker knows. */
  trustedKeys?: readonly string[];
}

const shown = 5;
/**
 * Throws BadInput when the commit may not be applied because of its signature; returns sentences about a signature that is
 * only to be warned of.
 */
export async function checkSignature(
  deps: SignatureDeps,
  { dir, signal }: { dir: string; signal?: AbortSignal },
  commit: string,
  { verify, trustedKeys }: CommitChecks,
): Promise<string[]> {
  if (verify === undefined) return [];
  const names = trustedKeys ?? Object.keys(deps.trustedKeys);
  const problem = await problemOf(deps, { dir, commit, names, signal }, verify);
  if (problem === undefined) return [];
  const sentence = `commit ${commit.slice(0, 8)} ${problem}`;
  if (verify === 'warn') return [`${sentence} (spec.source.verify: warn)`];
  const cure = `sign it with a trusted key (${names.join(', ') || 'the worker has none'})`;
  throw new NodewaveError(
    'BadInput',
    `${sentence}; spec.source.verify is require, so nothing of it is applied: ${cure}`,
  );
}

/** With `warn` also what keeps a signature from being checked is only a warning. */
async function problemOf(
  deps: SignatureDeps,
  question: Parameters<typeof signatureProblem>[1],
  verify: VerifyMode,
): Promise<string | undefined> {
  try {
    return await signatureProblem(deps, question);
  } catch (error) {
    if (verify === 'warn' && error instanceof NodewaveError) return `was not checked: ${error.message}`;
    throw error;
  }
}

/** Sentences about what lies below the path and is not in git itself: submodules and files of Git LFS. */
export async function notInGit(
  git: GitRunner,
  where: { dir: string; signal?: AbortSignal },
  source: { commit: string; path: string },
): Promise<string[]> {
  const entries = await listTree(git, where, source, { recursive: true });
  const submodules = entries.filter(({ mode }) => mode === modes.submodule);
  const pointers = await pointersAmong(git, where, entries);
  return [
    ...(submodules.length === 0 ? [] : [`submodules are not fetched: ${listed(source.path, submodules)}`]),
    ...(pointers.length === 0
      ? []
      : [`files of Git LFS are not fetched, only their pointers are there: ${listed(source.path, pointers)}`]),
  ];
}

async function pointersAmong(
  git: GitRunner,
  where: { dir: string; signal?: AbortSignal },
  entries: readonly TreeEntry[],
): Promise<TreeEntry[]> {
  const { least, most } = pointerBytes;
  const small = entries
    .filter(({ mode, bytes }) => mode.startsWith('100') && bytes >= least && bytes <= most)
    .slice(0, 5_000);
  const blobs = await readBlobs(git, where, small, small.length * most);
  return small.filter((_, index) => isLfsPointer(blobs[index] ?? Buffer.of()));
}

function listed(path: string, entries: readonly TreeEntry[]): string {
  const names = entries.slice(0, shown).map((entry) => shownName(path === '.' ? entry.path : `${path}/${entry.path}`));
  const more = entries.length > shown ? ` and ${entries.length - shown} more` : '';
  return `${names.join(', ')}${more}`;
}
