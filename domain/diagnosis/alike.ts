import { labelOf } from '../cluster/eligibility.ts';
import { poolOf } from '../cluster/place.ts';
import type { NodeView, PodView } from '../cluster/view.ts';
import { zoneLabel } from '../rollout/step.ts';
import { symptomOf } from './symptom.ts';
import type { Alike, Group } from './types.ts';

/** Most groups told of. */
const groupsKept = 12;

const keys: [key: string, labelled: (node: NodeView) => string | undefined][] = [
  ['pool', poolOf],
  ['zone', (node) => labelOf(node, zoneLabel)],
  ['arch', (node) => labelOf(node, 'kubernetes.io/arch')],
];

/** What is compared. */
export interface Comparison {
  nowMs: number;
  nodes: readonly NodeView[];
  /** All pods of the DaemonSet. */
  pods: readonly PodView[];
  /** Hash of the template that is compared with the others. */
  hash: string;
  /** Names of nodes that show the symptom. */
  failing: ReadonlySet<string>;
}

/** How many nodes show the same symptom, and how the nodes on another template are. */
export function alikeOf({ nowMs, nodes, pods, hash, failing }: Comparison): Alike {
  const updated = new Set(failing);
  const rest = new Map<string, boolean>();
  for (const pod of pods) {
    if (pod.hash === hash) updated.add(pod.node);
    else rest.set(pod.node, symptomOf(pod, nowMs) !== null || rest.get(pod.node) === true);
  }
  // The old pod of a node that was taken may still be on its way out.
  for (const node of updated) rest.delete(node);
  const failingRest = new Set([...rest].filter(([, unwell]) => unwell).map(([node]) => node));
  const counts = (names: readonly string[]) => ({
    failing: names.filter((name) => failing.has(name)).length,
    updated: names.filter((name) => updated.has(name)).length,
    rest: names.filter((name) => rest.has(name)).length,
    restFailing: names.filter((name) => failingRest.has(name)).length,
  });
  const compared = nodes.filter(({ name }) => updated.has(name) || rest.has(name));
  const groups = keys.flatMap(([key, labelled]) => {
    const values = byValue(compared, labelled);
    // That all are in the only zone there is tells nothing.
    return values.size < 2 ? [] : [...values].map(([value, names]): Group => ({ key, value, ...counts(names) }));
  });
  return {
    ...counts([...updated, ...rest.keys()]),
    groups: groups
      .filter((group) => group.updated > 0)
      .toSorted((a, b) => b.failing - a.failing)
      .slice(0, groupsKept),
  };
}

function byValue(
  nodes: readonly NodeView[],
  labelled: (node: NodeView) => string | undefined,
): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const node of nodes) {
    const value = labelled(node);
    if (value !== undefined) found.set(value, [...(found.get(value) ?? []), node.name]);
  }
  return found;
}
