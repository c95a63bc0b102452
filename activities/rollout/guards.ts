import type { NodeView } from '../../domain/cluster/view.ts';
import type { Step } from '../../domain/rollout/step-types.ts';

/** A node that a batch wants to take. */
export type Wish = Step['grant'][number];

/** Why nothing may be deleted now. */
export interface Stop {
  /** For people: who or what, until when. */
  sentence: string;
  /** When that changes, milliseconds; null when nobody knows. */
  untilMs: number | null;
}

/**
 * Something outside of the rollout that has a say in every refill, such as a closed window or a node that another rollout has
 * out. Asked right before grants are written and pods are deleted, inside the batch activity, never through workflow history.
 */
export interface RefillGuard {
  /**
   * Null while pods may be deleted. Asked before every round of decisions and again before every single DELETE, so what it has to
   * read it keeps for a second or two.
   */
  stops(): Promise<Stop | null>;
  /**
   * Those of the wanted nodes that may be taken now; what it admits it has reserved for this rollout. Asked before each grant,
   * and again before the pod of a granted node is deleted: between the two a worker may have been away for long.
   * @param nodes all nodes of the cluster
   * @param isFree as for `release`, which is done on the way
   */
  admit(
    wanted: readonly Wish[],
    nodes: readonly NodeView[],
    isFree: (nodeUid: string) => boolean,
  ): Promise<readonly Wish[]>;
  /** Frees what is reserved for this rollout on nodes that `isFree` says are back or gone. Repeating it changes nothing. */
  release(isFree: (nodeUid: string) => boolean): Promise<void>;
  /** Why the last `admit` left nodes out, for people; null when it left none. */
  waitsFor(): string | null;
}

/** The first reason to stop; guards are asked in order. */
export async function firstStop(guards: readonly RefillGuard[]): Promise<Stop | null> {
  for (const guard of guards) {
    const stop = await guard.stops();
    if (stop !== null) return stop;
  }
  return null;
}

/** UIDs of the wanted nodes that every guard admits. */
export async function admitted(
  guards: readonly RefillGuard[],
  wanted: readonly Wish[],
  nodes: readonly NodeView[],
  isFree: (nodeUid: string) => boolean,
): Promise<ReadonlySet<string>> {
  let left = wanted;
  for (const guard of guards) {
    if (left.length === 0) break;
    left = await guard.admit(left, nodes, isFree);
  }
  return new Set(left.map(({ nodeUid }) => nodeUid));
}

/** Tells every guard which nodes are back. */
export async function released(guards: readonly RefillGuard[], isFree: (nodeUid: string) => boolean): Promise<void> {
  for (const guard of guards) await guard.release(isFree);
}

/** Why guards left nodes out, for people; null when none did. */
export function waitedFor(guards: readonly RefillGuard[]): string | null {
  return guards.map((guard) => guard.waitsFor()).find((sentence) => sentence !== null) ?? null;
}
