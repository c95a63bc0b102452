import type { ApplicationSpec } from '../application/spec.ts';
import type { DaemonSetRef } from '../ids.ts';
import type { DaemonSetSync } from '../sync.ts';
import type { RolloutPolicy } from './policy.ts';

/** Argument of the rollout workflow. Plain JSON; recorded histories freeze it: only add optional fields. */
export interface RolloutInput {
  v: 1;
  application: string;
  ref: DaemonSetRef;
  /** `revert` goes to the good revision before the newest, whatever git says. */
  mode: 'install' | 'update' | 'revert';
  spec: ApplicationSpec;
  sync: DaemonSetSync;
  /** With `revert`: the commit that is left. */
  commit: string;
  subject: string;
  renderedDigest: string;
  /** Start of the rollout in milliseconds, so that a later rollout of the same DaemonSet always wins. */
  rollout: number;
  /** Who caused it: `git`, or the person who sent the message. */
  by: string;
  /** Why a person wants it, with `revert`. */
  reason?: string;
  /** Who wanted it without soaks and windows, and why; `sync.policy` has none then. */
  expedite?: { by: string; reason: string };
  /** The commit to which the application's other objects return when this is rolled back; absent where that is decided later. */
  returnTo?: string;
  /** Nodes that missed an earlier rollout of the same template: bringing them up to date is all that it is for. */
  catchUp?: string[];
  /** The workflow's own state, after continue-as-new. */
  state?: unknown;
}

/** How this DaemonSet is rolled out: its own policy, else the application's. */
export function policyOf({ sync, spec }: RolloutInput): RolloutPolicy {
  return sync.policy ?? spec.rollout;
}

/** Whether any window could hold this rollout, be it open or closed now. */
export function hasWindows(input: RolloutInput): boolean {
  return (policyOf(input).windows ?? []).length > 0;
}

/** What is special about this rollout, as sentences of its plan. */
export function specialNotes({ expedite, catchUp }: RolloutInput): string[] {
  const notes: string[] = [];
  if (expedite) {
    notes.push(
      `Expedited by ${expedite.by}: ${expedite.reason}. Soaks and windows are skipped, gates and approvals stay.`,
    );
  }
  if (catchUp) {
    notes.push(
      `Catches up nodes that missed an earlier rollout: ${catchUp.join(', ')}. No soak, no approval; a failure waits for a person.`,
    );
  }
  return notes;
}

/**
 * Memo of a rollout workflow: what an application needs to find a rollout that it started and no longer knows, and to tell
 * it from another application's.
 */
export interface RolloutMemo {
  application: string;
  rollout: number;
  mode: RolloutInput['mode'];
  commit: string;
  subject: string;
  templateDigest: string;
  quarantineKey: string;
}
