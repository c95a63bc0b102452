import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeView } from '../../../domain/cluster/view.ts';
import { completeRules, coveredNodes, restBatchName } from '../../../domain/rollout/batches.ts';
import { budgetOf, mayTake, resolveIntOrPercent } from '../../../domain/rollout/budget.ts';
import { nodeOrder, orderKey } from '../../../domain/rollout/order.ts';
import type { BatchSpec, IntOrPercent } from '../../../domain/rollout/policy.ts';
import { batch, node, nodes } from './build.ts';

const zoneKey = 'topology.kubernetes.io/zone';
const inZone = (name: string, zone: string) => node(name, { labels: { [zoneKey]: zone } });
/** How many nodes each batch covers, cumulative. */
const goals = (all: NodeView[], rules: BatchSpec[]) => rules.map((_, upTo) => coveredNodes(all, rules, upTo).size);

describe('budget', () => {
  test.each<[IntOrPercent, number, number]>([
    [3, 10, 3],
    [3, 1, 3],
    ['10%', 100, 10],
    ['10%', 101, 11],
    ['10%', 1, 1],
    ['10%', 0, 0],
    ['100%', 7, 7],
    ['1%', 5_000, 50],
    // In floating point these would be a hair above the whole number and round up once too often.
    ['7%', 100, 7],
    ['29%', 100, 29],
    ['57%', 100, 57],
  ])('%s of %i nodes are %i, rounded up (S3)', (value, total, expected) => {
    expect(resolveIntOrPercent(value, total)).toBe(expected);
  });

  test('is never below one, or no rollout could move', () => {
    expect(budgetOf('10%', 0)).toBe(1);
    expect(budgetOf('1%', 3)).toBe(1);
    expect(budgetOf('34%', 3)).toBe(2);
  });

  test.each([
    [1, 0, false, true],
    [1, 1, false, false],
    [1, 1, true, true],
    [1, 2, true, false],
    [5, 4, false, true],
    [5, 5, false, false],
    [5, 5, true, true],
    [5, 6, true, false],
  ])(
    'with a budget of %i, %i out, the node itself out: %s, it may be taken: %s (S14)',
    (budget, out, nodeIsOut, expected) => {
      expect(mayTake({ budget, out, nodeIsOut })).toBe(expected);
    },
  );
});

describe('batches', () => {
  test('percentages are cumulative, rounded up (S3)', () => {
    const rules = [batch('1%'), batch('25%'), batch('50%'), batch('100%')];
    expect(goals(nodes(10), rules)).toEqual([1, 3, 5, 10]);
    expect(goals(nodes(3), rules)).toEqual([1, 1, 2, 3]);
    expect(goals([], rules)).toEqual([0, 0, 0, 0]);
  });

  test('counts add to what is covered already', () => {
    expect(goals(nodes(10), [batch(1), batch(5), batch('70%'), batch(2), batch('100%')])).toEqual([1, 6, 7, 9, 10]);
  });

  test('a percentage below what is covered adds nothing', () => {
    expect(goals(nodes(10), [batch(6), batch('50%')])).toEqual([6, 6]);
  });

  test('a count beyond the cluster covers the cluster', () => {
    expect(goals(nodes(3), [batch(50)])).toEqual([3]);
  });

  test('per label value, nodes without the label being a group of their own', () => {
    const all = [inZone('a1', 'a'), inZone('a2', 'a'), inZone('a3', 'a'), inZone('b1', 'b'), node('x1'), node('x2')];
    const covered = coveredNodes(all, [batch(1, { per: zoneKey })], 0);
    expect(covered).toEqual(new Set(['u-a1', 'u-b1', 'u-x1']));
    expect(goals(all, [batch(1, { per: zoneKey }), batch('50%', { per: zoneKey }), batch('100%')])).toEqual([3, 4, 6]);
  });

  test('a label that every object seems to have groups nothing', () => {
    expect(goals(nodes(3), [batch(1, { per: 'constructor' })])).toEqual([1]);
  });

  const rule = fc.record({
    nodes: fc.oneof(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 100 }).map((share): IntOrPercent => `${share}%`),
    ),
    per: fc.constantFrom(undefined, zoneKey),
  });
  const someRules = fc
    .array(rule, { minLength: 1, maxLength: 5 })
    .map((all) => all.map((one) => batch(one.nodes, one)));
  const someNodes = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 40, size: 'max' })
    .map((zones) => zones.map((zone, index) => (zone === '' ? node(`n${index}`) : inZone(`n${index}`, zone))));

  test('only grow from one to the next, and the last covers all nodes', () => {
    fc.assert(
      fc.property(someNodes, someRules, (all, written) => {
        const { rules } = completeRules(written);
        let before = new Set<string>();
        for (let upTo = 0; upTo < rules.length; upTo++) {
          const covered = coveredNodes(all, rules, upTo);
          expect([...before].filter((uid) => !covered.has(uid))).toEqual([]);
          before = covered;
        }
        expect(before.size).toBe(all.length);
      }),
      { seed: 20_260_105, numRuns: 200 },
    );
  });

  test('a node that joins or leaves never moves a node that was taken out of a percentage batch that still covers as many', () => {
    fc.assert(
      fc.property(someNodes, fc.integer({ min: 1, max: 100 }), fc.nat(), (all, share, leaving) => {
        const rules = [batch(`${share}%`)];
        const taken = coveredNodes(all, rules, 0);
        const others = all.filter((one) => !taken.has(one.uid));
        const gone = others[leaving % Math.max(1, others.length)];
        const now = [
          ...all.filter((one) => taken.has(one.uid)),
          ...others.filter((one) => one !== gone),
          node('joined'),
          node('too'),
        ];
        expect([...taken].filter((uid) => !coveredNodes(now, rules, 0).has(uid))).toEqual([]);
      }),
      { seed: 20_260_106, numRuns: 200 },
    );
  });
});

