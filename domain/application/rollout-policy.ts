import type { RolloutPolicy } from '../rollout/policy.ts';
import type { DaemonSetSync } from '../sync.ts';
import type { ApplicationState } from './state.ts';

/** The policy of one DaemonSet of a plan: its own, else the application's; null only while there is no spec. */
export function policyOf(state: ApplicationState, sync: Pick<DaemonSetSync, 'policy'>): RolloutPolicy | null {
  return sync.policy ?? state.spec?.rollout ?? null;
}

/** Without soaks and windows. Gates, approvals and the budget stay: they are what keeps a hurried release from harm. */
export function expeditedPolicy(policy: RolloutPolicy): RolloutPolicy {
  const { windows: _windows, ...kept } = policy;
  return { ...kept, batches: policy.batches.map((batch) => ({ ...batch, soakMs: 0 })) };
}

/**
 * For nodes that missed a rollout which has passed: one batch within the same budget, windows and gates, without soak or
 * approval. When one fails, last good itself does not come up there: a person decides, nothing could be rolled back to.
 */
export function catchUpPolicy(policy: RolloutPolicy): RolloutPolicy {
  const batches = [{ name: 'catch-up', nodes: '100%', soakMs: 0 } as const];
  return { ...policy, batches: [...batches], onFailure: 'pause', failureBudget: 0 };
}
