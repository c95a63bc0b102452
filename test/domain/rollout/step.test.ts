import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PodView } from '../../../domain/cluster/view.ts';
import { decideStep } from '../../../domain/rollout/step.ts';
import { foreignGrantMs } from '../../../domain/rollout/step-types.ts';
import { batch, container, grant, node, nodes, nowMs, pod, rules, thisRollout, view } from './build.ts';

/** Every node with a healthy pod of last good. */
const onOld = (count: number) => nodes(count).map((one) => pod(one.name, 'old'));
const granted = (step: { grant: { node: string }[] }) => step.grant.map((one) => one.node).sort();
const removed = (step: { remove: PodView[] }) => step.remove.map((one) => one.node).sort();
const down = { ready: false, readySinceMs: undefined };
const crashing = { ...down, containers: [container({ waitingReason: 'CrashLoopBackOff' })] };
const touchedAll = (count: number) => new Set(nodes(count).map((one) => one.uid));

test('nodes that an earlier rollout left on a release that is given up come first', () => {
  const pods = onOld(10).map((one) => (['n03', 'n08'].includes(one.node) ? { ...one, hash: 'bad' } : one));
  const canary = rules({ maxUnavailable: 5, rules: [batch(2)] });
  expect(granted(decideStep(canary, view({ nodes: nodes(10), pods })))).toEqual(['n03', 'n08']);
  const takenBack = { ...canary, toHash: 'old' };
  expect(granted(decideStep(takenBack, view({ nodes: nodes(10), pods })))).toEqual(['n03', 'n08']);
});

describe('the budget (S14)', () => {
  test.each([
    ['a count', 3, 10, 3],
    ['a percentage, rounded up (S3)', '10%' as const, 11, 2],
    ['never less than one', '1%' as const, 5, 1],
  ])('is filled at once: %s', (_name, maxUnavailable, count, expected) => {
    const step = decideStep(rules({ maxUnavailable }), view({ nodes: nodes(count), pods: onOld(count) }));
    expect(step.grant).toHaveLength(expected);
    expect(step).toMatchObject({ remove: [], blocked: null });
  });

  test('ill pods of last good use it up', () => {
    const pods = [pod('n00', 'old', down), pod('n01', 'old', down), ...onOld(10).slice(2)];
    const step = decideStep(rules({ maxUnavailable: 2, rules: [batch('100%')] }), view({ nodes: nodes(10), pods }));
    // Those that are out already may be taken, no other.
    expect(granted(step)).toEqual(['n00', 'n01']);
    expect(step.progress.out).toBe(2);
  });

  test('nothing is taken while more nodes are out than it allows', () => {
    const pods = [pod('n00', 'old', down), pod('n01', 'old', down), ...onOld(10).slice(2)];
    const step = decideStep(rules({ maxUnavailable: 1 }), view({ nodes: nodes(10), pods }));
    expect(granted(step)).toEqual([]);
    // Nobody waits in the dark: the sentence names the nodes and what can be done.
    expect(step.blocked).toContain('2 nodes have no available pod (n00, n01) and the budget is 1');
  });

  test('a fix replaces a first install that is down everywhere, as many nodes at once as it allows', () => {
    const pods = nodes(5).map((one) => pod(one.name, 'broken', crashing));
    const fix = rules({ maxUnavailable: 2, lastGoodHash: null });
    const first = decideStep(fix, view({ nodes: nodes(5), pods }));
    expect(first.grant).toHaveLength(2);
    const grants = first.grant.map((one) => grant(one.node, { podUid: one.podUid }));
    const second = decideStep(
      fix,
      view({ nodes: nodes(5), pods, grants, touched: new Set(grants.map((one) => one.nodeUid)) }),
    );
    expect(removed(second)).toEqual(granted(first));
    expect(second.grant).toEqual([]);
  });

  test('a granted node counts as out before its pod is gone', () => {
    const step = decideStep(rules(), view({ nodes: nodes(3), pods: onOld(3), grants: [grant('n01')] }));
    expect(removed(step)).toEqual(['n01']);
    expect(granted(step)).toEqual([]);
    expect(step.progress).toMatchObject({ out: 1, inFlight: 1 });
  });

  test('is asked again between grant and delete: the worker may have been dead for long', () => {
    const pods = [pod('n00', 'old', down), ...onOld(3).slice(1)];
    const step = decideStep(rules(), view({ nodes: nodes(3), pods, grants: [grant('n01')] }));
    expect(removed(step)).toEqual([]);
  });

  test('a node that came back on last good in a pause is not out, so an ill pod elsewhere does not stop the rollout', () => {
    // Three were in flight when the window was closed; their new pods have other uids than the granted ones.
    const back = nodes(3).map((one) => pod(one.name, 'old', { uid: `again-${one.name}` }));
    const pods = [...back, pod('n03', 'old', down), ...onOld(8).slice(4)];
    const grants = nodes(3).map((one) => grant(one.name));
    const step = decideStep(
      rules({ maxUnavailable: 3, rules: [batch(3)] }),
      view({ nodes: nodes(8), pods, grants, touched: touchedAll(3) }),
    );
    expect(step.progress.out).toBe(1);
    expect(step.grant).toHaveLength(2);
    expect(granted(step).every((name) => ['n00', 'n01', 'n02'].includes(name))).toBe(true);
  });

  test.each([
    // Its own node may be taken: that costs nothing more.
    ['young', foreignGrantMs - 1, 1, ['n00']],
    ['void', foreignGrantMs, 0, ['n01']],
  ])('a %s grant of another rollout counts as out while its pod is there', (_name, ageMs, out, expected) => {
    const other = grant('n00', { rollout: thisRollout - 1, atMs: nowMs - ageMs });
    const pods = [pod('n00', 'old'), pod('n01', 'old')];
    const step = decideStep(
      rules({ order: (a) => (a.name === 'n01' ? -1 : 1) }),
      view({ nodes: nodes(2), pods, grants: [other] }),
    );
    expect(step.progress.out).toBe(out);
    expect(step.remove).toEqual([]);
    expect(granted(step)).toEqual(expected);
  });
});

