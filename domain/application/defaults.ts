import { type BatchSpec, policyDefaults, type RolloutPolicy } from '../rollout/policy.ts';

/** `apiVersion` of every file that a user writes. */
export const apiVersion = 'nodewave.dev/v1alpha1';

/** One node first, then a quarter, then the rest: what an application without `rollout.batches` gets. */
const batches: readonly Readonly<BatchSpec>[] = [
  { name: 'canary', nodes: 1, soakMs: 60_000 },
  { name: 'batch 2', nodes: '25%', soakMs: 0 },
  { name: 'batch 3', nodes: '100%', soakMs: 0 },
];

/** What a NodeApplication means where it says nothing. */
export const applicationDefaults = {
  ref: { branch: 'main' },
  path: '.',
  render: 'auto',
  namespace: 'default',
  auto: true,
  intervalMs: 3 * 60_000,
  prune: false,
  prunePauseMs: 30_000,
  drift: 'detect',
} as const;

/** The policy of an application that says nothing about rollouts. */
export function defaultPolicy(): RolloutPolicy {
  const { readyWithinMs, maxRestarts, onFailure, promoteAfter } = policyDefaults;
  return {
    batches: batches.map((batch) => ({ ...batch })),
    maxUnavailable: null,
    readyWithinMs,
    maxRestarts,
    onFailure,
    promoteAfter,
  };
}
