import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who holds a lock file. */
interface Owner {
  pid: number;
  host: string;
  /** Of the process: after a restart of its container the same pid may be another. */
  instance: string;
  token: string;
}

const instance = randomUUID();

/** Times of a lock. */
export interface LockTimes {
  /** How often a holder shows that it lives. */
  refreshMs: number;
  /** A lock not refreshed for so long is taken over, whoever held it. */
  staleMs: number;
  /** How often a waiter looks. */
  pollMs: number;
}

const defaultTimes: LockTimes = { refreshMs: 5_000, staleMs: 60_000, pollMs: 50 };

/**
 * Runs `work` while this process alone holds the lock file. A lock whose holder died on this machine is taken over at
 * once, one of another machine when it was not refreshed for `staleMs`. The lock saves double work and tells leftovers
 * from files in use; git keeps its own repository whole even without it, as when a holder was frozen and comes back.
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  options: { signal?: AbortSignal; times?: LockTimes } = {},
): Promise<T> {
  const times = options.times ?? defaultTimes;
  const token = await acquire(file, times, options.signal);
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, times.refreshMs);
  try {
    return await work();
  } finally {
    clearInterval(refresh);
    // Someone who took this lock for dead has made it their own; theirs must stay.
    if ((await readOwner(file))?.token === token) await rm(file, { force: true });
  }
}

async function acquire(file: string, times: LockTimes, signal?: AbortSignal): Promise<string> {
  const token = randomUUID();
  const owner: Owner = { pid: process.pid, host: hostname(), instance, token };
  for (;;) {
    signal?.throwIfAborted();
    try {
      await writeFile(file, JSON.stringify(owner), { flag: 'wx' });
      return token;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    if (await isStale(file, times)) await takeAway(file, times);
    else await sleep(times.pollMs, undefined, { signal });
  }
}

/**
 * Removes a stale lock. Two waiters may have found it stale, and the second must not remove the lock that the first has
 * taken since: so the last look and the removal happen under a guard.
 */
async function takeAway(file: string, times: LockTimes): Promise<void> {
  const guard = `${file}.guard`;
  try {
    await mkdir(guard);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    if ((await ageMs(guard)) > times.staleMs) await rmdir(guard).catch(() => undefined);
    await sleep(times.pollMs);
    return;
  }
  try {
    if (await isStale(file, times)) await rm(file, { force: true });
  } finally {
    await rmdir(guard).catch(() => undefined);
  }
}

async function isStale(file: string, times: LockTimes): Promise<boolean> {
  const age = await ageMs(file);
  if (age > times.staleMs) return true;
  const owner = await readOwner(file);
  return owner !== undefined && owner.host === hostname() && !isAlive(owner);
}

/** Age of a file, 0 when it is gone. */
async function ageMs(file: string): Promise<number> {
  try {
    return Date.now() - (await stat(file)).mtimeMs;
  } catch {
    return 0;
  }
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    // Gone, or its holder has not written it yet.
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.pid === process.pid) return owner.instance === instance;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
