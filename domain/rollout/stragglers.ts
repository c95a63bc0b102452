import { newestLivePod } from '../cluster/availability.ts';
import { eligibility } from '../cluster/eligibility.ts';
import { maintenanceOf } from '../cluster/maintenance.ts';
import type { NodeView, PodView, SchedulingView } from '../cluster/view.ts';
import { keptWhy } from './keep.ts';
import type { RolloutPolicy } from './policy.ts';

/**
 * Names of the nodes that run another template than the live one although nothing keeps them from it: they were set aside
 * while the others were rolled, and are back (S10, S43). Not those that are NotReady, under maintenance, held by a label or
 * left out by the policy: a catch-up could do nothing for them.
 * @param hash of the live template
 */
export function stragglersOf(seen: {
  nodes: readonly NodeView[];
  pods: readonly PodView[];
  scheduling: SchedulingView;
  hash: string;
  policy: RolloutPolicy | undefined;
}): string[] {
  const podsByNode = new Map<string, PodView[]>();
  for (const pod of seen.pods) podsByNode.set(pod.node, [...(podsByNode.get(pod.node) ?? []), pod]);
  return seen.nodes
    .filter((node) => node.ready && maintenanceOf(node) === null)
    .filter((node) => keptWhy(seen.policy, 'forward', node, false) === null)
    .filter((node) => eligibility(seen.scheduling, node).shouldRun)
    .filter((node) => {
      const pod = newestLivePod(podsByNode.get(node.name) ?? []);
      return pod !== undefined && pod !== null && pod.hash !== seen.hash;
    })
    .map((node) => node.name)
    .sort();
}
