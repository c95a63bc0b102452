import { describe, expect, test } from 'vitest';
import type { PodView } from '../../../domain/cluster/view.ts';
import type { IntOrPercent } from '../../../domain/rollout/policy.ts';
import { decideStep } from '../../../domain/rollout/step.ts';
import type { StepView } from '../../../domain/rollout/step-types.ts';
import { batch, container, grant, nodes, nowMs, pod, policyOf, rules, view } from './build.ts';

const down = { ready: false, readySinceMs: undefined };
const crashing: Partial<PodView> = { ...down, containers: [container({ waitingReason: 'CrashLoopBackOff' })] };
const all = nodes(20);
const touchedAll = new Set(all.map((one) => one.uid));

/** The first `failing` nodes crash on the new template, the next `done` ones are well on it, all others on last good. */
const seen = (failing: number, done: number, change: Partial<StepView> = {}): StepView =>
  view({
    nodes: all,
    pods: all.map((one, index) =>
      index < failing ? pod(one.name, 'new', crashing) : pod(one.name, index < failing + done ? 'new' : 'old'),
    ),
    touched: new Set(all.slice(0, failing + done).map((one) => one.uid)),
    grants: all.slice(0, failing).map((one) => grant(one.name)),
    ...change,
  });
const decide = (failureBudget: IntOrPercent, given: StepView, more = {}) =>
  decideStep(rules({ maxUnavailable: 5, policy: policyOf({ failureBudget }), ...more }), given);

describe('the failure budget of a batch (S21)', () => {
  test.each<[string, IntOrPercent, number, boolean]>([
    ['none by itself', 0, 1, true],
    ['a count', 2, 2, false],
    ['one more', 2, 3, true],
    ['a percentage of the batch', '10%', 2, false],
    ['rounded down', '14%', 3, true],
  ])('%s', (_name, budget, failing, fails) => {
    const step = decide(budget, seen(failing, 3));
    expect(step.findings).toHaveLength(fails ? failing : 0);
    expect(step.tolerated).toHaveLength(fails ? 0 : failing);
    expect(step.progress.failing).toBe(fails ? 0 : failing);
    // All that fails is told once the batch has failed, not just the one too many.
    expect(step.grant.length > 0).toBe(!fails);
  });

  test('a canary of one node has none, by rounding', () => {
    expect(decide('50%', seen(1, 0), { rules: [batch(1)] }).findings).toHaveLength(1);
    // Nor by a count: a batch in which nobody has arrived proves nothing.
    expect(decide(1, seen(1, 0), { rules: [batch(1)] }).findings).toHaveLength(1);
    expect(decide(2, seen(2, 0), { rules: [batch(2)] }).findings).toHaveLength(2);
  });

  test.each<[string, IntOrPercent, number, boolean]>([
    ['as many as allowed', 2, 2, false],
    ['one more, though the batch would let it pass', 2, 3, true],
    ['a percentage of all eligible nodes, rounded down', '14%', 2, false],
    ['one more than it', '14%', 3, true],
    ['none at all', 0, 1, true],
  ])('over the whole rollout: %s', (_name, maxFailedNodes, failing, fails) => {
    const policy = policyOf({ failureBudget: 5, maxFailedNodes });
    const step = decideStep(rules({ maxUnavailable: 5, policy }), seen(failing, 6));
    expect(step.findings).toHaveLength(fails ? failing : 0);
  });

  test("a batch's own goes before the policy's", () => {
    const own = [batch('100%', { failureBudget: 1 })];
    expect(decide(0, seen(1, 3), { rules: own }).findings).toEqual([]);
    expect(decide(5, seen(2, 3), { rules: own }).findings).toHaveLength(2);
  });

  test('failing nodes use the window up, and the batch is done when all others are', () => {
    expect(decide(2, seen(2, 3)).grant).toHaveLength(3);
    const ended = decide(2, seen(2, 18));
    expect(ended).toMatchObject({ done: true, findings: [], progress: { done: 18, failing: 2, out: 2 } });
    expect(ended.tolerated.map((one) => one.node)).toEqual(['n00', 'n01']);
  });

  test('says so when nothing can move because of them', () => {
    const step = decide(5, seen(2, 3), { maxUnavailable: 2 });
    expect(step).toMatchObject({ grant: [], remove: [], done: false });
    expect(step.blocked).toContain('(n00, n01), 2 of them fail within the failure budget and the budget is 2');
  });

  test('a node that an earlier batch let pass is not charged to the next one', () => {
    const two = { rules: [batch('50%'), batch('100%')], batchIndex: 1 };
    const grants = [grant('n00', { batch: 0 }), grant('n01', { batch: 1 })];
    expect(decide(1, seen(2, 12, { grants }), two)).toMatchObject({ findings: [], tolerated: [{}, {}] });
    // But that batch had no more than its own.
    const three = [grant('n00'), grant('n01'), grant('n02', { batch: 1 })];
    expect(decide(1, seen(3, 12, { grants: three }), two).findings).toHaveLength(3);
    const both = [grant('n00', { batch: 1 }), grant('n01', { batch: 1 })];
    expect(decide(1, seen(2, 12, { grants: both }), two).findings).toHaveLength(2);
  });

  test('the percentage is of what the batch adds, not of all batches so far', () => {
    const two = { rules: [batch('90%'), batch('100%')], batchIndex: 1 };
    const own = (failing: number) =>
      seen(failing, 12, { grants: all.slice(0, failing).map((one) => grant(one.name, { batch: 1 })) });
    expect(decide('50%', own(1), two).findings).toEqual([]);
    expect(decide('50%', own(2), two).findings).toHaveLength(2);
  });

  test('there is none on the way back', () => {
    const pods = [pod('n00', 'old', { ...crashing, uid: 'again' }), ...all.slice(1).map((one) => pod(one.name, 'old'))];
    const back = { direction: 'back' as const, toHash: 'old', rules: [] };
    expect(decide(5, view({ nodes: all, pods, touched: new Set(['u-n00']) }), back).findings).toHaveLength(1);
  });
});

