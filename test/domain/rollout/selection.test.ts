import { describe, expect, test } from 'vitest';
import { arrange } from '../../../domain/rollout/arrange.ts';
import { coveredNodes } from '../../../domain/rollout/batches.ts';
import { goesLast, holdLabel, keptWhy } from '../../../domain/rollout/keep.ts';
import { nodeOrder } from '../../../domain/rollout/order.ts';
import type { BatchSpec, NodeSelection, RolloutPolicy } from '../../../domain/rollout/policy.ts';
import { selects } from '../../../domain/rollout/selection.ts';
import { batch, node, nodes } from './build.ts';

const gpu = node('g1', { labels: { pool: 'gpu', zone: 'a' } });
const plain = node('p1', { labels: { pool: 'plain' } });

describe('a selection', () => {
  test.each<[string, NodeSelection | undefined, boolean, boolean]>([
    ['none', undefined, false, false],
    ['an empty one', {}, false, false],
    ['an empty list of names', { names: [] }, false, false],
    ['names', { names: ['g1', 'x'] }, true, false],
    ['labels', { matchLabels: { pool: 'gpu' } }, true, false],
    ['all labels', { matchLabels: { pool: 'gpu', zone: 'b' } }, false, false],
    ['an expression', { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, true, false],
    [
      'an expression about a label that is not there',
      { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] },
      false,
      true,
    ],
    [
      'labels and expressions',
      { matchLabels: { pool: 'gpu' }, matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
      false,
      false,
    ],
    ['names beside labels', { names: ['p1'], matchLabels: { pool: 'gpu' } }, true, true],
    [
      'a label that every object seems to have',
      { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] },
      false,
      false,
    ],
  ])('%s', (_name, selection, ofGpu, ofPlain) => {
    expect([selects(selection, gpu), selects(selection, plain)]).toEqual([ofGpu, ofPlain]);
  });
});

describe('batches of selected nodes', () => {
  const pools = [
    ...nodes(6).map((one) => ({ ...one, labels: { pool: 'plain' } })),
    gpu,
    { ...gpu, name: 'g2', uid: 'g2' },
  ];
  const names = (rules: BatchSpec[], upTo: number) =>
    [...coveredNodes(pools, rules, upTo)].map((uid) => pools.find((one) => one.uid === uid)?.name);

  test('by name, by labels, with a count, a percentage of the selected ones and per label value', () => {
    expect(names([batch('100%', { select: { names: ['n03', 'g2', 'gone'] } })], 0)).toEqual(['n03', 'g2']);
    expect(names([batch(1, { select: { matchLabels: { pool: 'gpu' } } })], 0)).toEqual(['g1']);
    expect(names([batch('50%', { select: { matchLabels: { pool: 'plain' } } })], 0)).toHaveLength(3);
    expect(
      names([batch(1, { select: { matchExpressions: [{ key: 'pool', operator: 'Exists' }] }, per: 'pool' })], 0),
    ).toEqual(['g1', 'n00']);
  });

  test('a percentage is cumulative within the selection (S3)', () => {
    const select = { matchLabels: { pool: 'plain' } };
    const rules = [batch(1, { select: { names: ['n00'] } }), batch('50%', { select }), batch('100%', { select })];
    expect([0, 1, 2].map((upTo) => names(rules, upTo).length)).toEqual([1, 3, 6]);
  });

  test('one that matches nothing covers nothing', () => {
    expect(names([batch('100%', { select: { names: ['gone'] } })], 0)).toEqual([]);
  });
});

const policy = (change: Partial<RolloutPolicy>) => change as RolloutPolicy;

describe('what keeps a node out of a rollout', () => {
  const held = node('h', { labels: { [holdLabel]: '' } });
  const cordoned = node('c', { unschedulable: true });

  test.each([
    ['a hold, both ways, whatever its value', {}, held, false, `label ${holdLabel}`, `label ${holdLabel}`],
    ['an exclusion, forward only', { exclude: { names: ['n'] } }, node('n'), false, 'excluded by the policy', null],
    ['a cordon with `skip`, forward only (S11)', { cordoned: 'skip' as const }, cordoned, false, 'cordoned', null],
    ['not one that came after its pod was replaced', { cordoned: 'skip' as const }, cordoned, true, null, null],
    ['not a cordon by default', {}, cordoned, false, null, null],
    ['nor with `last`', { cordoned: 'last' as const }, cordoned, false, null, null],
  ])('%s', (_name, change, one, replaced, forward, back) => {
    expect(keptWhy(policy(change), 'forward', one, replaced)).toBe(forward);
    expect(keptWhy(policy(change), 'back', one, replaced)).toBe(back);
  });

  test('without a policy, as in rollouts of before, only a hold does', () => {
    expect(keptWhy(undefined, 'forward', cordoned, false)).toBeNull();
    expect(keptWhy(undefined, 'forward', held, false)).toBe(`label ${holdLabel}`);
  });
});

