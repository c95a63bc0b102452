import { describe, expect, test } from 'vitest';
import { diffPage, effect, hasChanges } from '../../../cli/render/diff.ts';
import type { DaemonSetSync, Preview } from '../../../domain/sync.ts';
import { preview } from '../fixtures.ts';

function withSync(change: Partial<DaemonSetSync>, objects: Preview['objects'] = []): Preview {
  const base = preview();
  const daemonSets = base.plan.daemonSets.map((sync) => ({ ...sync, ...change }));
  return { ...base, plan: { ...base.plan, daemonSets }, objects };
}

test('objects first, then their fields with cost and owner', () => {
  expect(diffPage(preview())).toEqual([
    'Commit ab12cd3 Agent 1.4',
    '',
    'OP         KIND       NAMESPACE   NAME       EFFECT',
    'create     ConfigMap  monitoring  settings',
    'configure  DaemonSet  monitoring  log-agent  rolled out in batches',
    '',
    'DaemonSet monitoring/log-agent',
    '  FIELD                                       BEFORE     AFTER      COST           OWNER',
    '  spec.template.spec.containers[agent].image  agent:1.3  agent:1.4  restarts pods  nodewave:agents (Apply)',
    '  metadata.labels.team                        (none)     edge       no restart     -',
    '',
    '1 to create, 1 to configure, 1 unchanged.',
  ]);
});

test('what was left out and what is to be known are said', () => {
  const base = preview();
  const page = diffPage({
    ...base,
    truncated: true,
    plan: { ...base.plan, warnings: ['ConfigMap x reaches 60 nodes at once'] },
  });
  expect(page).toContain('Some field changes were left out here because there are too many.');
  expect(page).toContain('Warning: ConfigMap x reaches 60 nodes at once');
});

describe('whether there are changes', () => {
  const unchanged = preview().objects.map((object) => ({ ...object, action: 'unchanged' as const }));
  test('not when every object is as git wants it', () => {
    expect(hasChanges(withSync({ verdict: 'unchanged' }, unchanged))).toBe(false);
    expect(diffPage(withSync({ verdict: 'unchanged' }, unchanged)).at(-1)).toBe(
      'No changes: the cluster has what git asks for.',
    );
  });
  test('an adoption is one, although no field differs', () => {
    const adopted = withSync({ verdict: 'unchanged', adopt: true }, unchanged);
    expect(hasChanges(adopted)).toBe(true);
    expect(diffPage(adopted)).toContain('adopt  DaemonSet  monitoring  log-agent  adopted without a restart');
  });
  test('so is a DaemonSet that is to be pruned, although nothing of the commit differs', () => {
    const same = withSync({ verdict: 'unchanged' }, unchanged);
    const prune = [{ namespace: 'monitoring', name: 'old', uid: 'u1', pods: 4 }];
    const pruning = { ...same, plan: { ...same.plan, prune } };
    expect(hasChanges(pruning)).toBe(true);
    expect(diffPage(pruning).join('\n')).toContain(', 1 to delete.');
  });

  test('so is what is held', () => {
    expect(hasChanges(withSync({ verdict: 'held' }, unchanged))).toBe(true);
  });
});

test.each([
  [{ verdict: 'install' }, 'installed on all nodes at once'],
  [{ verdict: 'rollout' }, 'rolled out in batches'],
  [{ verdict: 'rollout', adopt: true }, 'adopted without a restart, then rolled out in batches'],
  [{ verdict: 'configure' }, 'no pod restarts'],
  [{ verdict: 'configure', adopt: true }, 'adopted without a restart'],
  [{ verdict: 'held' }, 'held: last good keeps running'],
  [{ verdict: 'unchanged' }, ''],
] as const)('effect of %j', (change, text) => {
  expect(effect(withSync(change).plan.daemonSets[0])).toBe(text);
});
