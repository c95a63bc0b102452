import { Fleet } from './fleet.ts';
import type { Observation } from './observation.ts';

/** A part of a record: from its observation number `from` up to, without it, number `to`. */
export interface Span {
  from: number;
  to: number;
}

/** A pause that a person asked for: when it was sent, and when `resume` was. */
export interface Pause {
  fromMs: number;
  toMs: number;
}

/** What happened to the nodes while one version was delivered. */
export interface Figures {
  /** Groups of nodes that the version went to, one after the other; see `countBatches`. */
  batches: number;
  /** Nodes that lost a pod or got a new one. */
  nodesTouched: number;
  /** Most nodes without an available agent at one moment. */
  mostNodesOut: number;
  /** Longest time that one node was without an available agent, milliseconds. */
  longestGapMs: number;
}

/** Computes the figures of one version from the record alone. */
export function figuresOf(
  observations: readonly Observation[],
  span: Span,
  image: string,
  pauses: readonly Pause[] = [],
): Figures {
  const fleet = new Fleet();
  const touched = new Set<string>();
  const outSince = new Map<string, number>();
  let mostNodesOut = 0;
  let longestGapMs = 0;
  for (const [index, seen] of observations.slice(0, span.to).entries()) {
    const { appeared, left } = fleet.add(seen);
    if (index < span.from) continue;
    if (seen.kind === 'pod' && (appeared || left)) touched.add(seen.node);
    const out = new Set(fleet.out());
    mostNodesOut = Math.max(mostNodesOut, out.size);
    for (const node of out) if (!outSince.has(node)) outSince.set(node, seen.atMs);
    for (const [node, sinceMs] of outSince) {
      // A node that is still out has been out at least until now.
      longestGapMs = Math.max(longestGapMs, seen.atMs - sinceMs);
      if (!out.has(node)) outSince.delete(node);
    }
  }
  return {
    batches: countBatches(observations, span, image, pauses),
    nodesTouched: touched.size,
    mostNodesOut,
    longestGapMs,
  };
}

interface Window {
  openMs: number;
  closeMs: number;
  podsCreated: number;
}

/**
 * Counts batches as a watcher can see them: the new template is the live one only while a batch is being replaced, so each
 * time it becomes live and pods come from it is a batch. A window that closed because a person paused the rollout goes on
 * in the next one, and both are one batch. What a rollback does is none: it runs with the old template live.
 */
export function countBatches(
  observations: readonly Observation[],
  span: Span,
  image: string,
  pauses: readonly Pause[] = [],
): number {
  const used = windowsOf(observations, span, image).filter(({ podsCreated }) => podsCreated > 0);
  return used.filter((window, index) => {
    const before = used[index - 1];
    const goesOn = pauses.some(
      ({ fromMs }) => before !== undefined && before.openMs <= fromMs && fromMs <= before.closeMs,
    );
    return before === undefined || !goesOn || window.openMs < before.closeMs;
  }).length;
}

function windowsOf(observations: readonly Observation[], span: Span, image: string): Window[] {
  const fleet = new Fleet();
  const windows: Window[] = [];
  let current: Window | null = null;
  for (const [index, seen] of observations.slice(0, span.to).entries()) {
    const { appeared } = fleet.add(seen);
    if (index < span.from) continue;
    const isOpen = fleet.template?.image === image;
    if (seen.kind === 'template' && isOpen && current === null) {
      current = { openMs: seen.atMs, closeMs: Number.POSITIVE_INFINITY, podsCreated: 0 };
      windows.push(current);
    }
    if (seen.kind === 'template' && !isOpen && current !== null) {
      current.closeMs = seen.atMs;
      current = null;
    }
    // Two watches have no order between them: a pod may be seen a moment after the window that it came from was closed.
    const last = windows.at(-1);
    if (seen.kind === 'pod' && appeared && seen.image === image && last !== undefined) last.podsCreated += 1;
  }
  return windows;
}
