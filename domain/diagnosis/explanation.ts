import { utf8Length } from '../markdown.ts';
import type { Diagnosis } from './types.ts';

/** A diagnosis and where it was made. */
export interface LocatedDiagnosis extends Diagnosis {
  /** Empty where no pod was created. */
  pod: string;
  node: string;
}

/** What comes of looking at a DaemonSet or at one pod. */
export interface Explanation {
  /** What was looked at, and how many of it are not well. */
  sentence: string;
  /** Surest first, one per cause; empty when nothing is wrong. */
  diagnoses: LocatedDiagnosis[];
  /** What the release changes in the pod template, as `path: before -> after`, secrets masked. */
  changes: string[];
  /** What could not be read and why, e.g. a right that is missing. */
  gaps: string[];
}

/** What a rollout keeps of a diagnosis: its state is carried along for as long as it runs. */
export const keptDiagnoses = { count: 3, bytes: 4_000 } as const;

const sureness = { high: 0, medium: 1, low: 2 } as const;

/** One diagnosis per cause, the surest first. */
export function onePerCause(found: readonly LocatedDiagnosis[]): LocatedDiagnosis[] {
  const sorted = found.toSorted((a, b) => sureness[a.confidence] - sureness[b.confidence]);
  const causes = new Set<string>();
  return sorted.filter(({ cause }) => !causes.has(cause) && causes.add(cause));
}

/** The first of them, each within its share of what a rollout may keep. Evidence is given up before a diagnosis is. */
export function keepBest(found: readonly LocatedDiagnosis[]): LocatedDiagnosis[] {
  const kept: LocatedDiagnosis[] = [];
  const best = found.slice(0, keptDiagnoses.count);
  for (const [index, one] of best.entries()) {
    const room = (keptDiagnoses.bytes - utf8Length(JSON.stringify(kept))) / (best.length - index);
    const fitting = [one.evidence.length, 4, 3, 2, 1, 0]
      .map((lines) => ({ ...one, evidence: one.evidence.slice(0, lines) }))
      .find((shorter) => utf8Length(JSON.stringify(shorter)) < room - 1);
    if (fitting !== undefined) kept.push(fitting);
  }
  return kept;
}
