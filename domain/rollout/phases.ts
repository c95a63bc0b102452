/** Phases of a rollout that are not its end. */
export const livePhases = [
  'planning',
  'installing',
  'awaitingApprovalBefore',
  'rolling',
  'waiting',
  'soaking',
  'awaitingApprovalAfter',
  'paused',
  'stopped',
  'holding',
  'rollingBack',
] as const;

/** Phases that end a rollout. */
export const endPhases = [
  'succeeded',
  'installed',
  'rolledBack',
  'rollbackFailed',
  'aborted',
  'superseded',
  'failed',
] as const;

/** A rollout that still runs. */
export type LivePhase = (typeof livePhases)[number];

/** A rollout that has ended. */
export type EndPhase = (typeof endPhases)[number];

/** Where a rollout stands. */
export type Phase = LivePhase | EndPhase;

/** Whether the rollout has ended. */
export function isEnd(phase: Phase): phase is EndPhase {
  return (endPhases as readonly string[]).includes(phase);
}
