import { setTimeout as delay } from 'node:timers/promises';
import { lastLines, type ManagedProcess } from './stack/process.ts';

/** Shortest and longest pause before a restart, milliseconds. */
const backOff = { firstMs: 1_000, longestMs: 30_000 };
/** A process that ran this long is taken for healthy: its next crash starts the back-off anew. */
const healthyMs = 60_000;

/** A process that is started again whenever it ends. */
export interface Supervised {
  /** Stops it for good. */
  stop(): Promise<void>;
}

/**
 * Starts a process again when it ends, with a pause that doubles from 1 s to 30 s. `first` runs already; `progress` is
 * told of each end and restart. A start that fails counts as an end.
 */
export function supervise(
  first: ManagedProcess,
  start: () => Promise<ManagedProcess>,
  progress: (line: string) => void,
): Supervised {
  const stopping = new AbortController();
  let current: ManagedProcess | undefined = first;

  async function again(pauseMs: number): Promise<void> {
    await delay(pauseMs, undefined, { signal: stopping.signal });
    try {
      current = await start();
      progress(`${first.name}: started again, pid ${current.identity.pid}`);
    } catch (error) {
      current = undefined;
      progress(`${first.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async function loop(): Promise<void> {
    let pauseMs = backOff.firstMs;
    while (!stopping.signal.aborted) {
      const sinceMs = Date.now();
      const end = await current?.ended;
      if (stopping.signal.aborted) return;
      if (Date.now() - sinceMs > healthyMs) pauseMs = backOff.firstMs;
      const how = end === undefined ? 'did not start' : `ended with ${end.signal ?? `exit code ${end.code}`}`;
      progress(`${first.name}: ${how}; starting it again in ${pauseMs / 1000} s. Its log (${first.logFile}) ends:`);
      for (const line of lastLines(first.logFile, 3).split('\n')) progress(`  ${line.slice(0, 200)}`);
      await again(pauseMs);
      pauseMs = Math.min(pauseMs * 2, backOff.longestMs);
    }
  }

  const looping = loop().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await looping;
    },
  };
}
