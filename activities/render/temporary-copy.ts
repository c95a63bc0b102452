import { mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodewaveError } from '../../domain/failures.ts';

/** A file of the copy; `path` is relative to the root of the repository. */
export interface CopiedFile {
  path: string;
  content: Uint8Array | string;
}

const prefix = 'nodewave-render-';

/** Far longer than any run may take. */
const abandonedAfterMs = 15 * 60_000;

let swept: Promise<void> | undefined;

/** The copy of a tree. */
export interface Copy {
  /** The temporary folder. */
  dir: string;
  /** In it, the files at their paths. */
  tree: string;
  /** Writes one more file into `dir`, beside the tree, and returns its absolute path. */
  write(name: string, content: string): Promise<string>;
}

/**
 * Writes the files into a new folder `tree` in a new temporary folder, hands over both, and removes them whatever happens.
 * Only plain files are ever written, so that nothing in the copy leads out of it.
 */
export async function withCopy<T>(files: readonly CopiedFile[], use: (copy: Copy) => Promise<T>): Promise<T> {
  swept ??= sweep();
  await swept;
  const dir = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  try {
    const tree = join(dir, 'tree');
    await mkdir(tree, { mode: 0o700 });
    for (const { path, content } of files) {
      refuseName(path);
      const file = join(tree, path);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, content, { flag: 'wx', mode: 0o600 });
    }
    const write: Copy['write'] = async (name, content) => {
      await writeFile(join(dir, name), content, { flag: 'wx', mode: 0o600 });
      return join(dir, name);
    };
    return await use({ dir, tree, write });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** git itself writes no such names, and hands on what a hostile server makes of them. */
function refuseName(path: string): void {
  const steps = path.split('/');
  if (!steps.some((step) => step === '' || step === '.' || step === '..') && !/[\p{Cc}\\]/u.test(path)) return;
  const cure = 'rename it in the repository';
  throw new NodewaveError('BadInput', `${JSON.stringify(path)} is not a usable name of a file; ${cure}`);
}

/** Removes what a worker that was killed left behind. */
async function sweep(): Promise<void> {
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of left) {
    const dir = join(tmpdir(), name);
    const ageMs = Date.now() - (await stat(dir).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (ageMs > abandonedAfterMs) await rm(dir, { recursive: true, force: true }).catch(() => undefined);
  }
}
