import { setTimeout as delay } from 'node:timers/promises';

/** Limits of a wait. */
export interface WaitOptions {
  /** Gives up after this long, milliseconds. */
  timeoutMs: number;
  /** Pause between two checks, milliseconds; 100 without it. */
  everyMs?: number;
  /** What is waited for, as it goes into the error: "timed out after 30 s waiting for WHAT". */
  what: string;
}

/**
 * Calls `check` until it returns something other than undefined or false, and returns that. A check that throws counts
 * as "not yet"; its last error is the cause of the timeout error.
 */
export async function waitFor<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const result = await check();
      if (result !== undefined && result !== false) return result;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) {
      const because = lastError instanceof Error ? `: ${lastError.message}` : '';
      throw new Error(
        `timed out after ${Math.round(options.timeoutMs / 1000)} s waiting for ${options.what}${because}`,
        {
          cause: lastError,
        },
      );
    }
    await delay(options.everyMs ?? 100);
  }
}
