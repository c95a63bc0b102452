import { describe, expect, test } from 'vitest';
import type { NodeView } from '../../../domain/cluster/view.ts';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';
import { decideStep } from '../../../domain/rollout/step.ts';
import type { StepView } from '../../../domain/rollout/step-types.ts';
import { grant, nodes, nowMs, pod, policyOf, rules, view } from './build.ts';

const down = { ready: false, readySinceMs: undefined };
const onOld = (all: NodeView[]) => all.map((one) => pod(one.name, 'old'));
const decide = (policy: Partial<RolloutPolicy>, seen: Partial<StepView>, more = {}) =>
  decideStep(rules({ maxUnavailable: 100, policy: policyOf(policy), ...more }), view(seen));
const granted = (step: { grant: { node: string }[] }) => step.grant.map((one) => one.node);

describe('maxUnavailablePer: never two of a rack (S14)', () => {
  const racks = nodes(12).map(
    (one, index): NodeView => ({ ...one, labels: index < 10 ? { rack: `r${index % 2}` } : {} }),
  );
  const rackOf = (name: string) => racks.find((one) => one.name === name)?.labels.rack ?? 'none';
  const perRack = { maxUnavailablePer: [{ key: 'rack', max: 1 }] };
  const taken = (step: { grant: { node: string }[] }) => granted(step).map(rackOf).sort();

  test('one of each value at once; nodes without the label are a group of their own', () => {
    expect(taken(decide(perRack, { nodes: racks, pods: onOld(racks) }))).toEqual(['none', 'r0', 'r1']);
  });

  test('the budget over all nodes counts as well', () => {
    expect(decide(perRack, { nodes: racks, pods: onOld(racks) }, { maxUnavailable: 2 }).grant).toHaveLength(2);
  });

  test.each([
    ['is out for another reason', { pods: [pod('n00', 'old', down), ...onOld(racks).slice(1)] }, ['n00']],
    ['was granted', { pods: onOld(racks), grants: [grant('n00')], touched: new Set(['u-n00']) }, []],
    [
      'is on its way',
      {
        pods: [pod('n00', 'new', { ...down, createdMs: nowMs }), ...onOld(racks).slice(1)],
        touched: new Set(['u-n00']),
      },
      [],
    ],
  ])('nothing else of a rack is taken while a node of it %s', (_name, seen, ofR0) => {
    const step = decide(perRack, { nodes: racks, ...seen });
    expect(granted(step).filter((name) => rackOf(name) === 'r0')).toEqual(ofR0);
    expect(taken(step)).toContain('r1');
  });

  test('a percentage is of the nodes of that value, rounded up; deferred nodes do not count', () => {
    const half = { maxUnavailablePer: [{ key: 'rack', max: '50%' as const }] };
    expect(taken(decide(half, { nodes: racks, pods: onOld(racks) }))).toEqual([
      'none',
      'r0',
      'r0',
      'r0',
      'r1',
      'r1',
      'r1',
    ]);
    const ill = racks.map((one, index) => (index === 0 ? { ...one, ready: false } : one));
    expect(taken(decide(half, { nodes: ill, pods: onOld(racks) }))).toEqual(['none', 'r0', 'r0', 'r1', 'r1', 'r1']);
  });

  test('is asked again between grant and delete', () => {
    const pods = [pod('n00', 'old', down), ...onOld(racks).slice(1)];
    const grants = [grant('n02'), grant('n01')];
    const step = decide(perRack, { nodes: racks, pods, grants, touched: new Set(['u-n02', 'u-n01']) });
    expect(step.remove.map((one) => one.node)).toEqual(['n01']);
  });

  test('says so when nothing moves because of it', () => {
    const two = racks.slice(0, 4).map((one) => ({ ...one, labels: { rack: 'r0' } }));
    const pods = [pod('n00', 'new', { ...down, createdMs: nowMs }), ...onOld(two).slice(1)];
    expect(decide(perRack, { nodes: two, pods }).blocked).toContain('1 nodes with rack=r0 have no available pod');
  });

  test('a release that is down on a whole rack still goes back, one of it at a time (S39)', () => {
    const pods = racks.map((one) =>
      pod(one.name, rackOf(one.name) === 'r0' ? 'new' : 'old', rackOf(one.name) === 'r0' ? down : {}),
    );
    const back = { direction: 'back' as const, toHash: 'old', rules: [] };
    const step = decide(perRack, { nodes: racks, pods, touched: new Set(racks.map((one) => one.uid)) }, back);
    expect(taken(step)).toEqual(['r0']);
  });
});

