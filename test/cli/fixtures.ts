import type { RolloutView } from '../../client/index.ts';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import type { Preview } from '../../domain/sync.ts';
import type { ApplicationStatus, Progress } from '../../domain/wire.ts';

/** Noon of a day in winter: every rendering test looks from here. */
export const nowMs = Date.UTC(2026, 0, 31, 12, 0, 0);

export const commit = 'ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12';

export const spec: ApplicationSpec = {
  name: 'agents',
  source: {
    repo: 'https://git.example.com/platform/agents.git',
    ref: { branch: 'main' },
    path: 'prod',
    render: 'auto',
  },
  destination: { cluster: 'prod', namespace: 'monitoring' },
  sync: { auto: true, intervalMs: 180_000, prune: false, drift: 'correct' },
  rollout: {
    batches: [
      { name: 'canary', nodes: 1, per: 'topology.kubernetes.io/zone', soakMs: 600_000, approval: 'after' },
      { name: 'batch 2', nodes: '25%', soakMs: 0 },
    ],
    maxUnavailable: null,
    readyWithinMs: 300_000,
    maxRestarts: 2,
    onFailure: 'rollback',
    promoteAfter: 'last',
  },
};

export const progress: Progress = {
  eligible: 60,
  done: 3,
  inFlight: 2,
  out: 2,
  deferred: 0,
  exposed: 0,
  batchGoal: 15,
};

/** A rollout that waits for an approval, changed as a test needs it. */
export function rolloutView(change: Partial<RolloutView> = {}): RolloutView {
  return {
    application: 'agents',
    cluster: 'prod',
    namespace: 'monitoring',
    daemonset: 'log-agent',
    mode: 'update',
    phase: 'awaitingApprovalAfter',
    sentence: 'Batch 1/3 (canary, 3 nodes) has passed its gates; waits for an approval of plan 0123abcd to go on.',
    commit,
    planDigest: '0123abcd4567ef',
    fromHash: '5d4f8c',
    toHash: '6b7a9d',
    batch: 0,
    batches: [
      { name: 'canary', nodes: '1 per zone', goal: 3, approval: 'after', soakMs: 90_000 },
      { name: 'batch 2', nodes: '25%', goal: 15, soakMs: 0 },
      { name: 'rest', nodes: '100%', goal: 60, soakMs: 0 },
    ],
    budget: 6,
    progress,
    zones: [
      { value: 'zone-a', eligible: 20, done: 2 },
      { value: 'zone-b', eligible: 40, done: 1 },
    ],
    findings: [],
    accepts: ['approve', 'reject', 'pause'],
    log: [{ atMs: nowMs - 60_000, by: 'git', what: 'started' }],
    outcome: null,
    nodesTouched: ['node-1', 'node-2', 'node-3'],
    running: true,
    execution: 'RUNNING',
    live: null,
    ...change,
  };
}

/** An application at rest, changed as a test needs it. */
export function applicationStatus(change: Partial<ApplicationStatus> = {}): ApplicationStatus {
  return {
    name: 'agents',
    spec,
    phase: 'waiting',
    sentence: 'Commit ab12cd3 is on cluster prod. Waiting for the next commit of branch main.',
    observedCommit: commit,
    observedAtMs: nowMs - 35_000,
    syncedCommit: commit,
    rollouts: [],
    recent: [],
    lastDelivery: null,
    log: [],
    ...change,
  };
}

/** A commit that changes the image of one DaemonSet and creates a ConfigMap. */
export function preview(change: Partial<Preview> = {}): Preview {
  return {
    plan: {
      commit,
      subject: 'Agent 1.4',
      renderedDigest: 'digest',
      others: { create: 1, configure: 0, unchanged: 2 },
      daemonSets: [
        {
          namespace: 'monitoring',
          name: 'log-agent',
          verdict: 'rollout',
          adopt: false,
          templateDigest: 't',
          quarantineKey: 'q',
          maxUnavailable: '20%',
        },
      ],
      warnings: [],
    },
    objects: [
      { kind: 'ConfigMap', apiVersion: 'v1', namespace: 'monitoring', name: 'settings', action: 'create', fields: [] },
      {
        kind: 'DaemonSet',
        apiVersion: 'apps/v1',
        namespace: 'monitoring',
        name: 'log-agent',
        action: 'configure',
        fields: [
          {
            path: 'spec.template.spec.containers[agent].image',
            before: 'agent:1.3',
            after: 'agent:1.4',
            class: 'restartsPods',
            owner: 'nodewave:agents (Apply)',
          },
          { path: 'metadata.labels.team', after: 'edge', class: 'noRestart' },
        ],
      },
      {
        kind: 'ServiceAccount',
        apiVersion: 'v1',
        namespace: 'monitoring',
        name: 'agent',
        action: 'unchanged',
        fields: [],
      },
    ],
    truncated: false,
    ...change,
  };
}