describe('only what may be deleted is deleted', () => {
  test('a pod without a grant is not, and neither is one that came after the granted one', () => {
    const pods = [pod('n00', 'old', { uid: 'later' }), pod('n01', 'old')];
    expect(decideStep(rules(), view({ nodes: nodes(2), pods, grants: [grant('n00')] })).remove).toEqual([]);
  });

  test('a grant of another rollout is none of ours', () => {
    const other = grant('n00', { rollout: thisRollout - 1 });
    expect(decideStep(rules(), view({ nodes: nodes(1), pods: onOld(1), grants: [other] })).remove).toEqual([]);
  });

  test.each([
    ['not eligible any more (S9)', { taints: [{ key: 'x', effect: 'NoSchedule' as const }] }],
    ['NotReady (S10)', { ready: false, notReadySinceMs: nowMs - 60_000 }],
  ])('a granted node that is %s keeps its pod', (_name, change) => {
    const all = [node('n00', change), node('n01')];
    const step = decideStep(
      rules(),
      view({ nodes: all, pods: onOld(2), grants: [grant('n00')], touched: new Set(['u-n00']) }),
    );
    expect(step.remove).toEqual([]);
    expect(step.findings).toEqual([]);
    // And it holds up nobody else.
    expect(granted(step)).toEqual(['n01']);
  });

  test('a pod that is terminating is not deleted again, nor is the one beside it (S13)', () => {
    const leaving = pod('n00', 'old', { uid: 'leaving', terminatingUntilMs: nowMs + 5_000 });
    for (const pods of [[leaving], [leaving, pod('n00', 'old', { createdMs: nowMs })]]) {
      const step = decideStep(rules(), view({ nodes: nodes(1), pods }));
      expect([...step.remove, ...step.grant]).toEqual([]);
    }
  });

  test('a node that has the target already is done and not restarted (S12)', () => {
    const step = decideStep(rules(), view({ nodes: nodes(1), pods: [pod('n00', 'new')] }));
    expect(step).toMatchObject({ done: true, grant: [], remove: [], progress: { exposed: 1, done: 1 } });
  });

  test('with observeOnly nothing is granted or deleted', () => {
    const seen = view({ nodes: nodes(2), pods: onOld(2), grants: [grant('n00')] });
    expect(decideStep(rules({ observeOnly: true }), seen)).toMatchObject({ grant: [], remove: [], done: false });
  });
});

