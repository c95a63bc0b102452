import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { onExit } from '../stack/exit-guard.ts';
import { identify, isRunning, type ProcessIdentity } from '../stack/identity.ts';
import { waitFor } from '../stack/wait.ts';

function holderOf(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function tryTake(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify(identify(process.pid)), { flag: 'wx' });
    return true;
  } catch {
    const holder = holderOf(file);
    // Two waiters may both see a dead holder and both take over: then a tool is built twice, and the second rename
    // loses. That is slow, never wrong, so it is not worth a second lock.
    if (holder !== undefined && !isRunning(holder)) rmSync(file, { force: true });
    return false;
  }
}

/**
 * Runs `work` while no other process holds the lock file. A lock whose process has died is taken over. `onWait` is
 * called once with the holder's pid when there is someone to wait for.
 */
export async function withLock<T>(file: string, onWait: (pid: number) => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  await waitFor(
    () => {
      if (tryTake(file)) return true;
      const holder = holderOf(file);
      if (!told && holder !== undefined) {
        told = true;
        onWait(holder.pid);
      }
      return false;
    },
    { timeoutMs: 30 * 60_000, everyMs: 250, what: `the lock ${file}; remove it if no other build runs` },
  );
  const release = () => rmSync(file, { force: true });
  const forget = onExit(release);
  try {
    return await work();
  } finally {
    forget();
    release();
  }
}
