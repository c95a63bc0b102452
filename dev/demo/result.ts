import type { SeenOutcome } from './outcome.ts';
import type { Version } from './setting.ts';
import type { Figures } from './statistics.ts';

/** What became of one version. */
export interface VersionResult extends Figures {
  version: Version;
  commit: string;
  outcome: SeenOutcome;
  /** Nodewave's words for why it failed; null when it did not. */
  cause: string | null;
  budget: number;
}

/** How things stood when the worker was dead. */
export interface Killed {
  /** A pod that Nodewave had deleted … */
  podDeleted: boolean;
  /** … and whether its successor was available by then. */
  successorAvailable: boolean;
}

/** Everything that the demo measured. A part that it did not get to is null. */
export interface DemoResult {
  versions: VersionResult[];
  killed: Killed | null;
  /** From the start of `git push` of version 2 to the first pod of version 1 seen deleted, milliseconds. */
  pushToFirstDeleteMs: number | null;
  /** How long the whole demo took. */
  seconds: number;
}

/** The line that `--json` prints last. */
export function resultJson({ versions, killed, pushToFirstDeleteMs, seconds }: DemoResult): string {
  return JSON.stringify({
    versions: versions.map((one) => ({
      version: one.version,
      outcome: one.outcome,
      cause: one.cause,
      batches: one.batches,
      nodesTouched: one.nodesTouched,
      mostNodesOut: one.mostNodesOut,
      budget: one.budget,
      longestGapMs: one.longestGapMs,
    })),
    killed: killed === null ? null : { podDeleted: killed.podDeleted, successorAvailable: killed.successorAvailable },
    pushToFirstDeleteMs,
    seconds: Math.round(seconds),
  });
}
