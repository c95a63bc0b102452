import type { LocatedDiagnosis } from '../../domain/diagnosis/explanation.ts';
import { type DaemonSetRef, daemonSetLabel } from '../../domain/ids.ts';
import { shortCommit } from '../../domain/markdown.ts';
import type { Outcome } from '../../domain/wire.ts';
import { diagnosisLines } from './diagnosis.ts';
import { indented, plain, sections } from './text.ts';

/** The answer of `nodewave explain`. */
export interface Explained {
  daemonset: DaemonSetRef;
  /** The pod that was asked about. */
  pod?: string;
  /** Whether it is what the newest rollout kept when its gate turned red, or what the cluster shows now. */
  from: 'rollout' | 'cluster';
  /** The newest rollout; null where there was none. */
  rollout: { commit: string; phase: string; outcome: Outcome | null } | null;
  sentence: string;
  diagnoses: LocatedDiagnosis[];
  changes: string[];
  gaps: string[];
}

/** The page of `nodewave explain`. */
export function explanationPage(one: Explained): string[] {
  return sections(
    [head(one), plain(one.sentence)],
    ...one.diagnoses.map(diagnosisLines),
    one.diagnoses.length > 0 ? [] : ['Nothing to explain.'],
    one.diagnoses.length === 0 || one.changes.length === 0
      ? []
      : ['This release changes', ...indented(one.changes.map(plain))],
    one.gaps.length === 0 ? [] : ['Could not be read', ...indented(one.gaps.map(plain))],
  );
}

function head({ daemonset, pod, from, rollout }: Explained): string {
  const what = `${daemonSetLabel(daemonset)} on cluster ${daemonset.cluster}`;
  if (pod !== undefined) return `Pod ${plain(pod)} of ${what}, as it is now`;
  if (from === 'rollout' && rollout !== null) {
    return `${what}: commit ${shortCommit(rollout.commit)} ended as ${rollout.outcome ?? rollout.phase}; seen when its gate turned red`;
  }
  return `${what}, as it is now${rollout === null ? '' : `; newest rollout: commit ${shortCommit(rollout.commit)}, ${rollout.phase}`}`;
}
