import { expect, test } from 'vitest';
import { planPage } from '../../../cli/render/plan.ts';
import type { RolloutView } from '../../../client/index.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { scheduleDefaults } from '../../../domain/gates/schedule.ts';
import { shownPolicy } from '../../../domain/policy/show.ts';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';
import type { DaemonSetSync, Preview } from '../../../domain/sync.ts';
import { applicationStatus, preview, rolloutView, spec } from '../fixtures.ts';
import { invoke } from '../harness.ts';

interface Shown {
  sync?: Partial<DaemonSetSync>;
  preview?: Partial<Preview>;
  application?: Pick<ApplicationSpec, 'name' | 'rollout' | 'origin'>;
  running?: RolloutView[];
  wide?: boolean;
}

function page({ sync: change = {}, application = spec, running = [], wide = false, ...shown }: Shown = {}): string[] {
  const base = preview(shown.preview);
  const daemonSets = base.plan.daemonSets.map((sync) => ({ ...sync, ...change }));
  const policies = daemonSets.map((sync) =>
    shownPolicy(sync, application, base.policySources?.find(({ name }) => name === sync.name)?.sources ?? {}),
  );
  return planPage({ preview: { ...base, plan: { ...base.plan, daemonSets } }, policies, running, wide });
}

const batchPlans: Preview['batchPlans'] = [
  {
    namespace: 'monitoring',
    name: 'log-agent',
    batches: [
      { name: 'canary', nodes: '1 per topology.kubernetes.io/zone', goal: 2, soakMs: 600_000, approval: 'after' },
      { name: 'batch 2', nodes: '25%', goal: 15, soakMs: 0 },
      { name: 'rest', nodes: '100%', goal: 60, soakMs: 0 },
    ],
    maxUnavailable: '20%',
    budget: 12,
    census: { eligible: 60, zones: { 'zone-b': 40, 'zone-a': 20 }, pools: { gpu: 60 } },
    notes: ['The batches end below 100 %: a last batch "rest" takes the other nodes.'],
  },
];

test('shows the batches with the nodes they reach, and all nodes by zone and pool, before anything moves', () => {
  expect(page({ preview: { batchPlans } })).toEqual([
    'Commit ab12cd3 Agent 1.4',
    'Other objects: 1 to create, 0 to configure, 2 unchanged; applied before the DaemonSets.',
    '',
    'DaemonSet monitoring/log-agent: rolled out in batches',
    '  #  BATCH    NODES                              GOAL  SOAK  APPROVAL',
    '  1  canary   1 per topology.kubernetes.io/zone  2     10m   after',
    '  2  batch 2  25%                                15    -     -',
    '  3  rest     100%                               60    -     -',
    '  The batches end below 100 %: a last batch "rest" takes the other nodes.',
    '  nodes         60 eligible nodes',
    '  zones         zone-a 20, zone-b 40',
    '  pools         gpu 60',
    '  at most out   20%, 12 nodes now (updateStrategy of the manifest)',
    '  ready within  5m',
    '  restarts      2 restarts of a new pod accepted',
    '  on failure    touched nodes go back to last good',
  ]);
});

test('an install says which nodes it reaches at once', () => {
  expect(page({ sync: { verdict: 'install' }, preview: { batchPlans } }).slice(3)).toEqual([
    'DaemonSet monitoring/log-agent: installed on all nodes at once',
    '  nodes  60 eligible nodes',
    '  zones  zone-a 20, zone-b 40',
    '  pools  gpu 60',
  ]);
});

test.each([
  [3, '20%' as const, '3 (NodeApplication agents)'],
  [null, 2, '2 (updateStrategy of the manifest)'],
  [null, null, '10% (built-in default)'],
])('budget: application %s, manifest %s', (ofApplication, ofManifest, text) => {
  const application = { ...spec, rollout: { ...spec.rollout, maxUnavailable: ofApplication } };
  expect(page({ sync: { maxUnavailable: ofManifest }, application })).toContain(`  at most out   ${text}`);
});

test('the policy of the DaemonSet counts, with who decides it', () => {
  const policy: RolloutPolicy = { ...spec.rollout, maxUnavailable: 1, onFailure: 'pause' };
  const sources = {
    maxUnavailable: { kind: 'RolloutPolicy' as const, name: 'edge', field: 'spec.rollout.maxUnavailable' },
  };
  const shown = page({
    sync: { policy },
    preview: { policySources: [{ namespace: 'monitoring', name: 'log-agent', sources }] },
  });
  expect(shown).toContain('  at most out   1 (RolloutPolicy edge)');
  expect(shown).toContain('  on failure    it stops and waits for a person');
});

