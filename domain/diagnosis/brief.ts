import { isPlainObject } from '../plain.ts';
import { shown } from './clean.ts';
import type { LocatedDiagnosis } from './explanation.ts';
import type { Blame, Confidence } from './types.ts';

/** What is left of a diagnosis once its rollout has ended. An application keeps twenty outcomes, so it is small: under 700 characters. */
export interface BriefDiagnosis {
  /** Stable word, e.g. `ImageMissing`; its row in docs/failures.md says more. */
  cause: string;
  /** What happened, in one sentence. */
  what: string;
  confidence: Confidence;
  blame: Blame;
  /** What to do next, imperative. */
  nextStep: string;
}

/** Most characters of each text. */
const most = { cause: 60, what: 300, nextStep: 300 } as const;

const confidences: readonly Confidence[] = ['high', 'medium', 'low'];
const blames: readonly Blame[] = ['release', 'node', 'unclear'];

/** The surest of what a rollout has found, which is its first; undefined where it found nothing. */
export function briefOf(diagnoses: readonly LocatedDiagnosis[] = []): BriefDiagnosis | undefined {
  return readBrief(diagnoses[0]) ?? undefined;
}

/**
 * Reads it from a signal or an answer, cut and masked; null for anything else. A signal cannot be refused, and whoever may send one
 * may write anything into it.
 */
export function readBrief(value: unknown): BriefDiagnosis | null {
  if (!isPlainObject(value)) return null;
  const { cause, what, nextStep } = value;
  const confidence = confidences.find((known) => known === value.confidence);
  const blame = blames.find((known) => known === value.blame) ?? 'unclear';
  if (typeof cause !== 'string' || typeof what !== 'string' || confidence === undefined) return null;
  return {
    cause: shown(cause, most.cause),
    what: shown(what, most.what),
    confidence,
    blame,
    nextStep: typeof nextStep === 'string' ? shown(nextStep, most.nextStep) : '',
  };
}
