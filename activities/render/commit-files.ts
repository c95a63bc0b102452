import { NodewaveError } from '../../domain/failures.ts';
import type { GitStore } from '../git/store.ts';
import { decodeText, modes, type TreeEntry } from '../git/tree.ts';
import type { CopiedFile } from './temporary-copy.ts';

/** Most that is copied for one rendering. */
const mostFiles = 2_000;
const mostBytes = 20_000_000;

/** Where files are read from. */
export interface CommitSource {
  git: GitStore;
  repo: string;
  commit: string;
  signal?: AbortSignal;
}

/** What stands at a path of a commit. */
export type AtPath = 'file' | 'folder' | 'symlink' | 'submodule' | 'nothing';

/** All paths of one commit, and the content of those that are asked for. Paths are relative to the repository's root. */
export class CommitFiles {
  readonly #source: CommitSource;
  readonly #entries: Map<string, TreeEntry>;
  readonly #folders: Set<string>;
  readonly #read = new Map<string, Buffer>();

  private constructor(source: CommitSource, entries: readonly TreeEntry[]) {
    this.#source = source;
    this.#entries = new Map(entries.map((entry) => [entry.path, entry]));
    this.#folders = new Set(entries.flatMap(({ path }) => parents(path)));
  }

  /** Lists the commit; reads no file. */
  static async open(source: CommitSource): Promise<CommitFiles> {
    const { git, repo, commit, signal } = source;
    return new CommitFiles(source, await git.list(repo, commit, '.', { recursive: true, signal }));
  }

  /** What stands there; of a path below a link or submodule, that link or submodule. */
  at(path: string): AtPath {
    if (path === '.' || this.#folders.has(path)) return 'folder';
    for (const step of [path, ...parents(path)]) {
      const mode = this.#entries.get(step)?.mode;
      if (mode === modes.symlink) return 'symlink';
      if (mode === modes.submodule) return 'submodule';
    }
    return this.#entries.has(path) ? 'file' : 'nothing';
  }

  /** Everything below a folder but submodules: files, and links, which are not followed. */
  under(folder: string): { path: string; symlink: boolean }[] {
    const prefix = folder === '.' ? '' : `${folder}/`;
    return [...this.#entries.values()]
      .filter((entry) => entry.path.startsWith(prefix) && entry.mode !== modes.submodule)
      .map(({ path, mode }) => ({ path, symlink: mode === modes.symlink }));
  }

  /** The text of a file. Throws BadInput when it is not UTF-8. */
  async text(path: string): Promise<string> {
    const [file] = await this.read([path]);
    return decodeText(Buffer.from(file?.content ?? ''), path);
  }

  /** The files at these paths. Throws BadInput when they are too many or too large together. */
  async read(paths: readonly string[]): Promise<CopiedFile[]> {
    const entries = paths.map((path) => {
      const entry = this.#entries.get(path);
      if (entry === undefined) throw new NodewaveError('Defect', `${path} is not in the commit`);
      return entry;
    });
    refuseTooMuch(entries);
    const missing = entries.filter(({ path }) => !this.#read.has(path));
    const { git, repo, commit, signal } = this.#source;
    const blobs = await git.read(repo, commit, missing, { maxBytes: mostBytes, signal });
    missing.forEach(({ path }, index) => {
      this.#read.set(path, blobs[index] ?? Buffer.of());
    });
    return paths.map((path) => ({ path, content: this.#read.get(path) ?? Buffer.of() }));
  }
}

function refuseTooMuch(entries: readonly TreeEntry[]): void {
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (entries.length <= mostFiles && bytes <= mostBytes) return;
  const much = `${entries.length} files of ${bytes} bytes`;
  const cure = 'keep what is not rendered in another folder';
  throw new NodewaveError('BadInput', `is ${much}, more than ${mostFiles} files or ${mostBytes} bytes; ${cure}`);
}

/** `a/b` and `a` of `a/b/c`. */
function parents(path: string): string[] {
  const found: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) found.push(path.slice(0, end));
  return found;
}
