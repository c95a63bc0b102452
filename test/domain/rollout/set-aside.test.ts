import { describe, expect, test } from 'vitest';
import type { NodeView } from '../../../domain/cluster/view.ts';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';
import { decideStep } from '../../../domain/rollout/step.ts';
import { foreignGrantMs } from '../../../domain/rollout/step-types.ts';
import { batch, grant, node, nodes, nowMs, pod, policyOf, rules, view } from './build.ts';

const down = { ready: false, readySinceMs: undefined };
const onOld = (all: NodeView[]) => all.map((one) => pod(one.name, 'old'));
const granted = (step: { grant: { node: string }[] }) => step.grant.map((one) => one.node).sort();
const held = { labels: { 'nodewave.dev/hold': 'debugging' } };
const disrupted = { taints: [{ key: 'karpenter.sh/disrupted', effect: 'PreferNoSchedule' as const }] };
const withPolicy = (change: Partial<RolloutPolicy>, more = {}) => rules({ policy: policyOf(change), ...more });

describe('a node under maintenance (S10, S35)', () => {
  const all = [node('n00', disrupted), ...nodes(4).slice(1)];

  test('is set aside like one that is NotReady, with the reason, and holds up nobody', () => {
    const step = decideStep(rules({ maxUnavailable: 4 }), view({ nodes: all, pods: onOld(all) }));
    expect(granted(step)).toEqual(['n01', 'n02', 'n03']);
    expect(step.aside).toEqual([{ node: 'n00', kind: 'deferred', why: 'being drained by Karpenter' }]);
    const arrived = all.map((one, index) => pod(one.name, index === 0 ? 'old' : 'new'));
    expect(decideStep(rules(), view({ nodes: all, pods: arrived }))).toMatchObject({ done: true, deferred: ['n00'] });
  });

  test('that is granted already keeps its pod', () => {
    const seen = view({ nodes: all, pods: onOld(all), grants: [grant('n00')], touched: new Set(['u-n00']) });
    expect(decideStep(rules(), seen).remove).toEqual([]);
  });

  test('is no word on a release that it got before, but it is out', () => {
    const rebooting = { annotations: { 'weave.works/kured-reboot-in-progress': 'x' } };
    const lost = { ready: false, notReadySinceMs: nowMs - 60_000 };
    const pods = [pod('n00', 'new', down), ...onOld(all.slice(1))];
    const seen = (change: object) =>
      view({ nodes: [node('n00', { ...lost, ...change }), ...all.slice(1)], pods, touched: new Set(['u-n00']) });
    expect(decideStep(rules(), seen({})).findings).toMatchObject([{ cause: 'NodeNotReady' }]);
    expect(decideStep(rules(), seen(rebooting))).toMatchObject({ findings: [], deferred: [], progress: { out: 1 } });
    expect(decideStep(rules(), seen(rebooting)).grant).toEqual([]);
  });

  test('is set aside on the way back, too', () => {
    const pods = all.map((one) => pod(one.name, 'new'));
    const back = rules({ direction: 'back', toHash: 'old', rules: [], maxUnavailable: 4 });
    const step = decideStep(back, view({ nodes: all, pods, touched: new Set(all.map((one) => one.uid)) }));
    expect(granted(step)).toEqual(['n01', 'n02', 'n03']);
  });

  test('upgraded by System Upgrade Controller is known by the pod that upgrades it', () => {
    const seen = view({ nodes: nodes(4), pods: onOld(nodes(4)), upgrading: new Set(['n02']) });
    expect(decideStep(rules(), seen).aside).toMatchObject([{ node: 'n02', why: expect.stringContaining('Upgrade') }]);
  });
});

describe('a node with a hold, one that the policy excludes, and a cordoned one with `skip` (S11)', () => {
  const all = [node('n00', held), node('n01', { unschedulable: true }), ...nodes(6).slice(2)];
  const policy = { exclude: { names: ['n02'] }, cordoned: 'skip' as const };

  test('are not taken, and the batch is done without them', () => {
    const step = decideStep(withPolicy(policy, { maxUnavailable: 6 }), view({ nodes: all, pods: onOld(all) }));
    expect(granted(step)).toEqual(['n03', 'n04', 'n05']);
    expect(step.progress).toMatchObject({ eligible: 6, kept: 3, batchGoal: 3 });
    expect(step.aside).toEqual([
      { node: 'n00', kind: 'kept', why: 'label nodewave.dev/hold' },
      { node: 'n01', kind: 'kept', why: 'cordoned' },
      { node: 'n02', kind: 'kept', why: 'excluded by the policy' },
    ]);
    const pods = all.map((one, index) => pod(one.name, index < 3 ? 'old' : 'new'));
    expect(decideStep(withPolicy(policy), view({ nodes: all, pods })).done).toBe(true);
  });

  test('do not count in percentages, and do count when they are out', () => {
    const half = withPolicy(policy, { rules: [batch('50%')], maxUnavailable: '50%' as const });
    expect(decideStep(half, view({ nodes: all, pods: onOld(all) })).grant).toHaveLength(2);
    const pods = onOld(all).map((one) => (['n00', 'n01'].includes(one.node) ? { ...one, ...down } : one));
    const step = decideStep(half, view({ nodes: all, pods }));
    expect(step).toMatchObject({ grant: [], progress: { out: 2 } });
    expect(step.blocked).toContain('n00, n01');
  });

  test('a hold counts on the way back, an exclusion does not: an excluded node that got the release goes back', () => {
    const back = withPolicy(policy, { direction: 'back', toHash: 'old', rules: [], maxUnavailable: 6 });
    const pods = all.map((one, index) => pod(one.name, index < 3 ? 'new' : 'old'));
    expect(granted(decideStep(back, view({ nodes: all, pods })))).toEqual(['n01', 'n02']);
  });

  test('a hold that comes between grant and delete is obeyed; the grant is void once no worker can act on it', () => {
    const at = (ageMs: number) =>
      decideStep(
        rules(),
        view({
          nodes: all,
          pods: onOld(all),
          grants: [grant('n00', { atMs: nowMs - ageMs })],
          touched: new Set(['u-n00']),
        }),
      );
    expect(at(foreignGrantMs - 1)).toMatchObject({ remove: [], settled: [], grant: [], progress: { out: 1 } });
    expect(at(foreignGrantMs)).toMatchObject({ remove: [], settled: [{ node: 'n00' }], progress: { out: 0 } });
    expect(at(foreignGrantMs).grant).toHaveLength(1);
  });

  test('a node that is cordoned after its pod was replaced stays in the batch', () => {
    const pods = [pod('n01', 'new', { ...down, createdMs: nowMs }), ...onOld(all).filter((one) => one.node !== 'n01')];
    const seen = view({ nodes: all, pods, grants: [grant('n01')], touched: new Set(['u-n01']) });
    expect(decideStep(withPolicy(policy, { rules: [batch(1)] }), seen)).toMatchObject({
      done: false,
      progress: { batchGoal: 1, inFlight: 1 },
    });
  });
});