describe('findings and outages stop everything', () => {
  test('a red gate on any node that runs the target, one that joined by itself included (S27)', () => {
    const pods = [pod('n00', 'new', crashing), ...onOld(5).slice(1)];
    const step = decideStep(rules({ maxUnavailable: 3 }), view({ nodes: nodes(5), pods, grants: [grant('n01')] }));
    expect(step.findings).toMatchObject([{ cause: 'CrashLoopBackOff', node: 'n00' }]);
    expect(step).toMatchObject({ grant: [], remove: [], done: false });
  });

  test('a gate that a person has passed counts no more, and its node is not waited for', () => {
    const pods = [pod('n00', 'new', crashing), pod('n01', 'new')];
    const step = decideStep(rules({ ignoredNodes: ['n00'] }), view({ nodes: nodes(2), pods, touched: touchedAll(2) }));
    expect(step).toMatchObject({ findings: [], done: true });
  });

  const downed = (count: number) =>
    nodes(9).map((one, index) => (index < count ? { ...one, ready: false, notReadySinceMs: nowMs - 99_000 } : one));

  test('an outage of the cluster is no verdict on the release (S34)', () => {
    const all = downed(4);
    const pods = all.map((one, index) => pod(one.name, index < 3 ? 'new' : 'old', index < 3 ? crashing : {}));
    const step = decideStep(rules(), view({ nodes: all, pods, grants: [grant('n05')], touched: touchedAll(3) }));
    expect(step.outage).toContain('4 of 9 nodes are NotReady');
    expect(step).toMatchObject({ findings: [], grant: [], remove: [], done: false });
  });

  test('a release that takes down the nodes it touched, and no others, has failed (S21)', () => {
    const all = downed(3);
    const pods = all.map((one, index) => pod(one.name, index < 3 ? 'new' : 'old', index < 3 ? crashing : {}));
    const step = decideStep(rules(), view({ nodes: all, pods, touched: touchedAll(3) }));
    expect(step).toMatchObject({ outage: null, grant: [], remove: [], done: false });
    expect(step.findings.map((finding) => finding.cause)).toEqual(['NodeNotReady', 'NodeNotReady', 'NodeNotReady']);
  });

  test.each([
    [2, 3, false],
    [3, 10, false],
    [3, 9, true],
    [4, 12, true],
  ])('%i of %i nodes NotReady: an outage is %s', (downCount, count, expected) => {
    const all = nodes(count).map((one, index) => ({ ...one, ready: index >= downCount }));
    expect(decideStep(rules(), view({ nodes: all, pods: onOld(count) })).outage !== null).toBe(expected);
  });

  test('a rollout does not succeed without a single node', () => {
    const all = [node('n00', { ready: false })];
    for (const direction of ['forward', 'back'] as const) {
      const step = decideStep(rules({ direction }), view({ nodes: all, pods: onOld(1) }));
      expect(step).toMatchObject({ done: false, outage: expect.stringContaining('1 of 1') });
    }
  });
});

describe('deferred nodes (S10)', () => {
  const ill = node('n00', { ready: false, notReadySinceMs: nowMs - 60_000 });
  const all = [ill, ...nodes(4).slice(1)];

  test('do not block, do not use the budget, and are named', () => {
    const pods = [pod('n00', 'old', down), pod('n01', 'new'), pod('n02', 'new'), pod('n03', 'new')];
    const step = decideStep(rules(), view({ nodes: all, pods }));
    expect(step).toMatchObject({ done: true, deferred: ['n00'], findings: [], progress: { out: 0, deferred: 1 } });
    const before = decideStep(rules(), view({ nodes: all, pods: [pod('n00', 'old', down), ...onOld(4).slice(1)] }));
    expect(before.grant).toHaveLength(1);
  });

  test.each([
    ['only after the grace', 14_999, 0],
    ['once the grace is over', 15_000, 1],
  ])('a node that goes NotReady after its pod was replaced fails the release, %s (S21)', (_name, forMs, count) => {
    const lost = node('n00', { ready: false, notReadySinceMs: nowMs - forMs });
    const pods = [pod('n00', 'new', down), ...onOld(4).slice(1)];
    const step = decideStep(rules(), view({ nodes: [lost, ...nodes(4).slice(1)], pods, touched: new Set(['u-n00']) }));
    expect(step.findings.map((finding) => finding.cause)).toEqual(Array(count).fill('NodeNotReady'));
    expect(step.deferred).toEqual([]);
  });

  test('a node that was replaced before, is on last good again and NotReady is not taken', () => {
    const lost = node('n00', { ready: false, notReadySinceMs: nowMs - 5_000 });
    const seen = view({ nodes: [lost, ...nodes(4).slice(1)], pods: onOld(4), touched: new Set(['u-n00']) });
    expect(granted(decideStep(rules({ maxUnavailable: 4 }), seen))).toEqual(['n01', 'n02', 'n03']);
  });

  test('on the way back every NotReady node is set aside', () => {
    const pods = [pod('n00', 'new', down), ...onOld(4).slice(1)];
    const step = decideStep(
      rules({ direction: 'back', toHash: 'old' }),
      view({ nodes: all, pods, touched: new Set(['u-n00']) }),
    );
    expect(step).toMatchObject({ done: true, deferred: ['n00'], findings: [], grant: [], remove: [] });
  });
});

