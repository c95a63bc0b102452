import { NodewaveError } from '../../domain/failures.ts';
import type { ManifestFile } from '../../domain/manifest/parse.ts';
import { parseBatch } from './cat-file.ts';
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

/** One file as the tree lists it. */
interface Entry {
  mode: string;
  object: string;
  bytes: number;
  path: string;
}

/** Modes in a git tree. */
const symlink = '120000';
const submodule = '160000';

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
  const run = (args: string[], maxBytes: number, stdin?: string): Promise<Buffer> =>
    git.run(['--git-dir=.', ...args], { cwd: where.dir, timeoutMs: 60_000, signal: where.signal, maxBytes, stdin });
  const short = source.commit.slice(0, 8);
  const root = source.path === '.' ? '' : source.path;

  const [found] = parseBatch(await run(['cat-file', '--batch-check'], 4_096, `${source.commit}:${root}\n`), false);
  if (found === undefined) {
    const cure = 'correct spec.source.path, or add the folder';
    throw new NodewaveError('BadInput', `path ${source.path} does not exist at commit ${short}; ${cure}`);
  }
  if (found.type !== 'tree') {
    const what = found.type === 'commit' ? 'a submodule' : 'a file or symbolic link';
    throw new NodewaveError(
      'BadInput',
      `path ${source.path} is ${what} at commit ${short}; spec.source.path must be a folder`,
    );
  }

  const listed = await run(['ls-tree', '-r', '-z', '-l', found.object], 64 * 1024 * 1024);
  const entries = parseTree(listed).filter((entry) => entry.mode !== submodule && isManifest(entry.path));
  const inRepo = (entry: Entry): string => (root === '' ? entry.path : `${root}/${entry.path}`);
  const link = entries.find((entry) => entry.mode === symlink);
  if (link !== undefined) {
    const cure = 'replace it by the file itself';
    throw new NodewaveError('BadInput', `${inRepo(link)} is a symbolic link, which is not followed; ${cure}`);
  }
  refuseTooMuch(entries, source.path, short, limits);
  if (entries.length === 0) return [];

  const stdin = entries.map((entry) => `${entry.object}\n`).join('');
  const blobs = parseBatch(await run(['cat-file', '--batch'], limits.maxBytes + 200 * entries.length, stdin), true);
  return entries.map((entry, index) => {
    const blob = blobs[index];
    if (blob?.object !== entry.object) throw new NodewaveError('Defect', `git did not return ${inRepo(entry)}`);
    return { path: inRepo(entry), text: decode(blob.content, inRepo(entry)) };
  });
}

function refuseTooMuch(entries: readonly Entry[], path: string, short: string, limits: ReadLimits): void {
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
function parseTree(listed: Buffer): Entry[] {
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

function decode(content: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new NodewaveError('BadInput', `${path} is not UTF-8 text; save it as UTF-8`);
  }
}
