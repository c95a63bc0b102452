import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { pinProblem } from '../cluster/pin-check.ts';

/** What keeps rollouts of this commit from pinning, said before one starts; none where no policy wants to pin. */
export async function pinWarnings(client: ClusterClient, policies: readonly RolloutPolicy[]): Promise<string[]> {
  if (!policies.some(({ exposure }) => exposure === 'pin')) return [];
  const problem = await pinProblem(client);
  return problem === null ? [] : [problem];
}
