import { describe, expect, test } from 'vitest';
import { catchUpMs, noteCatchUp, takeStragglers, watchedDaemonSets } from '../../../domain/application/catch-up.ts';
import { joinQueue, leaveQueue, nextInQueue, queueLimit } from '../../../domain/application/queue.ts';
import { returnAhead } from '../../../domain/application/restore.ts';
import { expeditedPolicy } from '../../../domain/application/rollout-policy.ts';
import { noteInRun, openRun } from '../../../domain/application/runs.ts';
import { type ActiveRollout, type ApplicationState, startState } from '../../../domain/application/state.ts';
import { hint } from '../../../domain/application/triggers.ts';
import { holdLabel } from '../../../domain/rollout/keep.ts';
import { stragglersOf } from '../../../domain/rollout/stragglers.ts';
import type { DaemonSetSync, SyncPlan } from '../../../domain/sync.ts';
import { anywhere, node, pod } from '../rollout/build.ts';
import { input } from '../rollout/states.ts';

const { spec } = input();
const policy = spec.rollout;
const commit = (index: number): string => `${index}`.padStart(40, '0');
const found = (index: number) => ({ commit: commit(index), subject: `number ${index}` });

function sync(name: string, templateDigest: string, more: Partial<DaemonSetSync> = {}): DaemonSetSync {
  const ref = { namespace: 'monitoring', name, verdict: 'rollout', adopt: false, maxUnavailable: null } as const;
  return { ...ref, templateDigest, quarantineKey: `key-${templateDigest}`, ...more };
}

function stateWith(change: Partial<ApplicationState> = {}): ApplicationState {
  return { ...startState({ v: 1, name: 'agents', spec }), pending: null, ...change };
}

const running: ActiveRollout = {
  namespace: 'monitoring',
  name: 'agent',
  workflowId: 'rollout:prod:monitoring/agent',
  rollout: 1,
  mode: 'update',
  commit: commit(0),
  subject: 'number 0',
  templateDigest: 't0',
  quarantineKey: 'key-t0',
  by: 'git',
  supersededBy: null,
  supersede: 'queue',
};

describe('commits in line', () => {
  test('in the order in which they were seen, each once, and none while the rollout runs', () => {
    const state = stateWith({ active: [running], attempted: commit(0) });
    for (const index of [1, 1, 2, 2, 1]) joinQueue(state, found(index), { ...hint }, 1);
    expect(state.queue?.map((one) => one.commit)).toEqual([commit(1), commit(2), commit(1)]);
    expect(nextInQueue(state)).toBeNull();
    state.active = [];
    expect(nextInQueue(state)?.commit).toBe(commit(1));
    expect(leaveQueue(state, commit(1))).toBe(true);
    expect(nextInQueue(state)?.commit).toBe(commit(2));
  });

  test(`more than ${queueLimit}: the oldest is merged into the next, and its outcome says so`, () => {
    const state = stateWith({ active: [running], attempted: commit(0) });
    for (let index = 1; index <= queueLimit + 1; index++) {
      joinQueue(state, found(index), { ...hint, requestIds: index === 1 ? ['mine'] : [] }, 5);
    }
    expect(state.queue).toHaveLength(queueLimit);
    expect(state.queue?.[0]?.commit).toBe(commit(2));
    expect(state.recent).toMatchObject([
      {
        commit: commit(1),
        outcome: 'superseded',
        requestIds: ['mine'],
        cause: expect.stringContaining('more than 20'),
      },
    ]);
  });
});

