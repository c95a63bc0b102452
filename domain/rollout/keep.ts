import { labelOf } from '../cluster/eligibility.ts';
import type { NodeView } from '../cluster/view.ts';
import type { RolloutPolicy } from './policy.ts';
import { selects } from './selection.ts';

/** Label that keeps a node as it is, whatever its value: neither a rollout nor a rollback touches its pod. */
export const holdLabel = 'nodewave.dev/hold';

/**
 * Why a rollout leaves the pod of a node alone, for people; null when it does not. A hold counts both ways. What the policy leaves
 * out is only never taken: an excluded node that got the release by itself does go back (S11).
 * @param replaced the rollout has replaced the node's pod already, so that a cordon comes too late
 */
export function keptWhy(
  policy: RolloutPolicy | undefined,
  direction: 'forward' | 'back',
  node: NodeView,
  replaced: boolean,
): string | null {
  if (labelOf(node, holdLabel) !== undefined) return `label ${holdLabel}`;
  if (direction === 'back') return null;
  if (selects(policy?.exclude, node)) return 'excluded by the policy';
  if (policy?.cordoned === 'skip' && node.unschedulable && !replaced) return 'cordoned';
  return null;
}

/**
 * Whether a node is taken after all others: selected by `last`, cordoned where the policy says so (S11), or running Nodewave or
 * Temporal, whose restart in the middle of things would cost time.
 */
export function goesLast(
  policy: RolloutPolicy | undefined,
  ownNodes: ReadonlySet<string> | undefined,
  node: NodeView,
): boolean {
  if (ownNodes?.has(node.name) === true || selects(policy?.last, node)) return true;
  return policy?.cordoned === 'last' && node.unschedulable;
}
