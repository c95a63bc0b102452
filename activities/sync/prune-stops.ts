import type { InterlockPlace } from '../../domain/interlock.ts';
import type { RolloutWindow } from '../../domain/rollout/policy.ts';
import { windowAt } from '../../domain/windows.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { brakeSentence } from '../rollout/brake.ts';
import { InterlockStore } from '../rollout/interlock-store.ts';

/** Why nothing may be deleted now, and when to look again; null while it may. `pod`: within a batch that has begun. */
export type PruneStops = (before: 'batch' | 'pod') => Promise<{ sentence: string; restMs: number } | null>;

/** How old what is known of the brake may be, and how soon it is looked at again, milliseconds. */
const brake = { ageMs: 2_000, lookMs: 5_000 } as const;

/** Longest time between two looks at a closed window. */
const windowLookMs = 30_000;

/** What holds pruning: the brake of the cluster, and the windows of the application's policy. */
export function pruneStops(
  client: ClusterClient,
  windows: readonly RolloutWindow[],
  interlock?: InterlockPlace,
): PruneStops {
  const store = new InterlockStore(client, interlock);
  return async (before) => {
    const { paused } = await store.read(brake.ageMs);
    if (paused !== null) return { sentence: brakeSentence(paused), restMs: brake.lookMs };
    const nowMs = Date.now();
    const { open, overrun, sentence, changesAtMs } = windowAt(windows, nowMs);
    if (open || (before === 'pod' && overrun === 'finish')) return null;
    const restMs = Math.max(1_000, Math.min(windowLookMs, (changesAtMs ?? Number.POSITIVE_INFINITY) - nowMs));
    return { sentence, restMs };
  };
}
