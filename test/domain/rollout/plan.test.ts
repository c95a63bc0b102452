import { describe, expect, test } from 'vitest';
import { approvalVoid, type NodeCensus, planBatches, planDigest, takeCensus } from '../../../domain/rollout/plan.ts';
import type { RolloutPolicy } from '../../../domain/rollout/policy.ts';
import { anywhere, batch, node, nodes } from './build.ts';

const zoneKey = 'topology.kubernetes.io/zone';
const policy: RolloutPolicy = {
  batches: [batch(1, { name: 'canary', approval: 'after', soakMs: 60_000 }), batch('50%', { name: 'half' })],
  maxUnavailable: null,
  readyWithinMs: 300_000,
  maxRestarts: 2,
  onFailure: 'rollback',
  promoteAfter: 'last',
};
const planned = (change: object = {}) =>
  planBatches({ policy, manifestMaxUnavailable: null, nodes: nodes(21), scheduling: anywhere, rollout: 7, ...change });

describe('the plan', () => {
  test('says how many nodes each batch reaches, and that a last one was added', () => {
    expect(planned()).toMatchObject({
      batches: [
        { name: 'canary', nodes: '1', goal: 1, approval: 'after', soakMs: 60_000 },
        { name: 'half', nodes: '50%', goal: 11, soakMs: 0 },
        { name: 'rest', nodes: '100%', goal: 21, soakMs: 0 },
      ],
      budget: 3,
      notes: ['The batches end below 100 %: a last batch "rest" takes the other nodes.'],
    });
  });

  test('S10: counts a node that is NotReady, like the batches do', () => {
    const taints = [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' as const }];
    const made = planned({ nodes: [...nodes(20), node('away', { ready: false, taints })] });
    expect(made.batches.at(-1)?.goal).toBe(21);
    expect(made.census.eligible).toBe(21);
  });

  test('names the label that a batch is counted by, and adds no batch where none is missing', () => {
    const batches = [batch(1, { per: zoneKey }), batch('100%')];
    const made = planned({ policy: { ...policy, batches } });
    expect(made.batches.map((one) => one.nodes)).toEqual([`1 per ${zoneKey}`, '100%']);
    expect(made.notes).toEqual([]);
  });

  test.each([
    ['the policy', 4, '50%' as const, 4],
    ['else git', null, '50%' as const, 11],
    ['else 10 %, rounded up (S3)', null, null, 3],
  ])('takes the budget from %s', (_name, ofPolicy, manifestMaxUnavailable, expected) => {
    expect(planned({ policy: { ...policy, maxUnavailable: ofPolicy }, manifestMaxUnavailable }).budget).toBe(expected);
  });

  test('counts only nodes on which the template runs (S1)', () => {
    const all = [...nodes(4), node('x', { taints: [{ key: 'k', effect: 'NoSchedule' }] })];
    expect(planned({ nodes: all })).toMatchObject({ census: { eligible: 4 }, batches: [{}, {}, { goal: 4 }] });
    expect(planned({ nodes: [] })).toMatchObject({ census: { eligible: 0 }, budget: 1 });
  });

  test('is the same whatever the order in which the nodes are listed', () => {
    expect(planned({ nodes: nodes(21).reverse() })).toEqual(planned());
  });
});

describe('what a plan says of nodes', () => {
  const zoned = nodes(6).map((one, index) => ({
    ...one,
    labels: { [zoneKey]: index < 4 ? 'a' : 'b', ...(index === 5 ? { 'node.kubernetes.io/pool': 'gpu' } : {}) },
  }));

  test('each batch names the zones and pools of the nodes that it adds', () => {
    const batches = [batch(1, { per: zoneKey }), batch('100%')];
    const made = planned({ policy: { ...policy, batches }, nodes: zoned });
    expect(made.batches[0]).toMatchObject({ goal: 2, zones: { a: 1, b: 1 } });
    expect(made.batches[1]).toMatchObject({ goal: 6, zones: { a: 3, b: 1 } });
    const pools = made.batches.map((one) => one.pools?.gpu ?? 0);
    expect(pools.reduce((sum, one) => sum + one, 0)).toBe(1);
  });

  test('of many zones the biggest are named, and no node is lost', () => {
    const many = nodes(30).map((one, index) => ({ ...one, labels: { [zoneKey]: `z${Math.min(index, 20)}` } }));
    const [only] = planned({ policy: { ...policy, batches: [batch('100%')] }, nodes: many }).batches;
    expect(Object.keys(only?.zones ?? {})).toHaveLength(8);
    expect(only?.zones).toMatchObject({ z20: 10, others: 14 });
  });

  test('with hundreds of batches it stays small', () => {
    const batches = Array.from({ length: 200 }, (_, index) => batch(1, { name: `b${index}` }));
    const made = planned({ policy: { ...policy, batches }, nodes: zoned });
    expect(made.batches.filter((one) => one.zones !== undefined)).toHaveLength(40);
  });

  test('a batch says which nodes it selects, and a note that there are none', () => {
    const select = { matchLabels: { pool: 'gone' }, names: ['x'] };
    const made = planned({ policy: { ...policy, batches: [batch('100%', { name: 'gpu', select }), batch('100%')] } });
    expect(made.batches[0]).toMatchObject({ nodes: '100% of x, pool=gone', goal: 0 });
    expect(made.notes).toEqual(['Batch "gpu" selects no node that is there now: it is done as soon as it starts.']);
    const expression = { matchExpressions: [{ key: 'k', operator: 'In' as const, values: ['a', 'b'] }] };
    const other = planned({ policy: { ...policy, batches: [batch(2, { select: expression, per: zoneKey })] } });
    expect(other.batches[0]?.nodes).toBe(`2 of k In (a, b) per ${zoneKey}`);
  });

  test('a batch of all selected nodes is not a batch of all nodes', () => {
    const made = planned({ policy: { ...policy, batches: [batch('100%', { select: { names: ['n00'] } })] } });
    expect(made.batches).toMatchObject([{ goal: 1 }, { name: 'rest', goal: 21 }]);
  });

  test('nodes that keep what they run are told, are in no batch and do not count for the budget', () => {
    const all = [...nodes(20), node('h', { labels: { 'nodewave.dev/hold': '' } })];
    const made = planned({ policy: { ...policy, exclude: { names: ['n00'] } }, nodes: all });
    expect(made).toMatchObject({
      census: { eligible: 21 },
      budget: 2,
      batches: [{ goal: 1 }, { goal: 10 }, { goal: 19 }],
    });
    expect(made.notes.at(-1)).toBe(
      '2 eligible nodes keep what they run (n00: excluded by the policy, h: label nodewave.dev/hold).',
    );
  });

  test('no early batch counts nodes that go last', () => {
    const batches = [batch(1, { per: zoneKey }), batch('100%')];
    const ownNodes = new Set(['n04', 'n05']);
    expect(planned({ policy: { ...policy, batches }, nodes: zoned, ownNodes }).batches).toMatchObject([
      { goal: 1, zones: { a: 1 } },
      { goal: 6 },
    ]);
  });
});

describe('the census', () => {
  test('counts zones, and pools by the first label that names one', () => {
    const all = [
      node('a', {
        labels: { [zoneKey]: 'z1', 'eks.amazonaws.com/nodegroup': 'blue', 'node.kubernetes.io/pool': 'other' },
      }),
      node('b', { labels: { [zoneKey]: 'z1', 'karpenter.sh/nodepool': 'blue' } }),
      node('c', { labels: { [zoneKey]: 'constructor' } }),
      node('d', { taints: [{ key: 'k', effect: 'NoExecute' }], labels: { [zoneKey]: 'z9' } }),
    ];
    expect(takeCensus(all, anywhere)).toEqual({ eligible: 3, zones: { z1: 2, constructor: 1 }, pools: { blue: 2 } });
  });
});

describe('the digest that an approval names', () => {
  const parts = {
    commit: 'c2',
    renderedDigest: 'r2',
    from: 't1' as string | null,
    to: 't2',
    rules: policy.batches,
    maxUnavailable: '10%' as const,
    policy,
  };

  test.each<[string, Partial<Parameters<typeof planDigest>[0]>]>([
    ['the commit', { commit: 'c3' }],
    ['what was rendered', { renderedDigest: 'r3' }],
    ['where it comes from', { from: 't0' }],
    ['no last good', { from: null }],
    ['where it goes', { to: 't3' }],
    ['the batches', { rules: [batch(2), ...policy.batches.slice(1)] }],
    ['the order of the batches', { rules: [...policy.batches].reverse() }],
    ['a soak', { rules: [batch(1, { name: 'canary', approval: 'after', soakMs: 1 }), ...policy.batches.slice(1)] }],
    ['an approval', { rules: [batch(1, { name: 'canary', soakMs: 60_000 }), ...policy.batches.slice(1)] }],
    ['a name', { rules: [batch(1, { name: 'first', approval: 'after', soakMs: 60_000 }), ...policy.batches.slice(1)] }],
    ['the budget', { maxUnavailable: '11%' }],
    ['the deadline', { policy: { ...policy, readyWithinMs: 1 } }],
    ['the restarts', { policy: { ...policy, maxRestarts: 3 } }],
    ['what a failure does', { policy: { ...policy, onFailure: 'pause' } }],
    ['when the new template stays', { policy: { ...policy, promoteAfter: 'canary' } }],
    ['a selection', { rules: [batch(1, { select: { names: ['n1'] } }), ...policy.batches.slice(1)] }],
    ['the failure budget', { policy: { ...policy, failureBudget: 1 } }],
    ['the bound of a rack', { policy: { ...policy, maxUnavailablePer: [{ key: 'rack', max: 1 }] } }],
    ['whom it leaves out', { policy: { ...policy, exclude: { names: ['n1'] } } }],
    ['who goes last', { policy: { ...policy, last: { names: ['n1'] } } }],
    ['the spread', { policy: { ...policy, spread: zoneKey } }],
    ['the ramp', { policy: { ...policy, ramp: { startWith: 1 } } }],
    ['the rate', { policy: { ...policy, podsPerMinute: 10 } }],
    ['the window of the way back', { policy: { ...policy, rollback: { maxUnavailable: 5 } } }],
  ])('changes with %s', (_name, change) => {
    expect(planDigest({ ...parts, ...change })).not.toBe(planDigest(parts));
  });

  test('does not change with counts or the order of keys', () => {
    const [few, many] = [planned({ nodes: nodes(3) }), planned({ nodes: nodes(21) })];
    const digestOf = (made: ReturnType<typeof planned>) =>
      planDigest({ ...parts, rules: made.rules, maxUnavailable: made.maxUnavailable });
    expect(digestOf(few)).toBe(digestOf(many));
    const turned = Object.fromEntries(Object.entries(parts).reverse()) as typeof parts;
    expect(planDigest(turned)).toBe(planDigest(parts));
  });
});

describe('an approval is void', () => {
  const census = (eligible: number, zones: string[] = ['a', 'b'], pools: string[] = []): NodeCensus => ({
    eligible,
    zones: Object.fromEntries(zones.map((zone) => [zone, 1])),
    pools: Object.fromEntries(pools.map((pool) => [pool, 1])),
  });

  test.each<[string, NodeCensus, NodeCensus, string | null]>([
    ['nothing changed', census(100), census(100), null],
    ['10 % more', census(100), census(110), null],
    ['more than 10 % more', census(100), census(111), 'from 100 to 111'],
    ['10 % fewer', census(100), census(90), null],
    ['more than 10 % fewer', census(100), census(89), 'from 100 to 89'],
    ['one of a few nodes', census(9), census(10), 'from 9 to 10'],
    ['one of ten', census(10), census(11), null],
    ['the first node', census(0), census(1), 'from 0 to 1'],
    ['still none', census(0), census(0), null],
    ['a zone appears', census(100), census(100, ['a', 'b', 'c']), 'zone c appeared'],
    ['a zone vanishes', census(100), census(100, ['a']), 'zone b vanished'],
    ['a pool appears', census(100), census(100, ['a', 'b'], ['gpu']), 'pool gpu appeared'],
    ['a pool vanishes', census(100, ['a', 'b'], ['gpu']), census(100), 'pool gpu vanished'],
    ['a zone of an odd name appears', census(100), census(100, ['a', 'b', 'constructor']), 'zone constructor appeared'],
    ['zones are of other sizes', census(100), { ...census(100), zones: { a: 99, b: 1 } }, null],
  ])('%s', (_name, shown, now, expected) => {
    const why = approvalVoid(shown, now);
    if (expected === null) expect(why).toBeNull();
    else expect(why).toContain(expected);
  });
});