describe('the progress deadline (S44)', () => {
  const slow = { ...down, createdMs: nowMs - 1_000_000, notReadySinceMs: nowMs - 1_000 };
  const patient = (given: StepView, change = {}) =>
    decideStep(
      rules({ policy: policyOf({ progressDeadlineMs: 600_000 }), readyWithinMs: 10_000_000, ...change }),
      given,
    );
  const flying = (change: Partial<StepView> = {}, podChange: Partial<PodView> = {}) =>
    view({
      nodes: all,
      pods: all.map((one, index) =>
        index === 0 ? pod(one.name, 'new', { ...slow, ...podChange }) : pod(one.name, 'old'),
      ),
      grants: [grant('n00')],
      touched: new Set(['u-n00']),
      ...change,
    });

  test('fails the batch when no node arrives although some are on their way', () => {
    const [finding] = patient(flying()).findings;
    expect(finding).toMatchObject({ cause: 'NoProgress', node: 'n00', pod: 'agent-n00' });
    expect(finding?.evidence).toContain('no node has arrived on the target for 1000 s, 1 are on their way');
  });

  const justArrived = (readySinceMs: number) =>
    all.map((one, index) =>
      index === 0
        ? pod(one.name, 'new', slow)
        : index === 1
          ? pod(one.name, 'new', { readySinceMs })
          : pod(one.name, 'old'),
    );
  const two = new Set(['u-n00', 'u-n01']);
  test.each<[string, Partial<StepView>, Partial<PodView>, boolean]>([
    ['within the deadline', {}, { createdMs: nowMs - 600_000 }, false],
    ['after it', {}, { createdMs: nowMs - 600_001 }, true],
    ['when a node has just arrived', { pods: justArrived(nowMs - 600_000), touched: two }, {}, false],
    ['when that is too long ago as well', { pods: justArrived(nowMs - 600_001), touched: two }, {}, true],
    ['when the cluster could not be seen meanwhile, or was in an outage', { seenSinceMs: nowMs - 500_000 }, {}, false],
    [
      'when nothing is on its way',
      { grants: [], touched: new Set(), pods: all.map((one) => pod(one.name, 'old')) },
      {},
      false,
    ],
    [
      'when a granted pod has not been deleted yet: a window or a hook may hold it',
      { pods: all.map((one) => pod(one.name, 'old')), grants: [grant('n00', { atMs: nowMs - 9_000_000 })] },
      {},
      false,
    ],
  ])('%s', (_name, change, podChange, fails) => {
    expect(patient(flying(change, podChange)).findings.map((one) => one.cause)).toEqual(fails ? ['NoProgress'] : []);
  });

  test('an outage is no lack of progress (S34)', () => {
    const ill = all.map((one, index) => (index > 12 ? { ...one, ready: false } : one));
    expect(patient(flying({ nodes: ill }))).toMatchObject({
      findings: [],
      outage: expect.stringContaining('NotReady'),
    });
  });

  test('a node that a person or the failure budget lets pass is not waited for', () => {
    expect(patient(flying(), { ignoredNodes: ['n00'] }).findings).toEqual([]);
    const tolerant = { policy: policyOf({ progressDeadlineMs: 600_000, failureBudget: 1 }), readyWithinMs: 300_000 };
    const late = flying({}, { notReadySinceMs: nowMs - 900_000 });
    expect(patient(late, tolerant)).toMatchObject({ findings: [], tolerated: [{ cause: 'NotReadyInTime' }] });
  });

  test('is never shorter than readyWithin unless the policy says so', () => {
    const byDefault = (readyWithinMs: number) => decideStep(rules({ readyWithinMs }), flying()).findings;
    expect(byDefault(10_000_000)).toEqual([]);
    expect(byDefault(950_000)).toMatchObject([{ cause: 'NoProgress' }]);
  });
});

describe('the deadline of the way back (S40)', () => {
  const pods = all.map((one, index) => pod(one.name, index < 3 ? 'new' : 'old'));
  const back = (sinceMs: number, change: Partial<StepView> = {}) =>
    decideStep(
      rules({ direction: 'back', toHash: 'old', rules: [], backDeadline: { sinceMs, deadlineMs: 60_000 } }),
      view({ nodes: all, pods, touched: touchedAll, ...change }),
    );

  test('ends a rollback that does not finish as failed, and names what is left', () => {
    expect(back(nowMs - 60_000)).toMatchObject({ findings: [], grant: [{}] });
    const late = back(nowMs - 60_001);
    expect(late).toMatchObject({
      grant: [],
      findings: [{ cause: 'RollbackTooSlow', node: expect.stringMatching(/n0[0-2]/) }],
    });
    expect(late.findings[0]?.evidence).toContain('3 nodes are not on last good 60 s after');
  });

  test('not when all are back, nor for time in which the cluster could not be seen', () => {
    expect(back(0, { pods: all.map((one) => pod(one.name, 'old', { uid: `again-${one.name}` })) })).toMatchObject({
      done: true,
      findings: [],
    });
    expect(back(0, { seenSinceMs: nowMs - 60_000 }).findings).toEqual([]);
  });
});
