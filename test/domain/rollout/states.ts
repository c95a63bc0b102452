import type { RolloutInput } from '../../../domain/rollout/input.ts';
import type { Phase } from '../../../domain/rollout/phases.ts';
import { initialState, type KeptPlan, type RolloutState } from '../../../domain/rollout/state.ts';
import type { Finding } from '../../../domain/wire.ts';
import { batch } from './build.ts';

/** A plan of three batches over 60 nodes. */
export const plan: KeptPlan = {
  digest: '0123456789abcdef',
  batches: [
    { name: 'canary', nodes: '1 per topology.kubernetes.io/zone', goal: 3, approval: 'after', soakMs: 60_000 },
    { name: 'quarter', nodes: '25%', goal: 15, approval: 'before', soakMs: 0 },
    { name: 'all', nodes: '100%', goal: 60, soakMs: 0 },
  ],
  rules: [batch(1), batch('25%'), batch('100%')],
  maxUnavailable: '10%',
  budget: 6,
  census: { eligible: 60, zones: { a: 20, b: 20, c: 20 }, pools: {} },
  fromHash: 'old',
  lastGoodCommit: 'c0ffee0',
  notes: [],
};

/** A rollout's state in a phase, with the plan above. */
export function state(phase: Phase, change: Partial<RolloutState> = {}): RolloutState {
  return { ...initialState(), phase, before: 'rolling', plan, toHash: 'new', ...change };
}

/** A red gate on a node. */
export function finding(node: string, change: Partial<Finding> = {}): Finding {
  const nextStep = 'read the logs with "kubectl logs --previous" and push a fix';
  return { cause: 'CrashLoopBackOff', node, pod: `agent-${node}`, evidence: 'exited with code 1', nextStep, ...change };
}

/** The argument of a rollout of an update. */
export function input(change: Partial<RolloutInput> = {}): RolloutInput {
  return {
    v: 1,
    application: 'node-agents-prod',
    ref: { cluster: 'prod', namespace: 'monitoring', name: 'agent' },
    mode: 'update',
    spec: {
      name: 'node-agents-prod',
      source: { repo: 'https://git.example.com/a.git', ref: { branch: 'main' }, path: '.', render: 'auto' },
      destination: { cluster: 'prod', namespace: 'monitoring' },
      sync: { auto: true, intervalMs: 180_000, prune: false, drift: 'correct' },
      rollout: {
        batches: plan.rules,
        maxUnavailable: '10%',
        readyWithinMs: 300_000,
        maxRestarts: 2,
        onFailure: 'rollback',
        promoteAfter: 'last',
      },
    },
    sync: {
      namespace: 'monitoring',
      name: 'agent',
      verdict: 'rollout',
      adopt: false,
      templateDigest: 'd2',
      quarantineKey: 'q2',
      maxUnavailable: null,
    },
    commit: '5f1b8e0c2d3a4f5b6c7d8e9f0a1b2c3d4e5f6a7b',
    subject: 'Agent 2.0',
    renderedDigest: 'r2',
    rollout: 7,
    by: 'git',
    ...change,
  };
}
