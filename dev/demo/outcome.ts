import { type Fleet, fleetAt } from './fleet.ts';
import type { Observation } from './observation.ts';
import type { Span } from './statistics.ts';

/** What became of a version, as the cluster shows it. */
export type SeenOutcome = 'adopted' | 'installed' | 'succeeded' | 'rolledBack' | 'failed';

/**
 * Judges a version by the cluster alone: by the pods on all nodes before and after, the live template, and whether any pod of
 * the version was there in between. Whatever is neither whole on the new version nor whole on the old one has failed.
 */
export function outcomeOf(observations: readonly Observation[], span: Span, image: string): SeenOutcome {
  const before = fleetAt(observations, span.from);
  const after = fleetAt(observations, span.to);
  const oldImage = before.template?.image ?? null;
  if (wholeOn(after, image)) {
    if (before.pods.size === 0) return 'installed';
    if (oldImage !== image) return 'succeeded';
    const managed = after.template?.strategy === 'OnDelete' && after.template.application !== null;
    return managed && samePods(before, after) ? 'adopted' : 'failed';
  }
  if (oldImage === null || !wholeOn(after, oldImage)) return 'failed';
  const tried = observations.slice(span.from, span.to).some((seen) => seen.kind === 'pod' && seen.image === image);
  return tried ? 'rolledBack' : 'failed';
}

function wholeOn(fleet: Fleet, image: string): boolean {
  return fleet.nodes.size > 0 && fleet.template?.image === image && fleet.served(image).size === fleet.nodes.size;
}

/** Whether every node still runs the very pod that it ran before. */
export function samePods(before: Fleet, after: Fleet): boolean {
  const [old, now] = [before.uids(), after.uids()];
  return old.size === now.size && [...old].every(([node, uid]) => now.get(node) === uid);
}
