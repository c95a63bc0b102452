import type { Grant } from '../../domain/record.ts';
import type { Step } from '../../domain/rollout/step-types.ts';

/** A node that a batch wants to take. */
export type Wish = Step['grant'][number];

/** Why nothing may be deleted now. */
export interface Stop {
  /** For people: who or what, until when. */
  sentence: string;
}

/**
 * Something outside of the rollout that has a say in every refill, such as a closed window or a node that another rollout has
 * out. Asked right before grants are written and pods are deleted, inside the batch activity, never through workflow history.
 */
export interface RefillGuard {
  /** Null while pods may be deleted. Asked before every round of deletions, those of grants that are there already included. */
  stops(): Promise<Stop | null>;
  /** Those of the wanted nodes that may be taken now; what it admits it has reserved for this rollout. */
  admit(wanted: readonly Wish[]): Promise<readonly Wish[]>;
  /** Grants that are over, so that what was reserved for their nodes is free again. Repeating it changes nothing. */
  release(settled: readonly Grant[]): Promise<void>;
}

/** The first reason to stop; guards are asked in order. */
export async function firstStop(guards: readonly RefillGuard[]): Promise<Stop | null> {
  for (const guard of guards) {
    const stop = await guard.stops();
    if (stop !== null) return stop;
  }
  return null;
}

/** What every guard admits. */
export async function admitted(guards: readonly RefillGuard[], wanted: readonly Wish[]): Promise<readonly Wish[]> {
  let left = wanted;
  for (const guard of guards) {
    if (left.length === 0) return left;
    left = await guard.admit(left);
  }
  return left;
}

/** Tells every guard which grants are over. */
export async function released(guards: readonly RefillGuard[], settled: readonly Grant[]): Promise<void> {
  if (settled.length === 0) return;
  for (const guard of guards) await guard.release(settled);
}
