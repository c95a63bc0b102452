import { setTimeout as sleep } from 'node:timers/promises';
import { disagreement } from '../../domain/cluster/agreement.ts';
import type { NodeView } from '../../domain/cluster/view.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { DaemonSet, Node, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { daemonSetView, nodeView, podView } from '../cluster/project.ts';
import { labelSelectorOf } from '../cluster/selector.ts';
import type { RolloutContext } from '../contract.ts';
import type { RolloutCall } from './call.ts';
import { readManaged } from './template.ts';

/** Nodes join and leave all the time, and the controller counts them a moment later. */
const looks = 5;
const lookEveryMs = 1_000;

/** All nodes, as decisions see them. */
export async function listNodes(call: RolloutCall): Promise<NodeView[]> {
  const { items } = await call.client.list(paths.nodes(), {
    project: (raw: Node) => nodeView(raw),
    signal: call.signal,
  });
  return items;
}

/**
 * The nodes, once Nodewave and the DaemonSet controller count the same for the live template (S1), which the controller must have
 * seen (S33). While they do not it throws Infrastructure with a sentence: planning holds, and is tried again by itself.
 */
export async function agreedNodes(
  call: RolloutCall,
  context: RolloutContext,
  everyMs: number = lookEveryMs,
): Promise<NodeView[]> {
  for (let look = 1; ; look++) {
    const nodes = await listNodes(call);
    // After the nodes: what the controller has counted until then includes them.
    const live = await readManaged(call.client, context.ref, context.application);
    const { generation, observedGeneration, desiredNumberScheduled: desired, scheduling } = daemonSetView(live);
    const counted = { desired, nodes, scheduling, podNodes: new Set<string>() };
    const isSeen = observedGeneration >= generation;
    if (isSeen && disagreement(counted) === null) return nodes;
    const why = isSeen
      ? disagreement({ ...counted, podNodes: await nodesWithPods(call, live) })
      : `the DaemonSet controller has seen generation ${observedGeneration} of ${generation}`;
    if (why === null) return nodes;
    if (look === looks) throw new NodewaveError('Infrastructure', `Nothing is planned: ${why}`);
    await sleep(everyMs, undefined, { signal: call.signal });
  }
}

async function nodesWithPods(call: RolloutCall, live: DaemonSet): Promise<Set<string>> {
  const { uid, namespace = '' } = live.metadata;
  const { items } = await call.client.list(paths.pods(namespace), {
    labelSelector: labelSelectorOf(live),
    project: (pod: Pod) =>
      pod.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true ? podView(pod).node : '',
    signal: call.signal,
  });
  return new Set(items);
}
