import type { RefillGuard } from './guards.ts';
import type { InterlockStore } from './interlock-store.ts';

/** How old what is known of the brake may be before a pod is deleted, milliseconds. */
const brakeAgeMs = 2_000;

/**
 * The red button of a cluster: while the annotation is on the interlock's ConfigMap no rollout deletes a pod, rollbacks
 * included. It is in the cluster and not in Temporal, so that kubectl pulls it while everything else is down.
 */
export function brakeGuard(store: InterlockStore): RefillGuard {
  return {
    stops: async () => {
      const { paused } = await store.read(brakeAgeMs);
      return paused === null ? null : { sentence: brakeSentence(paused), untilMs: null };
    },
    admit: async (wanted) => wanted,
    release: async () => undefined,
    waitsFor: () => null,
  };
}

/** Who stopped all rollouts of a cluster, for people. */
export function brakeSentence(paused: string): string {
  const who = paused.trim();
  return `all rollouts of this cluster are paused${who === '' ? '' : ` by ${who}`}`;
}