describe('a batch', () => {
  const twoBatches = [batch(2), batch('100%')];

  test('takes its own nodes and no others, and is done when all of them are available on the target', () => {
    const seen = view({ nodes: nodes(6), pods: onOld(6) });
    const first = decideStep(rules({ maxUnavailable: 6, rules: twoBatches.slice(0, 1) }), seen);
    expect(first.grant).toHaveLength(2);
    const taken = new Set(granted(first));
    const pods = nodes(6).map((one) => pod(one.name, taken.has(one.name) ? 'new' : 'old'));
    const touched = new Set(first.grant.map((one) => one.nodeUid));
    const after = decideStep(rules({ rules: twoBatches.slice(0, 1) }), view({ nodes: nodes(6), pods, touched }));
    expect(after).toMatchObject({ done: true, grant: [], progress: { batchGoal: 2, done: 2 } });
  });

  test('keeps a taken node when the cluster shrinks (S3)', () => {
    // Half of 4 were taken; then two untouched nodes left, and half of 2 is 1.
    const pods = [pod('n00', 'new'), pod('n01', 'new', { ...down, createdMs: nowMs - 1_000 })];
    const step = decideStep(
      rules({ rules: [batch('50%')] }),
      view({ nodes: nodes(2), pods, touched: touchedAll(2), grants: [grant('n01')] }),
    );
    expect(step).toMatchObject({ done: false, progress: { batchGoal: 2 } });
  });

  test('takes a node again that came back on last good', () => {
    const step = decideStep(
      rules({ rules: twoBatches.slice(0, 1) }),
      view({ nodes: nodes(6), pods: onOld(6), touched: new Set(['u-n03', 'u-n04']) }),
    );
    expect(step.done).toBe(false);
    expect(['n03', 'n04']).toContain(granted(step)[0]);
  });

  test('without an eligible node is done at once (S45)', () => {
    const all = [node('n00', { taints: [{ key: 'x', effect: 'NoSchedule' }] })];
    expect(decideStep(rules(), view({ nodes: all, pods: onOld(1) }))).toMatchObject({
      done: true,
      remove: [],
      grant: [],
    });
    expect(decideStep(rules(), view({}))).toMatchObject({ done: true });
  });

  test('waits for a pod that is Ready and not yet available', () => {
    const pods = [pod('n00', 'new', { createdMs: nowMs - 1_000 })];
    const seen = view({ nodes: nodes(1), pods, touched: touchedAll(1), isAvailable: () => false });
    expect(decideStep(rules(), seen)).toMatchObject({ done: false, findings: [], progress: { done: 0 } });
  });

  test('closes the grants of nodes that have arrived, are gone or are not eligible any more (S8)', () => {
    const arrived = grant('n00');
    const open = grant('n01');
    const gone = grant('n99');
    const ineligible = grant('n02');
    const all = [...nodes(2), node('n02', { taints: [{ key: 'x', effect: 'NoExecute' }] })];
    const pods = [pod('n00', 'new'), pod('n01', 'old')];
    const step = decideStep(rules(), view({ nodes: all, pods, grants: [arrived, open, gone, ineligible] }));
    expect(step.settled).toEqual([arrived, gone, ineligible]);
  });

  test('a node that was made anew under its old name is another node (S2, S8)', () => {
    const again = node('n00', { uid: 'u-new' });
    const step = decideStep(
      rules(),
      view({ nodes: [again], pods: onOld(1), grants: [grant('n00')], touched: new Set(['u-n00']) }),
    );
    expect(step.remove).toEqual([]);
    expect(step.grant).toEqual([{ node: 'n00', nodeUid: 'u-new', podUid: 'p-n00-old' }]);
    expect(step.settled).toHaveLength(1);
  });

  test('counts zones over eligible nodes, those without the label apart', () => {
    const zone = (value: string) => ({ labels: { 'topology.kubernetes.io/zone': value } });
    const all = [node('n00', zone('b')), node('n01', zone('a')), node('n02', zone('a')), node('n03')];
    const pods = [pod('n00', 'new'), pod('n01', 'new'), ...onOld(4).slice(2)];
    expect(decideStep(rules(), view({ nodes: all, pods })).zones).toEqual([
      { value: '(none)', eligible: 1, done: 0 },
      { value: 'a', eligible: 2, done: 1 },
      { value: 'b', eligible: 1, done: 1 },
    ]);
  });
});