describe('S43: catching up', () => {
  const applied = { commit: commit(1), subject: 'one', renderedDigest: 'r', daemonSets: [sync('agent', 't1')] };
  const report = { namespace: 'monitoring', name: 'agent', templateDigest: 't1', nodes: ['n1'] };

  test('only what is at rest is watched', () => {
    expect(watchedDaemonSets(stateWith({ applied }))).toHaveLength(1);
    expect(watchedDaemonSets(stateWith({ applied, active: [running] }))).toEqual([]);
    expect(watchedDaemonSets(stateWith({ applied, paused: { by: 'ann', reason: '', atMs: 1 } }))).toEqual([]);
    const obstacle = { ...running, kind: 'quarantined', cause: 'x', atMs: 1 } as const;
    expect(watchedDaemonSets(stateWith({ applied, obstacles: [obstacle] }))).toEqual([]);
    const rollbacks = [{ namespace: 'monitoring', name: 'agent', by: 'ann', reason: 'x' }];
    expect(watchedDaemonSets(stateWith({ applied, rollbacks }))).toEqual([]);
  });

  test('a report is not acted on when something has begun meanwhile, or git holds another template now', () => {
    const taken = (change: Partial<ApplicationState>) =>
      takeStragglers(stateWith({ applied, stragglers: [report], ...change }));
    expect(taken({})).toMatchObject([{ nodes: ['n1'] }]);
    expect(taken({ active: [running] })).toEqual([]);
    expect(taken({ applied: { ...applied, daemonSets: [sync('agent', 't2')] } })).toEqual([]);
  });

  test('the same nodes again wait twice as long each time, at most an hour; others do not', () => {
    const state = stateWith({ applied });
    const waits: number[] = [];
    let nowMs = 1_000_000;
    for (let turn = 0; turn < 9; turn++) {
      noteCatchUp(state, report, nowMs);
      const [watched] = watchedDaemonSets(state);
      waits.push((watched?.notBeforeMs ?? 0) - nowMs);
      nowMs = watched?.notBeforeMs ?? 0;
    }
    expect(waits.slice(0, 3)).toEqual([45_000, 90_000, 180_000]);
    expect(waits.at(-1)).toBe(catchUpMs.longest);
    noteCatchUp(state, { ...report, nodes: ['n1', 'n2'] }, nowMs);
    expect((watchedDaemonSets(state)[0]?.notBeforeMs ?? 0) - nowMs).toBe(catchUpMs.look);
  });

  test.each([
    ['ready, on another template', {}, ['n1']],
    ['NotReady', { ready: false }, []],
    ['held by its label', { labels: { [holdLabel]: '' } }, []],
    ['excluded by the policy', { labels: { pool: 'lab' } }, []],
    ['being removed', { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' as const }] }, []],
    ['with a taint that is not tolerated', { taints: [{ key: 'x', effect: 'NoSchedule' as const }] }, []],
    ['cordoned', { unschedulable: true }, ['n1']],
  ])('a node that is %s', (_what, change, expected) => {
    const nodes = [node('n1', change), node('n2')];
    const pods = [pod('n1', 'old'), pod('n2', 'new')];
    const own = { ...policy, exclude: { matchLabels: { pool: 'lab' } } };
    expect(stragglersOf({ nodes, pods, scheduling: anywhere, hash: 'new', policy: own })).toEqual(expected);
  });
});

describe('S42: whether other objects may return before the nodes', () => {
  const good = [{ commit: commit(1), templates: { 'monitoring/a': 't1', 'monitoring/b': 't1' } }];
  const returns = (a: string, b: string): string | null => {
    const daemonSets = [sync('a', a), sync('b', b)];
    const others = { create: 0, configure: 1, unchanged: 0 };
    const plan: SyncPlan = { ...found(2), renderedDigest: 'r', others, daemonSets, warnings: [] };
    const state = stateWith({ good, applied: plan });
    const run = openRun(state, plan.commit, plan.subject, { requestIds: [] });
    noteInRun(run, plan);
    return returnAhead(state, run, sync('a', a));
  };

  test('yes when the commit moves this DaemonSet alone, no when another one may stay on it', () => {
    expect(returns('t2', 't1')).toBe(commit(1));
    expect(returns('t2', 't2')).toBeNull();
  });
});

test('an expedited policy keeps approvals, gates and budget, and drops soaks and windows', () => {
  const batches = [{ name: 'canary', nodes: 1, soakMs: 60_000, approval: 'after' as const }];
  const windows = [{ kind: 'deny' as const, schedule: '* * * * *', durationMs: 1, timeZone: 'UTC' }];
  const before = { ...policy, batches, windows };
  const { windows: _windows, ...rest } = before;
  expect(expeditedPolicy(before)).toEqual({ ...rest, batches: [{ ...batches[0], soakMs: 0 }] });
});
