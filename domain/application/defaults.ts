import { type BatchSpec, policyDefaults } from '../rollout/policy.ts';

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
  drift: 'detect',
  batches,
  readyWithinMs: policyDefaults.readyWithinMs,
  maxRestarts: policyDefaults.maxRestarts,
  onFailure: policyDefaults.onFailure,
  promoteAfter: policyDefaults.promoteAfter,
} as const;
