import type { NodeView } from '../../domain/cluster/view.ts';
import { NodewaveError } from '../../domain/failures.ts';
import { pinSizeProblem } from '../../domain/rollout/pin.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { pinProblem } from '../cluster/pin-check.ts';
import type { RolloutPlan } from '../contract.ts';

/**
 * The plan with `exposure: pin` where its policy says so. Without a last good template there is nothing to pin to.
 * @throws NodewaveError BadInput when this cluster cannot pin: silently doing less than was asked for would be worse
 */
export async function withExposure(
  client: ClusterClient,
  plan: RolloutPlan,
  nodes: readonly NodeView[],
): Promise<RolloutPlan> {
  if (plan.policy.exposure !== 'pin' || plan.fromHash === null) return plan;
  const problem = (await pinProblem(client)) ?? pinSizeProblem(nodes.map(({ name }) => name));
  if (problem !== null) throw new NodewaveError('BadInput', problem);
  return { ...plan, exposure: 'pin' };
}
