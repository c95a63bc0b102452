import { readBrief } from '../diagnosis/brief.ts';
import type { Outcome, RolloutFinished } from '../wire.ts';

const outcomes: readonly Outcome[] = [
  'adopted',
  'installed',
  'succeeded',
  'rolledBack',
  'rollbackFailed',
  'aborted',
  'superseded',
  'failed',
];

/**
 * Reads how a rollout ended from a signal or an answer; null for anything else. A signal cannot be refused, and reading a
 * field that is not there would stop the workflow for ever.
 */
export function readFinished(value: unknown): RolloutFinished | null {
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Partial<Record<keyof RolloutFinished, unknown>>;
  const outcome = outcomes.find((known) => known === fields.outcome);
  if (!outcome || typeof fields.rollout !== 'number') return null;
  if (typeof fields.namespace !== 'string' || typeof fields.daemonset !== 'string') return null;
  const diagnosis = readBrief(fields.diagnosis);
  return {
    namespace: fields.namespace,
    daemonset: fields.daemonset,
    rollout: fields.rollout,
    outcome,
    commit: typeof fields.commit === 'string' ? fields.commit : '',
    cause: typeof fields.cause === 'string' ? fields.cause : null,
    ...(diagnosis === null ? {} : { diagnosis }),
    templateDigest: typeof fields.templateDigest === 'string' ? fields.templateDigest : '',
  };
}
