import type { KeptSoak } from '../../domain/rollout/soak-clock.ts';

/**
 * The soak's clock in the heartbeat of an attempt whose worker died; null where there is none. It may be of another version, and
 * then the soak begins anew rather than with a clock that was misread.
 */
export function readKeptSoak(heartbeatDetails: unknown): KeptSoak | null {
  if (typeof heartbeatDetails !== 'object' || heartbeatDetails === null) return null;
  const { soak } = heartbeatDetails as { soak?: Partial<KeptSoak> };
  return typeof soak?.untilMs === 'number' && Array.isArray(soak.pods) ? (soak as KeptSoak) : null;
}
