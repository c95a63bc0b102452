import type { SyncOutcome } from '../wire.ts';

/** From best to worst; a sync is as good as its worst DaemonSet. */
export const severity: readonly SyncOutcome['outcome'][] = [
  'unchanged',
  'configured',
  'adopted',
  'installed',
  'succeeded',
  'superseded',
  'held',
  'aborted',
  'rolledBack',
  'invalid',
  'failed',
  'rollbackFailed',
];

/** Outcomes after which the commit's templates have passed everything. */
export const goodOutcomes: readonly SyncOutcome['outcome'][] = [
  'unchanged',
  'configured',
  'adopted',
  'installed',
  'succeeded',
];
