import { isAvailable } from '../../domain/cluster/availability.ts';
import { rolloutWorkflowId } from '../../domain/ids.ts';
import type { Asker, InterlockPlace } from '../../domain/interlock.ts';
import type { IntOrPercent } from '../../domain/rollout/policy.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { Node, Pod } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { daemonSetView, nodeView, podView } from '../cluster/project.ts';
import { labelSelectorOf } from '../cluster/selector.ts';
import type { BatchInput, RolloutContext } from '../contract.ts';
import { brakeGuard } from './brake.ts';
import type { RefillGuard } from './guards.ts';
import { interlockGuard, releaseReservations } from './interlock.ts';
import { InterlockStore } from './interlock-store.ts';
import { nodesBack } from './nodes-back.ts';
import { pinGuard } from './pin.ts';
import { backAgain } from './reservation-back.ts';
import { readManaged } from './template.ts';
import { windowGuard } from './window-guard.ts';

/** What guards need from the outside. */
export interface GuardDeps {
  /** Whether a rollout's workflow runs; what one that does not has reserved is given up. Without it none ever is. */
  isRunning?: (workflowId: string, rollout: number) => Promise<boolean>;
  /** Most nodes out at once in a cluster over all rollouts; null, and without it, for no limit. */
  maxNodesOut?: (cluster: string) => IntOrPercent | null;
  /** Where the interlock is, for tests that want one of their own. */
  interlock?: InterlockPlace;
}

/** Everything that has a say in a batch's refills, the one that reserves last. Windows never hold the way back. */
export function batchGuards(deps: GuardDeps, client: ClusterClient, input: BatchInput): RefillGuard[] {
  if (input.observeOnly) return [];
  const store = new InterlockStore(client, deps.interlock);
  const windows = input.policy?.windows ?? [];
  const held = input.direction === 'forward' && input.windowsOverridden !== true && windows.length > 0;
  return [
    brakeGuard(store),
    ...(held ? [windowGuard(windows)] : []),
    interlockGuard({
      store,
      me: askerOf(input.context),
      maxNodesOut: deps.maxNodesOut?.(input.context.ref.cluster) ?? null,
      isRunning: async ({ workflowId, rollout }) => (await deps.isRunning?.(workflowId, rollout)) ?? true,
      isBack: backAgain(client),
    }),
    // Last: what it releases for a node that another guard then refuses would stay released.
    ...(input.pin === true ? [pinGuard(client, input.context.ref, input.context.application)] : []),
  ];
}

/** As whom a rollout asks the interlock. */
export function askerOf({ ref, holder }: RolloutContext): Asker {
  return { workflowId: rolloutWorkflowId(ref), rollout: holder.rollout };
}

/**
 * Frees the nodes of a rollout whose pods are available again, granted ones included: before such a pod is deleted the
 * interlock is asked again. For a rollout that pauses, maybe for days.
 */
export async function releaseBack(
  store: InterlockStore,
  client: ClusterClient,
  context: RolloutContext,
): Promise<void> {
  const { ref, application } = context;
  await releaseReservations(store, askerOf(context), async () => {
    const live = await readManaged(client, ref, application);
    const [nodes, pods] = await Promise.all([
      client.list(paths.nodes(), { project: (raw: Node) => nodeView(raw) }),
      client.list(paths.pods(ref.namespace), {
        labelSelector: labelSelectorOf(live),
        project: (raw: Pod) => podView(raw),
      }),
    ]);
    const minReadySeconds = live.spec.minReadySeconds ?? 0;
    return nodesBack({
      nodes: nodes.items,
      pods: pods.items,
      scheduling: daemonSetView(live).scheduling,
      isAvailable: (pod) => isAvailable(pod, minReadySeconds, pod.readySinceMs, Date.now()),
      grants: [],
    });
  });
}
