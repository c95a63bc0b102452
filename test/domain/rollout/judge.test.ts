import { describe, expect, test } from 'vitest';
import type { PodView } from '../../../domain/cluster/view.ts';
import {
  judgePod,
  judgeTermination,
  type PodLimits,
  restartsOf,
  terminationMarginMs,
} from '../../../domain/rollout/judge.ts';
import { judgeBatch, nodeNotReadyGraceMs } from '../../../domain/rollout/judge-batch.ts';
import { nodeFacts } from '../../../domain/rollout/node-facts.ts';
import type { StepRules, StepView } from '../../../domain/rollout/step-types.ts';
import { container, grant, node, nowMs, pod, rules, view } from './build.ts';

const limits: PodLimits = { readyWithinMs: 300_000, maxRestarts: 2, restartsBefore: 0, seenSinceMs: 0 };
const fresh: Partial<PodView> = { ready: false, readySinceMs: undefined, createdMs: nowMs - 1_000, phase: 'Pending' };
const judged = (change: Partial<PodView>, available = false, more: Partial<PodLimits> = {}) =>
  judgePod(pod('n1', 'new', { ...fresh, ...change }), available, { ...limits, ...more }, nowMs);
const waiting = (waitingReason: string, change = {}) => ({ containers: [container({ waitingReason, ...change })] });

