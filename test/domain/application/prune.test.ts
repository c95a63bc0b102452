import { describe, expect, test } from 'vitest';
import { phaseOf, sentenceOf } from '../../../domain/application/phase.ts';
import { awaitPrunes, dueBatches, duePrunes } from '../../../domain/application/prune.ts';
import { podsEndLate, pruneDone, pruneStopped, pruneWarning } from '../../../domain/application/prune-sentences.ts';
import { notePruneHeld, notePruneProgress, notePruning } from '../../../domain/application/pruning-now.ts';
import { dropQueued, openRun, settleRuns } from '../../../domain/application/runs.ts';
import type { ApplicationSpec } from '../../../domain/application/spec.ts';
import { type ApplicationState, startState } from '../../../domain/application/state.ts';
import type { PrunedDaemonSet } from '../../../domain/sync.ts';

const spec: ApplicationSpec = {
  name: 'agents',
  source: { repo: 'https://git.example.com/a.git', ref: { branch: 'main' }, path: 'prod', render: 'auto' },
  destination: { cluster: 'prod', namespace: 'monitoring' },
  sync: { auto: true, intervalMs: 180_000, prune: { inBatches: '25%', pauseMs: 60_000 }, drift: 'detect' },
  rollout: {
    batches: [{ name: 'all', nodes: '100%', soakMs: 0 }],
    maxUnavailable: null,
    readyWithinMs: 300_000,
    maxRestarts: 2,
    onFailure: 'rollback',
    promoteAfter: 'last',
  },
};

const c1 = '1'.repeat(40);
const c2 = '2'.repeat(40);
const batches = { inBatches: '25%' as const, pauseMs: 60_000 };
const old: PrunedDaemonSet = { namespace: 'monitoring', name: 'old', uid: 'u1', pods: 12, batches };
const stopped = 'pruning of DaemonSet monitoring/old stopped with 6 pods left';

function stateWith(change: Partial<ApplicationState> = {}): ApplicationState {
  return { ...startState({ v: 1, name: 'agents', spec }), pending: null, observed: null, ...change };
}

function withRun(pruned: PrunedDaemonSet[], goOnMs: number | null = null): ApplicationState {
  const state = stateWith();
  const run = openRun(state, c1, 'one', { requestIds: [] });
  run.results['monitoring/agent'] = { outcome: 'succeeded', cause: null };
  awaitPrunes(run, pruned, goOnMs);
  return state;
}

describe('what is due', () => {
  test('those at once first, then those in batches one after another', () => {
    const { batches: _none, ...atOnce } = { ...old, name: 'first' };
    const state = withRun([old, atOnce, { ...old, name: 'third' }]);
    const [run] = state.runs;
    expect(duePrunes(state)?.daemonSets.map(({ name }) => name)).toEqual(['first']);
    expect(dueBatches(state)?.one.name).toBe('old');
    delete run?.waits['monitoring/old'];
    expect(dueBatches(state)?.one.name).toBe('third');
  });

  test('nothing before the rollouts of the commit have ended well, and nothing after one that has not', () => {
    const state = withRun([old]);
    const [run] = state.runs;
    if (run === undefined) throw new Error('there is no run');
    run.waits['monitoring/other'] = 'queued';
    expect(dueBatches(state)).toBeNull();
    delete run.waits['monitoring/other'];
    run.results['monitoring/other'] = { outcome: 'rolledBack', cause: null };
    expect(dueBatches(state)).toBeNull();
    settleRuns(state, 1);
    expect(state.recent[0]).toMatchObject({ outcome: 'rolledBack' });
  });

  test.each([
    ['while the application is paused', { paused: { by: 'ann', reason: 'storage', atMs: 1 } }],
    ['once it is being removed', { removal: { by: 'ann', reason: '' } }],
  ])('nothing %s', (_when, change) => {
    const state = { ...withRun([old]), ...change };
    expect(dueBatches(state)).toBeNull();
  });

  test('a newer commit takes it out of the run; the newer plan says what is left', () => {
    const state = withRun([old]);
    dropQueued(state, c2, 2);
    expect(dueBatches(state)).toBeNull();
    expect(state.recent[0]?.cause).toBe('commit 2222222 came before it was pruned');
  });
});