test('a node that is cordoned after it was taken keeps its place in the batch although cordoned ones go last (S3)', () => {
  const all = [node('n00', { unschedulable: true }), ...nodes(4).slice(1)];
  const pods = [pod('n00', 'new', { ...down, createdMs: nowMs }), ...onOld(all.slice(1))];
  const seen = view({ nodes: all, pods, grants: [grant('n00')], touched: new Set(['u-n00']) });
  const step = decideStep(withPolicy({ cordoned: 'last' }, { rules: [batch(1)], maxUnavailable: 4 }), seen);
  expect(step).toMatchObject({ grant: [], progress: { batchGoal: 1 } });
});

describe('too many nodes set aside (S10, S43)', () => {
  const ill = (count: number, total: number) =>
    nodes(total).map((one, index) => (index < count ? { ...one, ready: false } : one));

  test.each<[string, number, number, Partial<RolloutPolicy>, boolean]>([
    ['one of a few may be: 10 %, rounded up, at least 1', 1, 4, {}, false],
    ['two of ten are too many', 2, 10, {}, true],
    ['two of eleven are not', 2, 11, {}, false],
    ['a count', 3, 20, { maxDeferred: 3 }, false],
    ['one more than a count', 4, 20, { maxDeferred: 3 }, true],
    ['none', 1, 20, { maxDeferred: 0 }, true],
  ])('%s', (_name, count, total, policy, expected) => {
    const all = ill(count, total);
    const step = decideStep(withPolicy(policy), view({ nodes: all, pods: onOld(all) }));
    expect(step.outage).toBeNull();
    expect(step.grant).toHaveLength(expected ? 0 : 1);
    if (expected) expect(step.blocked).toContain(`${count} nodes are set aside (n00: NotReady`);
    else expect(step.blocked).toBeNull();
    // What is left to be done is not called done without them.
    const arrived = all.map((one, index) => pod(one.name, index < count ? 'old' : 'new'));
    expect(decideStep(withPolicy(policy), view({ nodes: all, pods: arrived })).done).toBe(!expected);
  });

  test('nodes in flight finish', () => {
    const all = ill(2, 10);
    const seen = view({ nodes: all, pods: onOld(all), grants: [grant('n05')], touched: new Set(['u-n05']) });
    expect(decideStep(rules(), seen)).toMatchObject({ remove: [{ node: 'n05' }], grant: [] });
  });

  test('the way back does not wait for ill nodes', () => {
    const all = ill(2, 10);
    const pods = all.map((one) => pod(one.name, 'new'));
    const back = rules({ direction: 'back', toHash: 'old', rules: [] });
    const step = decideStep(back, view({ nodes: all, pods, touched: new Set(all.map((one) => one.uid)) }));
    expect(step.grant).toHaveLength(1);
    expect(step.blocked).toBeNull();
  });

  test('a node that returns is taken up within the batch (S43)', () => {
    const all = ill(1, 10);
    const pods = all.map((one, index) => pod(one.name, index === 0 ? 'old' : 'new'));
    expect(decideStep(rules(), view({ nodes: all, pods }))).toMatchObject({ done: true, deferred: ['n00'] });
    const back = decideStep(rules(), view({ nodes: nodes(10), pods }));
    expect(back).toMatchObject({ done: false, grant: [{ node: 'n00' }], deferred: [] });
  });

  test('when every node is set aside nothing is concluded, whatever the reason', () => {
    const all = nodes(3).map((one) => ({ ...one, ...disrupted }));
    const step = decideStep(rules(), view({ nodes: all, pods: onOld(all) }));
    expect(step).toMatchObject({
      done: false,
      grant: [],
      outage: expect.stringContaining('being drained by Karpenter'),
    });
  });
});
