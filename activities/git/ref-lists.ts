import { GitError } from './git-error.ts';
import type { Remotes } from './remote.ts';
import type { GitRunner } from './run.ts';

/** Branches and tags of a repository by full name, with what they point to; `NAME^{}` is the commit of an annotated tag. */
export type RefList = ReadonlyMap<string, string>;

/** A list and how old it is. */
export interface AgedList {
  refs: RefList;
  ageMs: number;
}

/** Asks servers for their refs, once for everybody who wants to know at the same time. */
export interface RefLists {
  /**
   * All branches and tags, not older than `maxAgeMs`; with 0 the server is asked after this call. Throws a GitError
   * `tooMuch` when there are too many to keep: `some` asks for single ones.
   */
  all(repo: string, maxAgeMs: number, signal?: AbortSignal): Promise<AgedList>;
  /** Those whose names end alike, asked for at once and not kept. */
  some(repo: string, patterns: readonly string[], signal?: AbortSignal): Promise<RefList>;
}

/** One question to a server and those who wait for its answer. */
interface Asking {
  answer: Promise<RefList>;
  waiting: number;
  stop: AbortController;
}

/** What is known of one repository. */
interface Entry {
  known?: { refs: RefList; atMs: number };
  running?: Asking;
  /** Starts when `running` has ended: whoever asks now must not get an answer from before. */
  next?: Asking;
}

/** Room for some 100,000 refs. */
const maxBytes = 16 * 1024 * 1024;
/** Lists that are kept; the longest unused one goes first. */
const maxEntries = 200;

/** Makes it; lists live in this process only. */
export function createRefLists(deps: {
  git: GitRunner;
  remotes: Remotes;
  cwd: string;
  timeoutMs: number;
  now?: () => number;
}): RefLists {
  const { git, remotes, cwd, timeoutMs, now = Date.now } = deps;
  const entries = new Map<string, Entry>();

  const ask = (repo: string, args: readonly string[], patterns: readonly string[], signal?: AbortSignal) =>
    remotes.reach(repo, signal, async ({ address, config, env }) => {
      const command = ['ls-remote', '--quiet', ...args, '--', address, ...patterns];
      return parseRefs(await git.run(command, { cwd, timeoutMs, signal, maxBytes, config, env }));
    });

  function entryOf(repo: string): Entry {
    const entry = entries.get(repo) ?? {};
    entries.delete(repo);
    entries.set(repo, entry);
    for (const [name, { running }] of entries) {
      if (entries.size <= maxEntries) break;
      if (running === undefined) entries.delete(name);
    }
    return entry;
  }

  function start(repo: string, entry: Entry, after: Promise<unknown>): Asking {
    const stop = new AbortController();
    const asking: Asking = { waiting: 0, stop, answer: Promise.resolve(new Map()) };
    asking.answer = after.then(async () => {
      entry.running = asking;
      if (entry.next === asking) delete entry.next;
      // As old as the question: the server may have looked as soon as it was asked.
      const atMs = now();
      try {
        const refs = await ask(repo, ['--heads', '--tags'], [], stop.signal);
        entry.known = { refs, atMs };
        return refs;
      } finally {
        if (entry.running === asking) delete entry.running;
      }
    });
    asking.answer.catch(() => undefined);
    return asking;
  }

  function join(repo: string, entry: Entry, maxAgeMs: number): Asking {
    const { running } = entry;
    if (running !== undefined && maxAgeMs > 0 && !running.stop.signal.aborted) return running;
    if (entry.next === undefined || entry.next.stop.signal.aborted) {
      const after = running === undefined ? Promise.resolve() : running.answer.catch(() => undefined);
      entry.next = start(repo, entry, after);
    }
    return entry.next;
  }

  return {
    some: (repo, patterns, signal) => ask(repo, [], patterns, signal),
    async all(repo, maxAgeMs, signal) {
      signal?.throwIfAborted();
      const entry = entryOf(repo);
      const ageMs = entry.known === undefined ? Number.POSITIVE_INFINITY : now() - entry.known.atMs;
      if (entry.known !== undefined && ageMs < maxAgeMs) return { refs: entry.known.refs, ageMs };
      return { refs: await waitFor(join(repo, entry, maxAgeMs), signal), ageMs: 0 };
    },
  };
}

/** Waits with the patience of one caller; the question itself ends when nobody waits for it any more. */
async function waitFor(asking: Asking, signal?: AbortSignal): Promise<RefList> {
  asking.waiting++;
  const gone = Promise.withResolvers<never>();
  const leave = (): void => gone.reject(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([asking.answer, gone.promise]);
  } finally {
    signal?.removeEventListener('abort', leave);
    asking.waiting--;
    if (asking.waiting === 0) asking.stop.abort(new GitError('failed', 'nobody waits for the answer any more'));
  }
}

function parseRefs(output: Buffer): RefList {
  const refs = new Map<string, string>();
  for (const line of output.toString('utf8').split('\n')) {
    const [commit, name] = line.split('\t');
    if (commit !== undefined && name !== undefined) refs.set(name, commit);
  }
  return refs;
}