test('S46: whatever is seen, findings and outages stop all deletes, grants fit the budget, counts add up', () => {
  const podChange = fc.record({
    hash: fc.constantFrom('old', 'new', 'third'),
    ready: fc.boolean(),
    crashes: fc.boolean(),
    leaving: fc.boolean(),
    ageMs: fc.nat({ max: 600_000 }),
  });
  const one = fc.record({
    ready: fc.boolean(),
    tainted: fc.boolean(),
    touched: fc.boolean(),
    pods: fc.array(podChange, { maxLength: 2 }),
    grantOf: fc.constantFrom<(number | null)[]>(null, 0, 1, 9),
    grantAgeMs: fc.nat({ max: 120_000 }),
    foreign: fc.boolean(),
  });
  const seen = fc.array(one, { minLength: 1, maxLength: 12, size: 'max' });
  const direction = fc.constantFrom('forward' as const, 'back' as const);
  fc.assert(
    fc.property(seen, direction, fc.integer({ min: 1, max: 4 }), (all, way, maxUnavailable) => {
      const fakes = all.map((fake, index) => {
        const name = `n${index}`;
        const pods = fake.pods.map((given, at) =>
          pod(name, given.hash, {
            uid: `p-${name}-${at}`,
            ready: given.ready,
            createdMs: nowMs - given.ageMs + at,
            ...(given.crashes && !given.ready ? crashing : {}),
            ...(given.leaving ? { terminatingUntilMs: nowMs + 1_000 } : {}),
          }),
        );
        const taints = fake.tainted ? [{ key: 'x', effect: 'NoSchedule' as const }] : [];
        const grants =
          fake.grantOf === null
            ? []
            : [
                grant(name, {
                  podUid: `p-${name}-${fake.grantOf}`,
                  atMs: nowMs - fake.grantAgeMs,
                  rollout: fake.foreign ? 1 : 7,
                }),
              ];
        return { fake, node: node(name, { ready: fake.ready, taints }), pods, grants };
      });
      const step = decideStep(
        rules({ direction: way, toHash: way === 'forward' ? 'new' : 'old', maxUnavailable }),
        view({
          nodes: fakes.map((fake) => fake.node),
          pods: fakes.flatMap((fake) => fake.pods),
          grants: fakes.flatMap((fake) => fake.grants),
          touched: new Set(fakes.filter((fake) => fake.fake.touched).map((fake) => fake.node.uid)),
        }),
      );
      const to = way === 'forward' ? 'new' : 'old';
      if (step.findings.length > 0 || step.outage !== null) {
        expect([...step.grant, ...step.remove]).toEqual([]);
        expect(step.done).toBe(false);
      }
      if (step.done) expect([...step.grant, ...step.remove]).toEqual([]);
      expect(step.grant.length).toBeLessThanOrEqual(Math.max(maxUnavailable, step.progress.out));
      for (const leaving of step.remove) {
        const fake = fakes.find((other) => other.node.name === leaving.node);
        expect(fake?.node.ready && !fake.fake.tainted).toBe(true);
        expect(fake?.grants.some((given) => given.podUid === leaving.uid && given.rollout === 7)).toBe(true);
        expect(leaving.hash).not.toBe(to);
        expect(leaving.terminatingUntilMs).toBeUndefined();
      }
      const { progress } = step;
      expect(progress.eligible).toBe(fakes.filter((fake) => !fake.fake.tainted).length);
      for (const count of [progress.done, progress.out, progress.inFlight, progress.exposed, progress.batchGoal]) {
        expect(count).toBeLessThanOrEqual(progress.eligible - progress.deferred);
      }
      expect(step.zones.reduce((sum, zone) => sum + zone.eligible, 0)).toBe(progress.eligible);
    }),
    { seed: 20_260_104, numRuns: 500 },
  );
});
