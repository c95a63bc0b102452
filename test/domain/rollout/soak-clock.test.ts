import { describe, expect, test } from 'vitest';
import type { PodView } from '../../../domain/cluster/view.ts';
import {
  isSoaked,
  type KeptSoak,
  keptSoak,
  restless,
  type SoakClock,
  startSoak,
  tickSoak,
} from '../../../domain/rollout/soak-clock.ts';
import { decideStep } from '../../../domain/rollout/step.ts';
import { batch, container, node, nodes, nowMs, pod, rules, view } from './build.ts';

const soakMs = 600_000;
const untilMs = nowMs + soakMs;

const ready = (change: Partial<PodView> = {}) => ({ pod: pod('n1', 'new', change), available: true });
const down = (change: Partial<PodView> = {}) => ({
  pod: pod('n1', 'new', { ready: false, readySinceMs: undefined, ...change }),
  available: false,
});
const restarts = (restartCount: number, readySinceMs = nowMs - 3_500_000) =>
  ready({
    readySinceMs,
    containers: [container({ restartCount, terminated: { exitCode: 137, reason: 'OOMKilled' } })],
  });

/** The clock after looks at one pod, each so many milliseconds after the soak began. */
function clockAfter(looks: [atMs: number, look: ReturnType<typeof ready>][], kept: KeptSoak | null = null): SoakClock {
  return looks.reduce((clock, [atMs, look]) => tickSoak(clock, [look], nowMs + atMs), startSoak(untilMs, soakMs, kept));
}

/** The heartbeat of a worker that saw these looks, as it comes back from the server. */
const beat = (...looks: [number, ReturnType<typeof ready>][]): KeptSoak =>
  JSON.parse(JSON.stringify(keptSoak(clockAfter(looks))));

describe('S23: a soak ends when every pod of its batch has been well for so long', () => {
  test('undisturbed it ends at its time, not a millisecond earlier', () => {
    const clock = clockAfter([
      [0, ready()],
      [300_000, ready()],
    ]);
    expect(clock.anew).toBeUndefined();
    expect([untilMs - 1, untilMs].map((atMs) => isSoaked(clock, atMs))).toEqual([false, true]);
  });

  test.each<[string, [number, ReturnType<typeof ready>][], string]>([
    [
      'a restart',
      [
        [0, ready()],
        [300_000, restarts(1)],
      ],
      'container agent on node n1 restarted after exit code 137 (OOMKilled)',
    ],
    [
      'one more restart',
      [
        [0, restarts(1)],
        [300_000, restarts(2)],
      ],
      'container agent on node n1 restarted',
    ],
    [
      'a pod that stops being available',
      [
        [0, ready()],
        [300_000, down()],
      ],
      'the pod on node n1 was not available',
    ],
    [
      'a blip between two looks',
      [
        [0, ready()],
        [300_000, ready({ readySinceMs: nowMs + 299_000 })],
      ],
      'the pod on node n1 was not available',
    ],
    [
      'another pod of the target',
      [
        [0, ready()],
        [300_000, ready({ uid: 'another' })],
      ],
      'the pod on node n1 was replaced',
    ],
  ])('%s starts it anew, and says what it was', (_, looks, why) => {
    const clock = clockAfter(looks);
    expect(clock.anew).toMatchObject({ atMs: nowMs + 300_000, times: 1, why: expect.stringContaining(why) });
    const endMs = nowMs + 300_000 + soakMs;
    expect([endMs - 1, endMs].map((atMs) => isSoaked(clock, atMs))).toEqual([false, true]);
  });

  test('restarts that were there when it began are no news', () => {
    expect(
      clockAfter([
        [0, restarts(2)],
        [1_000, restarts(2)],
      ]),
    ).toMatchObject({ untilMs });
  });

  test('as long as a pod is unavailable no time counts; that is one disturbance, however long it lasts', () => {
    const clock = clockAfter([
      [0, ready()],
      [1_000, down()],
      [50_000, down()],
      [60_000, ready({ readySinceMs: nowMs + 60_000 })],
    ]);
    expect(clock).toMatchObject({ untilMs: nowMs + 50_000 + soakMs, anew: { atMs: nowMs + 1_000, times: 1 } });
  });

  test('a pod that goes and comes back as another one is told from the old one', () => {
    const empty = tickSoak(clockAfter([[0, ready()]]), [], nowMs + 1_000);
    expect(empty.untilMs).toBe(untilMs);
    expect(tickSoak(empty, [ready({ uid: 'another' })], nowMs + 2_000).anew?.why).toContain('was replaced');
  });

  test('without a soak there is nothing to start anew, and who rests for longer than a soak goes on resting', () => {
    const gatesOnly = tickSoak(tickSoak(startSoak(nowMs, 0, null), [ready()], nowMs), [restarts(1)], nowMs + 1);
    expect(gatesOnly).toMatchObject({ untilMs: nowMs, before: null });
    const resting = startSoak(nowMs + 20 * soakMs, soakMs, null);
    const disturbed = tickSoak(tickSoak(resting, [ready()], nowMs), [restarts(1)], nowMs + 1);
    expect(disturbed).toMatchObject({ untilMs: nowMs + 20 * soakMs, anew: { times: 1 } });
  });

  test('many at once are one new start, and the first of them is named', () => {
    const pair = (restartCount: number) =>
      ['n1', 'n2'].map((name) => ({
        pod: pod(name, 'new', { containers: [container({ restartCount })] }),
        available: true,
      }));
    const clock = tickSoak(tickSoak(startSoak(untilMs, soakMs, null), pair(0), nowMs), pair(1), nowMs + 1);
    expect(clock.anew).toMatchObject({ times: 1, why: 'container agent on node n1 restarted (and 1 more)' });
  });

  test('after ten new starts a person is asked', () => {
    const looks = (times: number) =>
      Array.from({ length: times + 1 }, (_, count): [number, ReturnType<typeof ready>] => [count, restarts(count)]);
    expect(restless(clockAfter(looks(9)))).toBeNull();
    expect(restless(clockAfter(looks(10)))).toMatch(
      /^the batch does not come to rest: .* 10 times, .* container agent on node n1/,
    );
  });
});