describe('what has stopped', () => {
  const half = { ...old, pods: 6, batches: { ...batches, begun: true as const, stopped } };

  test('stays so with every commit, and is told each time', () => {
    const state = withRun([half]);
    expect(dueBatches(state)).toBeNull();
    settleRuns(state, 1);
    expect(state.recent[0]).toMatchObject({ commit: c1, outcome: 'held', cause: stopped });
    notePruning(state, [half]);
    expect(phaseOf(state)).toBe('held');
    expect(sentenceOf(state)).toBe(`${stopped}.`);
  });

  test('goes on when a person syncs', () => {
    const state = withRun([half], 5_000);
    expect(dueBatches(state)?.one.batches).toMatchObject({ goOnMs: 5_000 });
  });

  test('is forgotten when a plan knows of nothing to prune', () => {
    const state = stateWith();
    notePruning(state, [half]);
    notePruning(state, []);
    expect(phaseOf(state)).toBe('waiting');
  });
});

test('people see how far it is and what holds it', () => {
  const state = stateWith();
  notePruneProgress(state, old, { left: 9, total: 12 }, Date.UTC(2026, 0, 31, 8, 15));
  expect([phaseOf(state), sentenceOf(state)]).toEqual([
    'syncing',
    'Pruning DaemonSet monitoring/old: 9 of 12 pods left; the next batch goes at 2026-01-31 08:15:00Z.',
  ]);
  notePruneProgress(state, old, { left: 9, total: null }, null);
  expect(sentenceOf(state)).toBe('Pruning DaemonSet monitoring/old: 9 pods left.');
  notePruneHeld(state, old, 'all rollouts of this cluster are paused by ann');
  expect([phaseOf(state), sentenceOf(state)]).toEqual([
    'holding',
    'Pruning DaemonSet monitoring/old waits: all rollouts of this cluster are paused by ann.',
  ]);
});

test('the plan says how many pods go, in how many batches, and how long that takes at least', () => {
  const after = 'once everything else of the commit has succeeded';
  const between = '1m between two of them, so it takes at least 3m (sync.prune)';
  expect(pruneWarning(old)).toBe(
    `DaemonSet monitoring/old is no longer in git: ${after} it is deleted, and then its 12 pods in 4 batches of at most 3, ${between}`,
  );
  expect(pruneWarning({ ...old, batches: { ...batches, begun: true } })).toBe(
    `DaemonSet monitoring/old is no longer in git: 12 pods that pruning has left are deleted ${after}, in 4 batches of at most 3, ${between}`,
  );
  expect(pruneWarning({ ...old, pods: 1 })).toContain('1 pod in 1 batch of at most 1,');
  expect(pruneWarning({ ...old, batches: { ...batches, begun: true, stopped } })).toBe(
    `${stopped}; it stays so until a person syncs`,
  );
  const { batches: _none, ...atOnce } = old;
  expect(pruneWarning(atOnce)).toContain(`it is deleted with its 12 pods ${after}`);
});

test('sentences name the nodes, the pods and what to do', () => {
  expect(pruneStopped(old, 'agents', ['n1'], 6)).toBe(
    'pruning of DaemonSet monitoring/old stopped with 6 pods left: node n1 turned NotReady after its pod was deleted. ' +
      'Put the DaemonSet back into git, which adopts what is left and returns to the other nodes, or go on with "nodewave sync agents"',
  );
  expect(podsEndLate([{ name: 'old-1', node: 'n1' }])).toContain('old-1 on node n1 should have ended');
  expect(pruneDone(old, 12, 3, [{ node: 'n2' }, { node: 'n1' }])).toBe(
    'DaemonSet monitoring/old was deleted, and its 12 pods in batches of 3: git no longer has it. ' +
      '2 pods on nodes that are NotReady (n1, n2) will go when those are back',
  );
});
