import { describe, expect, test } from 'vitest';
import { type LogsGate, logsGate } from '../../../../domain/gates/kinds/logs.ts';
import type { GateAnswer, GateRequest, GateScene, GateTally } from '../../../../domain/gates/types.ts';
import { emptyTally, tallied } from '../../../../domain/gates/verdict.ts';
import { configOf, sceneOf, schedule } from './scene.ts';

const error = 'error: connection lost';
const log = (...lines: string[]): GateAnswer => ({ form: 'logs', lines, truncated: false });
const gate = (given: object = {}): LogsGate => configOf(logsGate.schema, given);
const nodes = (count: number, prefix = 'n'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 100}`);

/** The gate's own defaults, with which it is measured. */
const rules = { ...schedule, intervalMs: 30_000, ...logsGate.defaults };

interface Look {
  /** Seconds after the batch was done. */
  at: number;
  /** Nodes whose pods were read, those on last good after `|`. */
  read: string;
}

/** What a pod logs, and until when; those on last good log all that counts. */
interface Soak {
  config?: object;
  soakMs: number;
  logs?: (atMs: number) => string[];
  calm?: boolean;
}

/** Every look of one soak, as the runner makes them. */
function soak(scene: GateScene, { config = {}, soakMs, logs = () => [], calm = false }: Soak): Look[] {
  const read = gate(config);
  let tally: GateTally = emptyTally(scene.sinceMs);
  const looks: Look[] = [];
  for (let atMs = rules.initialDelayMs; atMs <= Math.max(soakMs, rules.initialDelayMs); atMs += 500) {
    const now = { ...scene, soakMs, nowMs: scene.sinceMs + atMs };
    const passed = tally.successes > 0;
    const due = (tally.lastMs ?? Number.NEGATIVE_INFINITY) + rules.intervalMs <= now.nowMs;
    if (!due || (passed && logsGate.rests?.(read, now, tally) === true)) continue;
    const seen = passed ? { ...now, requests: tally.requests ?? 0 } : now;
    const first = logsGate.ask(read, seen);
    const answers = first.map(() => log(...logs(atMs)));
    const more = logsGate.askMore?.(read, seen, answers) ?? [];
    answers.push(...more.map(() => (calm ? log() : log(error))));
    looks.push({
      at: atMs / 1000,
      read: [first, more]
        .map(nodesOf)
        .filter((part) => part !== '')
        .join(' | '),
    });
    const measured = logsGate.judge(read, seen, answers, rules);
    tally = { ...tallied(rules, tally, measured, now.nowMs), requests: (tally.requests ?? 0) + answers.length };
    if (tally.failures > 0) break;
  }
  return looks;
}

const nodesOf = (asked: readonly GateRequest[]): string =>
  asked.map((one) => (one.form === 'logs' ? one.pod.node : '')).join(' ');
const requestsOf = (looks: readonly Look[]): number =>
  looks.flatMap(({ read }) => read.split(/[ |]+/)).filter((node) => node !== '').length;

const always = (): string[] => [error];
const minute = 60_000;

describe('logs are read through the soak', () => {
  const canary = sceneOf(['n1'], nodes(11, 'r'));

  test('of a canary after half a minute, then in the middle and just before its end, and of no other pod while it is quiet', () => {
    expect(soak(canary, { soakMs: 10 * minute })).toEqual([
      { at: 30, read: 'n1' },
      { at: 312.5, read: 'n1' },
      { at: 595, read: 'n1' },
    ]);
  });

  test('a new error line that comes late fails the gate, and is held against pods on last good', () => {
    const late = soak(canary, { soakMs: 10 * minute, logs: (atMs) => (atMs > 400_000 ? [error] : []), calm: true });
    expect(late.at(-1)).toMatchObject({ at: 595, read: expect.stringMatching(/^n1 \| r\d+$/) });
  });

  test('where an error line is logged everywhere, the first look has used up what a canary may ask', () => {
    expect(soak(canary, { soakMs: 10 * minute, logs: always })).toEqual([{ at: 30, read: 'n1 | r100 r103 r107' }]);
  });

  test('a large batch is read on and on, a few other pods each time', () => {
    const looks = soak(sceneOf(nodes(100), nodes(100, 'r'), ['e1']), { soakMs: 10 * minute });
    expect(looks).toHaveLength(20);
    expect(looks[0]?.read.split(' ')).toHaveLength(10);
    expect(looks.slice(1).every(({ read }) => read.split(' ').length === 3)).toBe(true);
    expect(new Set(looks.flatMap(({ read }) => read.split(' '))).size).toBeGreaterThan(50);
    expect(looks.at(-1)?.at).toBeGreaterThanOrEqual(590);
  });

  test('a soak that is over when the gate is asked costs one look', () => {
    expect(soak(canary, { soakMs: 0 })).toEqual([{ at: 30, read: 'n1' }]);
  });

  test('until it has passed every look is a whole one', () => {
    const [first, second] = [undefined, 40].map((requests) => {
      const scene = { ...sceneOf(nodes(20), nodes(20, 'r'), ['e1']), ...(requests === undefined ? {} : { requests }) };
      return logsGate.ask(gate(), scene).length;
    });
    expect([first, second]).toEqual([10, 3]);
  });
});

describe('reads are bounded', () => {
  const splits: Record<string, number[]> = {
    'one node at a time': Array<number>(12).fill(1),
    'a canary, then the others': [1, 11],
    'three batches': [1, 5, 18],
    'two by two': Array<number>(10).fill(2),
    'a large fleet': [1, 10, 50, 139],
    'all but one, then the last': [19, 1],
  };
  const habits: Record<string, (atMs: number) => string[]> = {
    'quiet pods': () => [],
    'pods that log errors all the time': always,
    'pods that begin to log errors late': (atMs) => (atMs > minute ? [error] : []),
  };

  test.each(
    Object.entries(splits).flatMap(([split, sizes]) =>
      Object.entries(habits).flatMap(([habit, logs]) =>
        (['updated-vs-rest', 'none'] as const).map((compare) => ({ split, habit, compare, sizes, logs })),
      ),
    ),
  )('$split, $habit, compare: $compare: at most two requests for each node', ({ sizes, logs, compare }) => {
    const all = nodes(sizes.reduce((sum, size) => sum + size, 0));
    let requests = 0;
    let done = 0;
    for (const size of sizes) {
      const fresh = all.slice(done, done + size);
      const scene = sceneOf(fresh, all.slice(done + size), all.slice(0, done));
      done += size;
      if (done === all.length && logsGate.needsRest?.(gate({ compare })) === true) continue;
      requests += requestsOf(soak(scene, { config: { compare }, soakMs: 20 * minute, logs }));
    }
    expect(requests).toBeGreaterThan(0);
    expect(requests).toBeLessThanOrEqual(2 * all.length);
  });

  test('in one look, sampled pods of the batch and at most as many of the rest', () => {
    const [look] = soak(sceneOf(nodes(30), nodes(30, 'r'), ['e1']), { soakMs: 0, config: { pods: 3 }, logs: always });
    expect(look?.read.split(/[ |]+/)).toHaveLength(6);
  });
});
