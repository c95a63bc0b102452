import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { digest } from '../../domain/digest.ts';
import { GitError, isDamaged, isOldServer } from './git-error.ts';
import { withFileLock } from './lock.ts';
import type { KeyedMutex } from './mutex.ts';
import type { Remotes } from './remote.ts';
import type { GitRunner } from './run.ts';
import { sizeOf, withinSize } from './size-limit.ts';

/** What a mirror needs. */
export interface MirrorDeps {
  /** A real path, without symbolic links. */
  cacheDir: string;
  git: GitRunner;
  mutex: KeyedMutex;
  remotes: Remotes;
  fetchTimeoutMs: number;
  /** Most bytes that one fetch may add. */
  maxFetchBytes: number;
}

/**
 * A bare repository in the cache that holds the commits that were asked for, each without its history: one per address
 * and object format. It can be deleted at any time and is made again.
 */
export class Mirror {
  readonly dir: string;
  readonly #repo: string;
  readonly #format: 'sha1' | 'sha256';
  readonly #deps: MirrorDeps;

  /** `commit` is any full commit of the repository; its length tells the object format. */
  constructor(deps: MirrorDeps, repo: string, commit: string) {
    this.#deps = deps;
    this.#repo = repo;
    this.#format = commit.length === 64 ? 'sha256' : 'sha1';
    const name = createHash('sha256').update(`${this.#format} ${repo}`).digest('hex').slice(0, 24);
    this.dir = join(deps.cacheDir, `${name}.git`);
  }

  /** Whether the commit can be read without asking the server. */
  async has(commit: string, signal?: AbortSignal): Promise<boolean> {
    if (!(await exists(join(this.dir, 'HEAD')))) return false;
    const stdin = `${commit}^{tree}\n`;
    const options = { cwd: this.dir, timeoutMs: 30_000, stdin, signal };
    const answer = await this.#deps.git.run(['--git-dir=.', 'cat-file', '--batch-check'], options);
    return / tree \d+\n$/.test(answer.toString('utf8'));
  }

  /**
   * Runs `read` once the commit can be read, fetching it when it is not there: one fetch at a time, also between
   * processes. A mirror that is damaged, or locked by a git that a crash left behind, is replaced by a new one. Throws a
   * GitError; see `isUnknownCommit`.
   */
  async read<T>(commit: string, read: (dir: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      if (!(await this.has(commit, signal))) await this.#locked(() => this.#provide(commit, signal), signal);
      return await read(this.dir);
    } catch (error) {
      // What was received is of no use and must not fill the disk.
      if (error instanceof GitError && error.reason === 'tooLarge') await this.#locked(() => this.#setAside(), signal);
      if (!isDamaged(error)) throw error;
      await this.#locked(() => this.#renew(commit, signal), signal);
      return read(this.dir);
    }
  }

  #locked<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#deps.mutex.run(this.dir, async () => {
      await mkdir(this.#deps.cacheDir, { recursive: true });
      return withFileLock(`${this.dir}.lock`, work, { signal });
    });
  }

  async #provide(commit: string, signal?: AbortSignal): Promise<void> {
    await this.#create(signal);
    // What many fetches left behind counts for nothing: one commit alone is what has to fit.
    if ((await sizeOf(this.dir)) > 2 * this.#deps.maxFetchBytes) await this.#setAside();
    await this.#create(signal);
    // Whoever held the lock before may have fetched the same commit.
    if (!(await this.has(commit, signal))) await this.#fetch(commit, signal);
  }

  /** A git that still writes into the old one keeps its files until it ends; nobody else sees them any more. */
  async #renew(commit: string, signal?: AbortSignal): Promise<void> {
    await this.#setAside();
    await this.#provide(commit, signal);
  }

  async #setAside(): Promise<void> {
    if (await exists(this.dir)) {
      const aside = `${this.dir}.old-${randomUUID()}`;
      await rename(this.dir, aside);
      await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  /** Built beside and moved into place, so that a crash never leaves half a repository. */
  async #create(signal?: AbortSignal): Promise<void> {
    if (await exists(join(this.dir, 'HEAD'))) return;
    await this.#sweep();
    const draft = `${this.dir}.new-${randomUUID()}`;
    const init = ['init', '--quiet', '--bare', '--template=', `--object-format=${this.#format}`, '--', draft];
    await this.#deps.git.run(init, { cwd: this.#deps.cacheDir, timeoutMs: 30_000, signal });
    await rename(draft, this.dir);
  }

  /** Removes what a crash may have left of this mirror. */
  async #sweep(): Promise<void> {
    const { cacheDir } = this.#deps;
    const name = basename(this.dir);
    const left = (await readdir(cacheDir)).filter((entry) =>
      ['.new-', '.old-'].some((end) => entry.startsWith(name + end)),
    );
    for (const entry of [name, ...left]) {
      await rm(join(cacheDir, entry), { recursive: true, force: true });
    }
  }

  async #fetch(commit: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#fetchRefs(['--depth=1'], [`+${commit}:${this.#keep()}`], signal);
    } catch (error) {
      if (!isOldServer(error)) throw error;
      const all = ['heads', 'tags'].map((kind) => `+refs/${kind}/*:refs/remotes/all/${kind}/*`);
      await this.#fetchRefs(['--prune'], all, signal);
      if (!(await this.has(commit, signal))) throw new GitError('failed', `upload-pack: not our ref ${commit}`);
    }
  }

  async #fetchRefs(options: string[], refspecs: string[], signal?: AbortSignal): Promise<void> {
    const args = ['--git-dir=.', 'fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
    const { git, remotes, fetchTimeoutMs, maxFetchBytes } = this.#deps;
    await remotes.reach(this.#repo, signal, ({ address, config, env }) =>
      withinSize(this.dir, maxFetchBytes, signal, (within) =>
        git.run([...args, ...options, '--', address, ...refspecs], {
          cwd: this.dir,
          timeoutMs: fetchTimeoutMs,
          signal: within,
          config,
          env,
        }),
      ),
    );
  }

  /** The newest fetch of this address stays reachable, so that the next one transfers only what changed. */
  #keep(): string {
    return `refs/nodewave/${digest(this.#repo)}`;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