describe('rules that end below 100 % get a last batch', () => {
  test.each<[string, BatchSpec[], boolean]>([
    ['no rules', [], true],
    ['a count', [batch(5)], true],
    ['99 %', [batch('99%')], true],
    ['100 % and then a count', [batch('100%'), batch(1)], true],
    ['100 %', [batch(1), batch('100%')], false],
    ['100 % of each zone', [batch('100%', { per: zoneKey })], false],
  ])('%s', (_name, written, added) => {
    const given = structuredClone(written);
    const made = completeRules(written);
    expect(made.added).toBe(added);
    expect(made.rules.slice(0, written.length)).toEqual(written);
    expect(made.rules.length - written.length).toBe(added ? 1 : 0);
    if (added) expect(made.rules.at(-1)).toEqual({ name: restBatchName, nodes: '100%', soakMs: 0 });
    expect(written).toEqual(given);
  });
});

describe('the order of nodes (S2)', () => {
  const names = (all: NodeView[]) => all.map((one) => one.name);

  test('is the same whenever it is asked and however the nodes are listed', () => {
    const first = nodes(50).sort(nodeOrder('7'));
    expect(names(nodes(50).reverse().sort(nodeOrder('7')))).toEqual(names(first));
    expect(new Set(names(first)).size).toBe(50);
  });

  test('is another one in the next rollout, so that the same nodes are not always first', () => {
    expect(names(nodes(50).sort(nodeOrder('7')))).not.toEqual(names(nodes(50).sort(nodeOrder('8'))));
    const first = new Set(Array.from({ length: 40 }, (_, seed) => nodes(10).sort(nodeOrder(`${seed}`))[0]?.name));
    expect(first.size).toBeGreaterThan(5);
  });

  test('goes by uid and stays as it is when others join', () => {
    const before = names(nodes(20).sort(nodeOrder('7')));
    const after = names([...nodes(20), node('late'), node('later')].sort(nodeOrder('7')));
    expect(after.filter((name) => !name.startsWith('late'))).toEqual(before);
    expect(nodeOrder('7')({ uid: 'a' }, { uid: 'a' })).toBe(0);
  });

  test('has keys that recorded rollouts depend on', () => {
    expect(orderKey('u-n01', '7')).toMatch(/^[0-9a-f]{16}$/);
    expect(orderKey('u-n01', '7')).toBe(orderKey('u-n01', '7'));
    // A separator between the two: seed 1 with node "2" is not seed 12.
    expect(orderKey('2', '1')).not.toBe(orderKey('', '12'));
  });
});