test('-o wide names file and line of every value', () => {
  const policy: RolloutPolicy = {
    ...spec.rollout,
    maxUnavailable: 1,
    exclude: { matchLabels: { pool: 'gpu' } },
    windows: [{ kind: 'deny', schedule: '0 0 * * *', durationMs: 3_600_000, timeZone: 'UTC' }],
  };
  const sources = {
    maxUnavailable: {
      kind: 'annotation' as const,
      field: 'metadata.annotations["nodewave.dev/max-unavailable"]',
      file: 'prod/agent.yaml',
      line: 7,
    },
    exclude: {
      kind: 'RolloutPolicy' as const,
      name: 'edge',
      field: 'spec.rollout.exclude',
      file: 'prod/p.yaml',
      line: 9,
    },
    windows: {
      kind: 'RolloutPolicy' as const,
      name: 'edge',
      field: 'spec.rollout.windows',
      file: 'prod/p.yaml',
      line: 11,
    },
  };
  const shown = page({
    sync: { verdict: 'unchanged', policy },
    application: { ...spec, origin: { file: 'app.yaml', lines: { batches: 20, readyWithinMs: 31 } } },
    preview: { policySources: [{ namespace: 'monitoring', name: 'log-agent', sources }] },
    wide: true,
  });
  const from = shown.indexOf('Policy of monitoring/log-agent');
  expect(shown.slice(from).map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'Policy of monitoring/log-agent',
    ' | FIELD | FROM | PLACE | VALUE',
    ' | batches | NodeApplication agents | app.yaml:20 | [{name: canary, nodes: 1, per: topology.kubernetes.io/zone, approval: after, soak: 10m}, {name: batch 2, nodes: 25%, soak: 0s}]',
    ' | maxUnavailable | annotation nodewave.dev/max-unavailable | prod/agent.yaml:7 | 1',
    ' | failureBudget | built-in default | - | 0',
    ' | exclude | RolloutPolicy edge | prod/p.yaml:9 | {matchLabels: {pool: gpu}}',
    ' | cordoned | built-in default | - | include',
    ' | maxDeferred | built-in default | - | 10%',
    ' | readyWithin | NodeApplication agents | app.yaml:31 | 5m',
    ' | maxRestarts | built-in default | - | 2',
    ' | progressDeadline | built-in default | - | 15m',
    ' | onFailure | built-in default | - | rollback',
    ' | promoteAfter | built-in default | - | last',
    ' | onUnplannedExposure | built-in default | - | watch',
    ' | exposure | built-in default | - | window',
    ' | supersede | built-in default | - | replace',
    ' | windows | RolloutPolicy edge | prod/p.yaml:11 | [{kind: deny, schedule: 0 0 * * *, timeZone: UTC, duration: 1h}]',
    ' | removal | built-in default | - | delete',
  ]);
  expect(page().join('\n')).not.toContain('Policy of');
  const old = page({ wide: true }).map((line) => line.replace(/ {2,}/g, ' | '));
  expect(old).toContain(
    ' | batches | NodeApplication agents | spec.rollout.batches | [{name: canary, nodes: 1, per: topology.kubernetes.io/zone, approval: after, soak: 10m}, {name: batch 2, nodes: 25%, soak: 0s}]',
  );
});

test('what is held says why and shows no batches', () => {
  const sync = { verdict: 'held' as const, heldReason: 'commit ab12cd3 was rolled back' };
  expect(page({ sync }).slice(3)).toEqual([
    'DaemonSet monitoring/log-agent: held: last good keeps running',
    '  commit ab12cd3 was rolled back',
  ]);
});

test('a running rollout is shown with its whole digest', () => {
  const shown = page({ running: [rolloutView()] });
  expect(shown).toContain('Running: monitoring/log-agent, commit ab12cd3');
  expect(shown).toContain('  Plan 0123abcd4567ef');
});

test('-o json has the policy, every value with its source, and the batches', async () => {
  const sources = { maxRestarts: { kind: 'RolloutPolicy' as const, name: 'edge', file: 'p.yaml', line: 9 } };
  const shown = preview({
    batchPlans,
    policySources: [{ namespace: 'monitoring', name: 'log-agent', sources }],
  });
  const { json } = await invoke(['plan', 'agents', '-o', 'json'], {
    preview: async () => shown,
    applicationStatus: async () => applicationStatus(),
  });
  expect(json()).toMatchObject({
    plan: { commit: shown.plan.commit },
    policy: spec.rollout,
    policies: [{ name: 'log-agent', fields: { maxRestarts: { value: 2, source: sources.maxRestarts } } }],
    batchPlans,
    running: [],
  });
});

test('the gates of a rollout are shown with what they measure, after which batches, and who says so', () => {
  const gate = { onInconclusive: 'pause' as const, ...scheduleDefaults };
  const compare = {
    url: 'https://prometheus:9090',
    query: 'errors by (pod)',
    compare: 'updated-vs-rest',
    tolerance: 0.05,
    worse: 'higher',
    timeout: '10s',
  };
  const gates = [
    {
      ...gate,
      name: 'still',
      kind: 'pods' as const,
      config: { maxRestarts: 0, maxUnavailable: 0 },
      batches: ['canary'],
    },
    { ...gate, name: 'errors', kind: 'prometheus' as const, config: compare },
  ];
  const application = { ...spec, rollout: { ...spec.rollout, gates } };
  const lines = page({ application });
  expect(lines.slice(lines.indexOf('  gates (NodeApplication agents)'))).toEqual([
    '  gates (NodeApplication agents)',
    '    GATE    KIND        AFTER                     MEASURES',
    '    still   pods        canary                    updated pods: at most 0 restarts each, at most 0 of them unavailable',
    '    errors  prometheus  every batch but the last  updated nodes against the rest, at most 0.05 higher: errors by (pod)',
  ]);
  expect(page({ application, wide: true }).join('\n')).toMatch(
    /gates +NodeApplication agents .*name: still, pods: \{maxRestarts: 0/,
  );
  expect(page().join('\n')).not.toContain('gates');
  expect(page({ application, sync: { verdict: 'unchanged' } }).join('\n')).not.toContain('MEASURES');
});