describe('ramp', () => {
  const all = nodes(20);
  const ramp = (startWith: number, cap?: number) => ({ ramp: { startWith, ...(cap === undefined ? {} : { cap }) } });
  const arrived = (count: number) => ({
    nodes: all,
    pods: all.map((one, index) => pod(one.name, index < count ? 'new' : 'old')),
    touched: new Set(all.slice(0, count).map((one) => one.uid)),
  });

  test.each([
    ['begins with startWith', 2, undefined, 0, 2],
    ['doubles with a full round of successes', 2, undefined, 2, 4],
    ['and doubles again', 2, undefined, 6, 8],
    ['up to the cap', 2, 5, 6, 5],
  ])('%s', (_name, startWith, cap, done, expected) => {
    expect(decide(ramp(startWith, cap), arrived(done)).grant).toHaveLength(expected);
  });

  test('up to the budget', () => {
    expect(decide(ramp(2), arrived(6), { maxUnavailable: 3 }).grant).toHaveLength(3);
  });

  test('counts nodes that are on their way', () => {
    const seen = arrived(2);
    const pods = seen.pods.map((one) => (one.node === 'n02' ? pod('n02', 'new', { ...down, createdMs: nowMs }) : one));
    const step = decide(ramp(2), { ...seen, pods, grants: [grant('n02'), grant('n03')] });
    expect(step.grant).toHaveLength(2);
  });

  test('nodes that came back on last good in a pause are not on their way', () => {
    const pods = [pod('n00', 'old', { uid: 'again' }), ...onOld(all).slice(1)];
    const step = decide(ramp(1), { nodes: all, pods, grants: [grant('n00')], touched: new Set(['u-n00']) });
    expect(granted(step)).toEqual(['n00']);
  });

  test('the way back is not slowed down', () => {
    const back = { direction: 'back' as const, toHash: 'old', rules: [] };
    expect(decide(ramp(1), arrived(9), back).grant).toHaveLength(9);
  });
});

describe('podsPerMinute: no image pull storm, whoever counts (S7)', () => {
  const all = nodes(20);
  const young = (count: number, ageMs: number) => ({
    nodes: all,
    pods: all.map((one, index) =>
      index < count ? pod(one.name, 'new', { createdMs: nowMs - ageMs }) : pod(one.name, 'old'),
    ),
    touched: new Set(all.slice(0, count).map((one) => one.uid)),
  });

  test.each([
    ['as many as it allows', 0, 0, 5],
    ['pods that were made within the last minute count', 3, 30_000, 2],
    ['creation times are whole seconds', 3, 60_999, 2],
    ['older ones do not', 3, 61_000, 5],
    ['none more', 5, 1_000, 0],
  ])('%s', (_name, count, ageMs, expected) => {
    expect(decide({ podsPerMinute: 5 }, young(count, ageMs)).grant).toHaveLength(expected);
  });

  test('nodes that are granted or without a pod will have one', () => {
    const pods = onOld(all).filter((one) => one.node !== 'n01');
    const grants = [grant('n00'), grant('n01')];
    const step = decide({ podsPerMinute: 5 }, { nodes: all, pods, grants, touched: new Set(['u-n00', 'u-n01']) });
    expect(step.grant).toHaveLength(3);
    expect(step.remove).toHaveLength(1);
  });

  test('a pod is not deleted either while the minute is used up: its grant may have waited for long', () => {
    const seen = young(5, 1_000);
    const step = decide({ podsPerMinute: 5 }, { ...seen, grants: [grant('n10')] });
    expect([step.remove, step.grant]).toEqual([[], []]);
  });

  test('a pod of this very minute is not replaced again, or nobody could count it any more', () => {
    const pods = [pod('n00', 'old', { createdMs: nowMs - 60_000 }), ...onOld(all).slice(1)];
    expect(granted(decide({ podsPerMinute: 30 }, { nodes: all, pods }))).not.toContain('n00');
    expect(granted(decide({}, { nodes: all, pods }))).toContain('n00');
    const touched = new Set(['u-n00']);
    const seen = { nodes: all, pods, grants: [grant('n00')], touched };
    expect(decide({ podsPerMinute: 30 }, seen).remove).toEqual([]);
  });

  test('grants of nodes that are back on last good after a pause do not use it up for ever', () => {
    const pods = [pod('n00', 'old', { uid: 'again' }), ...onOld(all).slice(1)];
    const step = decide(
      { podsPerMinute: 1 },
      { nodes: all, pods, grants: [grant('n00')], touched: new Set(['u-n00']) },
    );
    expect(granted(step)).toEqual(['n00']);
  });
});
