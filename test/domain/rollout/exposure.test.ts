import { describe, expect, test } from 'vitest';
import { unplannedExposure } from '../../../domain/rollout/exposure.ts';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';
import { decideStep } from '../../../domain/rollout/step.ts';
import { container, grant, nodes, pod, policyOf, rules, view } from './build.ts';

const all = nodes(12);
/** n00 was taken, the next `count` nodes run the new template by themselves. */
const seen = (count: number, change = {}) =>
  view({
    nodes: all,
    pods: all.map((one, index) => pod(one.name, index <= count ? 'new' : 'old', index === 1 ? change : {})),
    grants: [grant('n00')],
    touched: new Set(['u-n00']),
  });
const asked = (count: number, change: Partial<RolloutPolicy>, more = {}) => {
  const given = rules({ policy: policyOf(change), ...more });
  return unplannedExposure(given, decideStep(given, seen(count)));
};

describe('unplanned exposure (S27)', () => {
  test('is counted and named, and judged by the same gates', () => {
    expect(decideStep(rules(), seen(2))).toMatchObject({ exposed: ['n01', 'n02'], progress: { exposed: 2 } });
    const crashing = { ready: false, containers: [container({ waitingReason: 'CrashLoopBackOff' })] };
    expect(decideStep(rules(), seen(2, crashing)).findings).toMatchObject([{ node: 'n01', cause: 'CrashLoopBackOff' }]);
  });

  test('is watched unless the policy says pause', () => {
    expect(asked(2, {})).toBeNull();
    expect(asked(2, { onUnplannedExposure: 'watch' })).toBeNull();
    expect(asked(0, { onUnplannedExposure: 'pause' })).toBeNull();
    expect(asked(1, { onUnplannedExposure: 'pause' })).toContain(
      '1 node runs the new template without having been taken (n01)',
    );
    expect(asked(7, { onUnplannedExposure: 'pause' })).toContain('7 nodes run');
    expect(asked(7, { onUnplannedExposure: 'pause' })).toContain('n05 and 2 more');
  });

  test('a person who sent it on has seen those of then, and no others', () => {
    const pause = { onUnplannedExposure: 'pause' as const };
    expect(asked(2, pause, { acceptedExposure: ['n01', 'n02'] })).toBeNull();
    expect(asked(3, pause, { acceptedExposure: ['n01', 'n02'] })).toContain('1 node runs');
  });

  test('is part of a rollback, which it does not stop', () => {
    const back = rules({
      direction: 'back',
      toHash: 'old',
      rules: [],
      maxUnavailable: 9,
      policy: policyOf({ onUnplannedExposure: 'pause' }),
    });
    const step = decideStep(back, seen(2));
    expect(step.grant.map((one) => one.node).sort()).toEqual(['n00', 'n01', 'n02']);
    expect(unplannedExposure(back, step)).toBeNull();
  });
});
