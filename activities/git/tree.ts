import { NodewaveError } from '../../domain/failures.ts';
import type { ManifestFile } from '../../domain/manifest/parse.ts';
import { parseBatch } from './cat-file.ts';
import { shownName } from './file-name.ts';
import { isLfsPointer } from './lfs.ts';
import type { GitRunner } from './run.ts';

/** Bounds on what one path may hold. */
export interface ReadLimits {
  /** Manifest files. */
  maxFiles: number;
  /** Bytes of all of them together. */
  maxBytes: number;
}

/** Bounds that a folder of manifests does not meet by accident. */
export const defaultReadLimits: ReadLimits = { maxFiles: 1_000, maxBytes: 5_000_000 };

/** One file as a tree lists it; `path` is relative to the tree that was listed. */
export interface TreeEntry {
  /** 100644, 100755 for programs, or one of `modes`. */
  mode: string;
  object: string;
  /** 0 for a submodule, and for a folder where folders are listed. */
  bytes: number;
  path: string;
}

/** Modes in a git tree of what is no file. */
export const modes = { symlink: '120000', submodule: '160000', folder: '040000' } as const;

/**
 * Reads the manifests under `path` straight from the commit's tree, no file being checked out: `.yaml`, `.yml` and
 * `.json`, in all folders whose name does not start with a dot. Throws BadInput for a path that is not a folder of the
 * commit, a manifest that is a symbolic link or not UTF-8, and too many files or bytes.
 */
export async function readTree(
  git: GitRunner,
  where: { dir: string; signal?: AbortSignal },
  source: { commit: string; path: string },
  limits: ReadLimits,
): Promise<ManifestFile[]> {
  const { commit, path } = source;
  const short = commit.slice(0, 8);
  const root = path === '.' ? '' : path;
  const listed = await listTree(git, where, source, { recursive: true });
  const entries = listed.filter((entry) => entry.mode !== modes.submodule && isManifest(entry.path));
  const inRepo = (entry: TreeEntry): string => (root === '' ? entry.path : `${root}/${entry.path}`);
  const link = entries.find((entry) => entry.mode === modes.symlink);
  if (link !== undefined) {
    const cure = 'replace it by the file itself';
    throw new NodewaveError(
      'BadInput',
      `${shownName(inRepo(link))} is a symbolic link, which is not followed; ${cure}`,
    );
  }
  refuseTooMuch(entries, source.path, short, limits);
  if (entries.length === 0) return [];

  const blobs = await readBlobs(git, where, entries, limits.maxBytes);
  refusePointers(
    entries.filter((_, index) => isLfsPointer(blobs[index] ?? Buffer.of())).map((entry) => shownName(inRepo(entry))),
  );
  return entries.map((entry, index) => ({
    path: inRepo(entry),
    text: decodeText(blobs[index] ?? Buffer.of(), inRepo(entry)),
  }));
}

/**
 * Lists the folder `path` of a commit, `.` for its root: with all that is below it, or with its own entries alone,
 * folders among them. Throws BadInput when the commit has no such folder.
 */
export async function listTree(
  git: GitRunner,
  where: { dir: string; signal?: AbortSignal },
  { commit, path }: { commit: string; path: string },
  { recursive }: { recursive: boolean },
): Promise<TreeEntry[]> {
  const short = commit.slice(0, 8);
  const question = `${commit}:${path === '.' ? '' : path}\n`;
  const answer = await runIn(git, where, ['cat-file', '--batch-check'], 4_096, question);
  const [found] = parseBatch(answer, false);
  if (found === undefined && (await isSubmodule(git, where, commit, path))) {
    const sentence = `path ${path} is a submodule at commit ${short}; spec.source.path must be a folder`;
    throw new NodewaveError('BadInput', sentence);
  }
  if (found === undefined) {
    const cure = 'correct spec.source.path, or add the folder';
    throw new NodewaveError('BadInput', `path ${path} does not exist at commit ${short}; ${cure}`);
  }
  if (found.type !== 'tree') {
    const what = found.type === 'commit' ? 'a submodule' : 'a file or symbolic link';
    throw new NodewaveError(
      'BadInput',
      `path ${path} is ${what} at commit ${short}; spec.source.path must be a folder`,
    );
  }
  const args = ['ls-tree', ...(recursive ? ['-r'] : []), '-z', '-l', found.object];
  const entries = parseTree(await runIn(git, where, args, 64 * 1024 * 1024));
  refuseNames(entries, short);
  return entries;
}

