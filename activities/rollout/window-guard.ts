import type { RolloutWindow } from '../../domain/rollout/policy.ts';
import { type WindowVerdict, windowAt } from '../../domain/windows.ts';
import type { RefillGuard } from './guards.ts';

/** Stops a batch once its window closes, unless the window lets a running batch finish (S16). */
export function windowGuard(windows: readonly RolloutWindow[], now: () => number = Date.now): RefillGuard {
  let known: { verdict: WindowVerdict; fromMs: number } | null = null;
  const verdictAt = (nowMs: number): WindowVerdict => {
    // Working out cron fields at every decision would cost more than the decision.
    const changed = known?.verdict.changesAtMs ?? Number.POSITIVE_INFINITY;
    if (known === null || nowMs >= changed || nowMs < known.fromMs) {
      known = { verdict: windowAt(windows, nowMs), fromMs: nowMs };
    }
    return known.verdict;
  };
  return {
    stops: async () => {
      const { open, overrun, sentence, changesAtMs } = verdictAt(now());
      return open || overrun === 'finish' ? null : { sentence, untilMs: changesAtMs };
    },
    admit: async (wanted) => wanted,
    release: async () => undefined,
    waitsFor: () => null,
  };
}
