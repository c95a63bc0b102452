import type { AuditedDelete } from './audit.ts';
import type { PodEvent } from './pod-history.ts';

/** What must hold over a whole record. */
export interface InvariantInput {
  events: readonly PodEvent[];
  deletes: readonly AuditedDelete[];
  /** Eligible nodes, all of them Ready throughout. */
  nodes: readonly string[];
  budget: number;
}

/**
 * Every violation as a sentence; none is what a test expects.
 * - at each deletion by Nodewave fewer than the budget of eligible nodes were out, the pod's own node not counted
 * - at most one accepted DELETE per pod uid, and each names the uid as a precondition
 */
export function violations({ events, deletes, nodes, budget }: InvariantInput): string[] {
  const found: string[] = [];
  const times = new Map<string, number>();
  for (const entry of deletes) {
    if (entry.uid === '') found.push(`the DELETE of ${entry.pod} names no uid`);
    times.set(entry.uid, (times.get(entry.uid) ?? 0) + 1);
  }
  for (const [uid, count] of times) if (count > 1) found.push(`pod ${uid} was deleted ${count} times`);

  // By pod and not by node: the order of events is exact for pods, and a node serves while one of its pods does.
  const available = new Map<string, string>();
  const seen = new Set<string>();
  for (const event of events) {
    const begins = (event.terminating || event.gone) && !seen.has(event.uid);
    if (begins) {
      seen.add(event.uid);
      const others = new Set(available.values());
      const out = nodes.filter((node) => node !== event.node && !others.has(node));
      if (times.has(event.uid) && out.length >= budget) {
        found.push(
          `when the pod of ${event.node} was deleted, ${out.length} other nodes were out (${out.join(', ')}), budget ${budget}`,
        );
      }
    }
    if (event.available) available.set(event.uid, event.node);
    else available.delete(event.uid);
  }
  return found;
}

/** Most eligible nodes without an available pod at any moment after all had one. */
export function mostOut(events: readonly PodEvent[], nodes: readonly string[]): number {
  const available = new Map<string, string>();
  let most = 0;
  let complete = false;
  for (const event of events) {
    if (event.available) available.set(event.uid, event.node);
    else available.delete(event.uid);
    const serving = new Set(available.values());
    const out = nodes.filter((node) => !serving.has(node)).length;
    if (out === 0) complete = true;
    if (complete) most = Math.max(most, out);
  }
  return most;
}