describe('S23: a worker that takes the soak over', () => {
  test('goes on with a quiet one where it was', () => {
    const kept = beat([0, restarts(1)], [1_000, restarts(1)]);
    expect(clockAfter([[60_000, restarts(1)]], kept)).toMatchObject({ untilMs });
    expect(clockAfter([[60_000, restarts(1)]], kept).anew).toBeUndefined();
  });

  test('does not lose a new start that the other one saw', () => {
    const kept = beat([0, ready()], [1_000, restarts(1, nowMs + 1_000)]);
    expect(clockAfter([[60_000, restarts(1, nowMs + 1_000)]], kept)).toMatchObject({
      untilMs: nowMs + 1_000 + soakMs,
      anew: { times: 1, atMs: nowMs + 1_000 },
    });
  });

  test.each<[string, ReturnType<typeof ready>, string]>([
    ['a restart', restarts(1), 'container agent on node n1 restarted'],
    ['a blip', ready({ readySinceMs: nowMs + 30_000 }), 'was not available'],
    ['another pod', ready({ uid: 'another', readySinceMs: nowMs + 30_000 }), 'was not available'],
  ])('notices %s that nobody saw', (_, now, why) => {
    const clock = clockAfter([[60_000, now]], beat([0, ready()]));
    expect(clock).toMatchObject({
      untilMs: nowMs + 60_000 + soakMs,
      anew: { times: 1, why: expect.stringContaining(why) },
    });
  });

  test('a soak begins when somebody looks, not while no worker is there', () => {
    expect(clockAfter([[10_000, ready()]])).toMatchObject({ untilMs });
    expect(clockAfter([[10_001, ready()]])).toMatchObject({
      untilMs: nowMs + 10_001 + soakMs,
      anew: { why: 'nobody had watched it until then' },
    });
  });
});

test('S23: only pods on the target on nodes that the soaking batch adds count, failures that are let pass left out', () => {
  const rule = { rules: [batch(1), batch(2), batch(2)], batchIndex: 1, observeOnly: true };
  const everyone = nodes(6);
  const pods = everyone.map(({ name }) => pod(name, 'new'));
  const all = decideStep(rules(rule), view({ nodes: everyone, pods }));
  const names = all.soaking.map((one) => one.pod.node);
  expect(names).toHaveLength(2);
  const first = decideStep(rules({ ...rule, batchIndex: 0 }), view({ nodes: everyone, pods }));
  expect(names).not.toContain(first.soaking[0]?.pod.node);
  const [name = '', other] = names;
  const ignored = decideStep(rules({ ...rule, ignoredNodes: [name] }), view({ nodes: everyone, pods }));
  expect(ignored.soaking.map((one) => one.pod.node)).toEqual([other]);
  const left = pods.map((one) => (one.node === name ? pod(name, 'old') : one));
  expect(decideStep(rules(rule), view({ nodes: everyone, pods: left })).soaking).toHaveLength(1);
  expect(decideStep(rules(), view({ nodes: [node('n1')], pods: [down().pod] })).soaking).toMatchObject([
    { available: false },
  ]);
});
