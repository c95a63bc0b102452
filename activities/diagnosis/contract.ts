import type { Explanation } from '../../domain/diagnosis/explanation.ts';
import type { DaemonSetRef } from '../../domain/ids.ts';
import type { Finding } from '../../domain/wire.ts';

/** What is to be explained. */
export interface DiagnosisQuestion {
  ref: DaemonSetRef;
  application: string;
  /** Hash of the template that is being judged; without it all pods that are not well are looked at. */
  toHash?: string;
  /** What made a gate red; empty or absent when a person asks, or when no pod came of it. */
  findings?: Finding[];
  /** What the API server answered to writes about this DaemonSet that it did not carry out. */
  refusals?: string[];
  /** The one pod that is asked about. */
  pod?: string;
  /** Events from before are not of this release; without it all that the API server still has. */
  sinceMs?: number;
  /** Time to read in, milliseconds; what could not be read by then is left out, and said. */
  withinMs: number;
}

/** Activities that say why; queue `nodewave-<cluster>`. They change nothing. */
export interface DiagnosisActivities {
  /**
   * Reads pods, logs, events and nodes, and says what is wrong. Answers under 16 KB, secrets masked. Fails with Conflict when the
   * application does not manage the DaemonSet, BadInput when it has no such pod, Infrastructure when pods cannot be listed.
   */
  diagnose(question: DiagnosisQuestion): Promise<Explanation>;
}