/** Whether a submodule stands at the path, whose commit git does not have. */
async function isSubmodule(
  git: GitRunner,
  where: { dir: string; signal?: AbortSignal },
  commit: string,
  path: string,
): Promise<boolean> {
  if (path === '.') return false;
  const listed = await runIn(git, where, ['ls-tree', '-z', '-l', '--end-of-options', commit, path], 4_096);
  return parseTree(listed).some(({ mode }) => mode === modes.submodule);
}

/** The type of an object, such as `commit` or `blob`; `missing` when it is not there. */
export async function typeOf(
  git: GitRunner,
  where: { dir: string; signal?: AbortSignal },
  object: string,
): Promise<string> {
  const [found] = parseBatch(await runIn(git, where, ['cat-file', '--batch-check'], 4_096, `${object}\n`), false);
  return found?.type ?? 'missing';
}

/** Contents of files that `listTree` has listed, in their order; `maxBytes` is the most of all of them together. */
export async function readBlobs(
  git: GitRunner,
  where: { dir: string; signal?: AbortSignal },
  entries: readonly Pick<TreeEntry, 'object' | 'path'>[],
  maxBytes: number,
): Promise<Buffer[]> {
  if (entries.length === 0) return [];
  const stdin = entries.map((entry) => `${entry.object}\n`).join('');
  const answer = await runIn(git, where, ['cat-file', '--batch'], maxBytes + 200 * entries.length, stdin);
  const blobs = parseBatch(answer, true);
  return entries.map((entry, index) => {
    const blob = blobs[index];
    if (blob?.object !== entry.object) throw new NodewaveError('Defect', `git did not return ${entry.path}`);
    return blob.content;
  });
}

function runIn(
  git: GitRunner,
  where: { dir: string; signal?: AbortSignal },
  args: readonly string[],
  maxBytes: number,
  stdin?: string,
): Promise<Buffer> {
  const options = { cwd: where.dir, timeoutMs: 60_000, signal: where.signal, maxBytes, stdin };
  return git.run(['--git-dir=.', ...args], options);
}

/** git itself never makes such names; whoever copies the tree must not be led out of it, or into git's own folder. */
function refuseNames(entries: readonly TreeEntry[], short: string): void {
  const bad = entries.find((entry) =>
    entry.path.split('/').some((step) => step === '' || step === '.' || step === '..' || /^\.git$/i.test(step)),
  );
  if (bad === undefined) return;
  const what = `commit ${short} holds an entry with the name ${shownName(bad.path)}, which no file may have`;
  throw new NodewaveError('BadInput', `${what}; the commit was not made by git, so do not trust where it came from`);
}

function refusePointers(files: readonly string[]): void {
  if (files.length === 0) return;
  const what = files.length === 1 ? 'is a pointer of Git LFS' : 'are pointers of Git LFS';
  const names = files.length > 5 ? `${files.slice(0, 5).join(', ')} and ${files.length - 5} more` : files.join(', ');
  const cure = 'commit them to git itself, with "git lfs untrack"';
  throw new NodewaveError('BadInput', `${names} ${what}, whose files are not fetched; ${cure}`);
}

function refuseTooMuch(entries: readonly TreeEntry[], path: string, short: string, limits: ReadLimits): void {
  const cure = 'point spec.source.path at a smaller folder';
  if (entries.length > limits.maxFiles) {
    const count = `${entries.length} manifest files, more than ${limits.maxFiles}`;
    throw new NodewaveError('BadInput', `path ${path} holds ${count}, at commit ${short}; ${cure}`);
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > limits.maxBytes) {
    const size = `${bytes} bytes of manifests, more than ${limits.maxBytes}`;
    throw new NodewaveError('BadInput', `path ${path} holds ${size}, at commit ${short}; ${cure}`);
  }
}

/** Reads the records of `ls-tree -z -l`: `MODE TYPE OBJECT SIZE<TAB>PATH`. */
function parseTree(listed: Buffer): TreeEntry[] {
  return listed
    .toString('utf8')
    .split('\0')
    .flatMap((record) => {
      const match = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t(.+)$/s.exec(record);
      if (match === null) return [];
      const [, mode = '', object = '', size = '', path = ''] = match;
      return [{ mode, object, bytes: size === '-' ? 0 : Number(size), path }];
    });
}

/** Hidden files and folders hold the configuration of other tools. */
function isManifest(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path) && !path.split('/').some((step) => step.startsWith('.'));
}

/** The text of a file. Throws BadInput that names it when it is not UTF-8. */
export function decodeText(content: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new NodewaveError('BadInput', `${shownName(path)} is not UTF-8 text; save it as UTF-8`);
  }
}
