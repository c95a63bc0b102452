import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from './git-error.ts';

/** How often a running fetch is measured. */
const lookMs = 250;

/** Bytes of all files below the folder; 0 when it is not there. */
export async function sizeOf(dir: string): Promise<number> {
  try {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true });
    const sizes = entries.map(async (entry) => {
      if (!entry.isFile()) return 0;
      // git moves and removes its temporary files while they are counted.
      return await stat(join(entry.parentPath, entry.name)).then(
        (found) => found.size,
        () => 0,
      );
    });
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  } catch {
    return 0;
  }
}

/**
 * Runs a fetch into `dir` and ends it when the folder has grown by more than `maxBytes`: no git server says beforehand how
 * much it will send. Throws a GitError `tooLarge` then, otherwise what `fetch` throws.
 */
export async function withinSize<T>(
  dir: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
  fetch: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const before = await sizeOf(dir);
  const stop = new AbortController();
  const tooLarge = new GitError('tooLarge', `${Math.round(maxBytes / 2 ** 20)} MiB`);
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    if ((await sizeOf(dir)) - before > maxBytes) stop.abort(tooLarge);
    looking = false;
  };
  const timer = setInterval(() => void look(), lookMs);
  try {
    const done = await fetch(signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]));
    // A fast server sends everything between two looks.
    await look();
    if (!stop.signal.aborted) return done;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearInterval(timer);
  }
  throw tooLarge;
}