describe('the order (S2, S11)', () => {
  const facts = (all: ReturnType<typeof nodes>, change: Record<string, object> = {}) =>
    all.map((one) => ({ node: one, touched: false, astray: false, late: false, ...change[one.name] }));
  const inOrder = (all: ReturnType<typeof facts>, spread?: string) =>
    arrange(all, nodeOrder('7'), spread).map((one) => one.node.name);

  test('taken ones, then those left behind on a bad release, then all others, then those that go last', () => {
    const change = { n05: { late: true }, n02: { late: true }, n04: { astray: true }, n01: { touched: true } };
    const order = inOrder(facts(nodes(8), change));
    expect(order.slice(0, 2)).toEqual(['n01', 'n04']);
    expect(order.slice(-2).sort()).toEqual(['n02', 'n05']);
    // Inside, as without any mark.
    const inside = inOrder(facts(nodes(8))).filter((name) => order.slice(2, 6).includes(name));
    expect(order.slice(2, 6)).toEqual(inside);
  });

  const racks = nodes(9).map((one, index) => ({ ...one, labels: { rack: `r${index < 5 ? 0 : index < 8 ? 1 : 2}` } }));
  const rackOf = (name: string) => racks.find((one) => one.name === name)?.labels.rack;

  test('spread alternates over the values of a label, as long as there are any left', () => {
    const order = inOrder(facts(racks), 'rack').map(rackOf);
    expect(new Set(order.slice(0, 3)).size).toBe(3);
    expect(new Set(order.slice(3, 5)).size).toBe(2);
    expect(order.slice(-2)).toEqual(['r0', 'r0']);
    expect(inOrder(facts([...racks].reverse()), 'rack')).toEqual(inOrder(facts(racks), 'rack'));
  });

  test('spread goes on where it was: values of which nodes were taken come later', () => {
    const change = { n00: { touched: true }, n01: { touched: true }, n05: { touched: true } };
    const rest = inOrder(facts(racks, change), 'rack').slice(3).map(rackOf);
    expect(rest.slice(0, 2)).toEqual(['r2', 'r1']);
    expect(rest.slice(2, 4).sort()).toEqual(['r0', 'r1']);
  });

  test('`last`, own nodes and cordoned ones where the policy says so', () => {
    const control = node('c', { labels: { role: 'control-plane' } });
    const last = { last: { matchLabels: { role: 'control-plane' } } };
    expect(goesLast(policy(last), undefined, control)).toBe(true);
    expect(goesLast(policy(last), undefined, node('n'))).toBe(false);
    expect(goesLast(undefined, new Set(['n']), node('n'))).toBe(true);
    expect(goesLast(policy({ cordoned: 'last' }), undefined, node('n', { unschedulable: true }))).toBe(true);
    expect(goesLast(policy({}), undefined, node('n', { unschedulable: true }))).toBe(false);
  });

  test('no batch covers a node that goes last while others are left, `per` included', () => {
    const all = nodes(6).map((one, index) => ({ ...one, labels: { pool: index < 4 ? 'work' : 'control' } }));
    const late = new Set(['u-n04', 'u-n05']);
    const covered = (rules: BatchSpec[]) => [...coveredNodes(all, rules, rules.length - 1, late)].sort();
    expect(covered([batch(1, { per: 'pool' })])).toEqual(['u-n00']);
    expect(covered([batch(3), batch(2)])).toEqual(['u-n00', 'u-n01', 'u-n02', 'u-n03', 'u-n04']);
    expect(covered([batch('100%')])).toHaveLength(6);
    // A batch that names them means them.
    expect(covered([batch('100%', { select: { names: ['n05'] } })])).toEqual(['u-n05']);
  });
});