describe('what fails at once, whatever the deadline (S22)', () => {
  test.each([
    ['ImagePullBackOff', 'check that the image exists'],
    ['InvalidImageName', 'correct the image name'],
    ['CreateContainerConfigError', 'check the ConfigMaps, Secrets and keys'],
    ['CreateContainerError', 'check command, mounts and security settings'],
    ['RunContainerError', 'check command, mounts and security settings'],
    ['CrashLoopBackOff', 'kubectl logs --previous'],
  ])('%s', (reason, nextStep) => {
    const finding = judged(waiting(reason, { waitingMessage: 'what the kubelet says' }));
    expect(finding).toMatchObject({ cause: reason, node: 'n1', pod: 'agent-n1' });
    expect(finding?.evidence).toContain('container agent (image registry.example.com/agent:2)');
    expect(finding?.evidence).toContain('what the kubelet says');
    expect(finding?.nextStep).toContain(nextStep);
  });

  test('a crash loop names the exit code, its reason and the restarts', () => {
    const terminated = { exitCode: 137 };
    const finding = judged(
      waiting('CrashLoopBackOff', { restartCount: 1, terminated: { ...terminated, reason: 'Error' } }),
    );
    expect(finding?.cause).toBe('CrashLoopBackOff');
    expect(finding?.evidence).toContain('last exited with code 137 (Error) after 1 restarts');
  });

  test('a container that ran out of memory is told apart from one that ends by itself (S23)', () => {
    const oom = { restartCount: 4, terminated: { exitCode: 137, reason: 'OOMKilled' } };
    const finding = judged(waiting('CrashLoopBackOff', oom));
    expect(finding).toMatchObject({ cause: 'OOMKilled', nextStep: expect.stringContaining('memory limit') });
    expect(judged({ containers: [container(oom)] }, true)?.cause).toBe('OOMKilled');
    // Only the container that is at fault says so.
    const worse = container({ name: 'worse', restartCount: 9, terminated: { exitCode: 1, reason: 'Error' } });
    expect(judged({ containers: [container(oom), worse] }, true)?.cause).toBe('TooManyRestarts');
  });

  test('an init container is a container (S23)', () => {
    const init = container({
      name: 'setup',
      init: true,
      waitingReason: 'CrashLoopBackOff',
      terminated: { exitCode: 3 },
    });
    const waits = container({ waitingReason: 'PodInitializing' });
    expect(judged({ containers: [init, waits] })?.evidence).toContain('init container setup');
  });

  test('a pod that the kubelet ended', () => {
    expect(judged({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' })).toMatchObject({
      cause: 'PodFailed',
      evidence: 'Evicted: low on memory',
    });
    expect(judged({ phase: 'Failed' })?.evidence).toBe('the pod has phase Failed');
  });

  test.each(['ContainerCreating', 'PodInitializing', 'ErrImagePull', 'toString'])('not %s: it may pass', (reason) => {
    expect(judged(waiting(reason))).toBeNull();
  });
});

describe('restarts (S23)', () => {
  const restarted = (...counts: number[]) => ({
    containers: counts.map((restartCount, at) => container({ name: `c${at}`, init: at === 0, restartCount })),
  });

  test.each([
    ['as many as are accepted', [2, 0], 2, 0, false],
    ['one more', [3, 0], 2, 0, true],
    ['all containers together, init ones included', [1, 2], 2, 0, true],
    ['those before a retry are not counted', [4, 1], 2, 3, false],
    ['unless there are more again', [4, 2], 2, 3, true],
    ['none accepted', [0, 1], 0, 0, true],
    ['none accepted and none there', [0, 0], 0, 0, false],
  ])('%s', (_name, counts, maxRestarts, restartsBefore, expected) => {
    const finding = judged(restarted(...counts), true, { maxRestarts, restartsBefore });
    expect(finding?.cause ?? null).toBe(expected ? 'TooManyRestarts' : null);
  });

  test('the evidence is of the container that restarted most', () => {
    const worst = container({ name: 'worst', restartCount: 5, terminated: { exitCode: 9 } });
    const finding = judged({ containers: [container({ restartCount: 1 }), worst] }, true);
    expect(finding?.evidence).toBe(
      '6 restarts, 2 are accepted; container worst last exited with code 9 after 5 restarts',
    );
    expect(restartsOf(pod('n1', 'new', { containers: [] }))).toBe(0);
  });
});

describe('the deadline (S18)', () => {
  test.each([
    ['at the deadline', { createdMs: nowMs - 300_000 }, {}, false],
    ['just after it', { createdMs: nowMs - 300_001 }, {}, true],
    [
      'counts from when the cluster could be seen again',
      { createdMs: nowMs - 900_000 },
      { seenSinceMs: nowMs - 300_000 },
      false,
    ],
    ['and not longer', { createdMs: nowMs - 900_000 }, { seenSinceMs: nowMs - 300_001 }, true],
    [
      'counts from the loss of readiness for a pod that had it: one accepted restart must not fail an old pod',
      { createdMs: nowMs - 900_000, notReadySinceMs: nowMs - 300_000 },
      {},
      false,
    ],
    ['which is a deadline too', { createdMs: nowMs - 900_000, notReadySinceMs: nowMs - 300_001 }, {}, true],
    [
      'counts from Ready while minReadySeconds pass',
      { createdMs: nowMs - 900_000, ready: true, readySinceMs: nowMs - 5_000 },
      {},
      false,
    ],
  ])('%s', (_name, change, more, expected) => {
    expect(judged(change, false, more)?.cause ?? 'null').toMatch(expected ? /^Not\w+InTime$/ : /^null$/);
  });

  test('does not concern a pod that is available', () => {
    expect(judged({ createdMs: 0, ready: true }, true)).toBeNull();
  });

  const late = { createdMs: nowMs - 400_000 };
  test.each<[string, Partial<PodView>, string, string, string]>([
    [
      'a pod that is not scheduled (S20)',
      { unschedulable: '0/3 nodes: too few cpu' },
      'NotScheduledInTime',
      'not scheduled: 0/3 nodes: too few cpu',
      'make room',
    ],
    [
      'an image that is not pulled',
      waiting('ErrImagePull', { waitingMessage: 'no such host' }),
      'ImageNotPulledInTime',
      'ErrImagePull; no such host',
      'registry',
    ],
    [
      'a container that still waits',
      waiting('ContainerCreating'),
      'NotStartedInTime',
      'ContainerCreating',
      'events of the pod',
    ],
    ['a pod of which the kubelet says nothing', {}, 'NotStartedInTime', 'phase Pending', 'events of the pod'],
    [
      'a pod that runs and is not ready',
      { phase: 'Running' },
      'NotReadyInTime',
      'phase Running, Ready is False',
      'readiness probe',
    ],
    [
      'a pod that is ready, but not for long enough',
      { phase: 'Running', ready: true, readySinceMs: nowMs - 400_000 },
      'NotAvailableInTime',
      'Ready is True',
      'readiness probe',
    ],
  ])('has a code for each way of being late: %s', (_name, change, cause, evidence, nextStep) => {
    const finding = judged({ ...late, ...change });
    expect(finding?.cause).toBe(cause);
    expect(finding?.evidence).toContain('not available 300 s after its creation');
    expect(finding?.evidence).toContain(evidence);
    expect(finding?.nextStep).toContain(nextStep);
  });

  test('says that a pod had been ready before', () => {
    const finding = judged({ createdMs: nowMs - 9_000_000, notReadySinceMs: nowMs - 400_000 });
    expect(finding?.evidence).toContain('300 s after its readiness changed');
  });
});

test('evidence is bounded, and no character of it is cut in half', () => {
  const finding = judged(waiting('CrashLoopBackOff', { waitingMessage: '🚀'.repeat(9_999) }));
  expect([...(finding?.evidence ?? '')]).toHaveLength(400);
  expect(finding?.evidence).toMatch(/🚀…$/u);
});

describe('a pod that does not go away (S19)', () => {
  const leaving = (endedMs: number) => pod('n1', 'old', { terminatingUntilMs: nowMs - endedMs });

  test.each([
    ['in its grace', -10_000, 0, true, false],
    ['at the margin', terminationMarginMs, 0, true, false],
    ['after it', terminationMarginMs + 1, 0, true, true],
    ['on a node that does not answer (S21)', terminationMarginMs + 1, 0, false, false],
    ['when the cluster could not be seen', terminationMarginMs + 1, nowMs - 5_000, true, false],
  ])('%s', (_name, endedMs, seenSinceMs, ready, expected) => {
    const finding = judgeTermination(leaving(endedMs), node('n1', { ready }), seenSinceMs, nowMs);
    expect(finding?.cause ?? null).toBe(expected ? 'StuckTerminating' : null);
    if (finding !== null) expect(finding.nextStep).toContain('finalizers');
  });

  test('a pod that nobody deletes', () => {
    expect(judgeTermination(pod('n1', 'old'), node('n1'), 0, nowMs)).toBeNull();
  });
});

describe('whom a batch judges', () => {
  const all = [node('n00'), node('n01')];
  const bad = waiting('CrashLoopBackOff');
  const causes = (given: Partial<StepRules>, seen: Partial<StepView>) => {
    const [how, what] = [rules(given), view({ nodes: all, ...seen })];
    return judgeBatch(how, what, nodeFacts(how, what, what.nodes)).map((finding) => `${finding.cause} ${finding.node}`);
  };
  const mine = { touched: new Set(['u-n00']) };
  const lost = (forMs: number) => ({
    nodes: [node('n00', { ready: false, notReadySinceMs: nowMs - forMs }), node('n01')],
  });

  test('every node on the target, taken or not (S27), and none on last good', () => {
    const pods = [pod('n00', 'new', { ...fresh, ...bad }), pod('n01', 'old', { ...fresh, ...bad })];
    expect(causes({}, { pods })).toEqual(['CrashLoopBackOff n00']);
    expect(causes({}, { pods, ...mine })).toEqual(['CrashLoopBackOff n00']);
  });

  test('on the way back only nodes that were replaced', () => {
    const pods = [pod('n00', 'old', { ...fresh, ...bad, uid: 'again' }), pod('n01', 'old', { ...fresh, ...bad })];
    const back = { direction: 'back' as const, toHash: 'old' };
    expect(causes(back, { pods, ...mine })).toEqual(['CrashLoopBackOff n00']);
    expect(causes(back, { pods })).toEqual([]);
  });

  test('a node that turns NotReady after its pod was replaced, after a grace (S21)', () => {
    const pods = [pod('n00', 'new'), pod('n01', 'old')];
    expect(causes({}, { ...lost(nodeNotReadyGraceMs), pods, ...mine })).toEqual(['NodeNotReady n00']);
    expect(causes({}, { ...lost(nodeNotReadyGraceMs - 1), pods, ...mine })).toEqual([]);
    expect(causes({}, { ...lost(nodeNotReadyGraceMs), pods, ...mine, seenSinceMs: nowMs - 1_000 })).toEqual([]);
    expect(causes({}, { ...lost(nodeNotReadyGraceMs), pods })).toEqual([]);
  });

  test('S23: a failed pod of the target, though the controller has removed it since and last good runs there', () => {
    const gone = pod('n00', 'new', { phase: 'Failed', reason: 'Evicted', uid: 'gone' });
    const pods = [pod('n00', 'old', { ...fresh, uid: 'after' }), pod('n01', 'old')];
    expect(causes({}, { pods, ...mine, failedPods: [gone] })).toEqual(['PodFailed n00']);
    expect(causes({}, { pods, ...mine, failedPods: [{ ...gone, hash: 'old' }] })).toEqual([]);
  });

  test('a node that only an older rollout had taken is not held against this release', () => {
    const grants = [grant('n00', { rollout: 1 })];
    expect(causes({}, { ...lost(60_000), pods: [pod('n00', 'old', fresh), pod('n01', 'old')], grants })).toEqual([]);
    expect(
      causes(
        {},
        { pods: [pod('n01', 'old')], grants: [grant('n00', { rollout: 1, atMs: nowMs - 50_000 })], nodes: all },
      ),
    ).toEqual([]);
  });

  test.each([
    ['within the deadline', 300_000, 0, []],
    ['after it', 300_001, 0, ['PodNotCreated n00']],
    ['when the cluster could not be seen', 300_001, nowMs - 1_000, []],
  ])('a pod that the controller does not create %s', (_name, ageMs, seenSinceMs, expected) => {
    const grants = [grant('n00', { atMs: nowMs - ageMs })];
    expect(causes({}, { pods: [pod('n01', 'old')], grants, ...mine, seenSinceMs })).toEqual(expected);
  });

  test.each([
    ['within the deadline', 300_000, 0, []],
    ['after it', 300_001, 0, ['PodNotCreated n00']],
    ['when the cluster could not be seen', 300_001, nowMs - 1_000, []],
  ])(
    'a pod that vanished after its node had arrived and does not come back %s',
    (_name, ageMs, seenSinceMs, expected) => {
      const emptySinceMs = new Map([
        ['n00', nowMs - ageMs],
        // Never taken: whatever keeps its pod away is no word on the release.
        ['n01', nowMs - ageMs],
      ]);
      expect(
        causes({}, { pods: [], touched: new Set(['u-n00']), grants: [], nodes: all, emptySinceMs, seenSinceMs }),
      ).toEqual(expected);
    },
  );

  test('a stuck pod of a node that was taken, not of another', () => {
    const stuck = { terminatingUntilMs: nowMs - terminationMarginMs - 1 };
    const pods = [pod('n00', 'old', stuck), pod('n01', 'old', stuck)];
    expect(causes({}, { pods, grants: [grant('n00')], ...mine })).toEqual(['StuckTerminating n00']);
  });
});
