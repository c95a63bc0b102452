import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from './collection.ts';

/**
 * Age at which a view is read again. On a quiet cluster nothing but a bookmark a minute arrives: well below `maxGapMs`, or each
 * refresh would look like a gap in what was seen, and start the deadlines of the release anew for ever.
 */
const refreshAfterMs = 15_000;

const blindPollMs = 50;

/**
 * Waits until the watch of each collection is answered, and reads again what has been silent for 15 s, so that nothing is deleted
 * or judged on an old view. Comes back at once when `signal` aborts.
 */
export async function ensureFresh(
  collections: readonly Pick<Collection<unknown>, 'blind' | 'lastSignMs' | 'refresh'>[],
  signal: AbortSignal,
): Promise<void> {
  // An API server that was killed takes writes again seconds before it answers lists and watches: on what was seen before it
  // died the budget would be spent without those who went out meanwhile.
  while (collections.some(({ blind }) => blind) && !signal.aborted) await sleep(blindPollMs);
  const silent = collections.filter(({ lastSignMs }) => performance.now() - lastSignMs > refreshAfterMs);
  await Promise.all(silent.map((collection) => collection.refresh()));
}

/** Wakes whoever waits for the next change of several collections. */
export function wakeUp(): { onChange: () => void; changed: () => Promise<void> } {
  let wake: () => void = () => undefined;
  let next = Promise.resolve();
  const begin = (): void => {
    next = new Promise<void>((resolve) => {
      wake = resolve;
    });
  };
  begin();
  const onChange = (): void => {
    wake();
    begin();
  };
  return { onChange, changed: () => next };
}
