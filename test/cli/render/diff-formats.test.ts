import { describe, expect, test } from 'vitest';
import { diffPage } from '../../../cli/render/diff.ts';
import { diffMarkdown } from '../../../cli/render/diff-markdown.ts';
import { unifiedDiff } from '../../../cli/render/diff-unified.ts';
import type { FieldChange, Preview, ShownBatchPlan } from '../../../domain/sync.ts';
import { preview } from '../fixtures.ts';

const owner = { manager: 'tuner', operation: 'Update' as const, time: '2026-01-30T10:00:00Z' };
const level: FieldChange = {
  path: 'data.level',
  before: 'debug',
  after: 'info',
  class: 'noRestart',
  owner: 'tuner (Update)',
  owners: [owner],
  ignoreRule: '{kind: ConfigMap, name: settings, jsonPointer: /data/level}',
};
const settings = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  namespace: 'monitoring',
  name: 'settings',
  action: 'configure' as const,
};

/** One drifted ConfigMap. */
const drifted = (change: Partial<Preview['objects'][number]> = {}): Preview =>
  preview({ objects: [{ ...settings, fields: [level], ...change }] });

/** What a rollout of 60 pods costs. */
function withCost(): Preview {
  const cost = {
    pods: 60,
    zones: { a: 40, b: 20 },
    pools: { std: 60 },
    nodeMs: 9_000,
    basis: 'measured' as const,
    expectedMs: 1_500_000,
    approvals: 1,
  };
  const plan: ShownBatchPlan = {
    namespace: 'monitoring',
    name: 'log-agent',
    batches: [],
    maxUnavailable: '20%',
    budget: 12,
    census: { eligible: 60, zones: {}, pools: {} },
    notes: [],
    cost,
  };
  return preview({ batchPlans: [plan] });
}

describe('the page', () => {
  test('says what a rollout costs, in the table and by zone and pool', () => {
    const page = diffPage(withCost());
    expect(page).toContain(
      'configure  DaemonSet  monitoring  log-agent  rolled out in batches: 60 pods restart, about 25m',
    );
    expect(page.join('\n')).toContain(
      [
        'DaemonSet monitoring/log-agent restarts 60 pods, at most 12 at once',
        '  zones  a 40, b 20',
        '  pools  std 60',
        '  time   about 25m (9s a node, as the pods that run now took) plus the time that old pods take to end, and 1 approval',
      ].join('\n'),
    );
  });

  test('shows the owner with its time, and a rule that leaves the field to it', () => {
    const page = diffPage(drifted()).join('\n');
    expect(page).toContain('data.level  debug   info   no restart  tuner (Update, 2026-01-30T10:00:00Z)');
    expect(page).toContain(
      'To leave a field to its owner, add its rule to spec.ignore:\n  - {kind: ConfigMap, name: settings, jsonPointer: /data/level}',
    );
  });

  test.each([
    ['overridden', 'a webhook, a policy or the API server makes it so'],
    ['kept', 'no longer in git, kept by another owner, tuner (Update, 2026-01-30T10:00:00Z)'],
    ['ignored', 'left alone by spec.ignore, tuner (Update, 2026-01-30T10:00:00Z)'],
  ] as const)('of what is not changed says why: %s', (note, why) => {
    const owners = note === 'overridden' ? {} : { owners: [owner] };
    const notes = [{ path: 'data.x', note, git: '1', cluster: '2', ...owners }];
    const page = diffPage(drifted({ action: 'unchanged', fields: [], notes })).join('\n');
    expect(page).toContain(`data.x       1    2        ${why}`);
  });

  test.each([
    ['admission', 'no restart (set by a webhook or policy)'],
    ['default', 'no restart (a default)'],
    ['server', 'no restart (set by the API server or a webhook)'],
  ] as const)('names who sets what git does not state: %s', (setBy, cost) => {
    expect(diffPage(drifted({ fields: [{ ...level, setBy }] })).join('\n')).toContain(cost);
  });

  test('says of an object that a sync would refuse it', () => {
    const page = diffPage(drifted({ refusal: 'because' }));
    expect(page).toContain('configure  ConfigMap  monitoring  settings  refused, see below');
  });
});

test('a unified diff can be told from which commit, and an object that is new', () => {
  const patch = (name: string, text: string) => ({ ...settings, name, patch: text });
  const base = drifted();
  const objects = [...base.objects, { ...settings, name: 'new', action: 'create' as const, fields: [] }];
  const shown = { ...base, objects, patches: [patch('settings', '@@ a\n-x\n+y\n'), patch('new', '@@ b\n+z\n')] };
  expect(unifiedDiff(shown)).toEqual([
    '--- cluster/ConfigMap/monitoring/settings',
    '+++ ab12cd3/ConfigMap/monitoring/settings',
    '@@ a',
    '-x',
    '+y',
    '--- /dev/null',
    '+++ ab12cd3/ConfigMap/monitoring/new',
    '@@ b',
    '+z',
  ]);
  expect(unifiedDiff({ ...shown, truncated: true }).at(-1)).toMatch(/left out/);
});

describe('Markdown', () => {
  test('has a table of objects, then one of fields', () => {
    const page = diffMarkdown(drifted());
    expect(page[0]).toBe('### Changes of commit `ab12cd3` Agent 1\\.4');
    expect(page).toContain('| configure | `ConfigMap` | `monitoring` | `settings` |  |');
    expect(page).toContain(
      '| `data.level` | `debug` | `info` | no restart | tuner \\(Update, 2026\\-01\\-30T10\\:00\\:00Z\\) |',
    );
  });

  test.each([
    ['a|b', '`a\\|b`'],
    ['`x` <img src=x>', '`` `x` <img src=x> ``'],
    ['@everyone', '`@everyone`'],
  ])('shows the value %s as it is', (after, shown) => {
    expect(diffMarkdown(drifted({ fields: [{ ...level, after }] })).join('\n')).toContain(`| ${shown} |`);
  });
});
