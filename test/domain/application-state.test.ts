import { describe, expect, test } from 'vitest';
import { changesNothing, decideSteps, reviewObstacles } from '../../domain/application/decide.ts';
import { acceptedNow, detailsLimitBytes, detailsOf } from '../../domain/application/details.ts';
import { readFinished } from '../../domain/application/finished.ts';
import { phaseOf, sentenceOf } from '../../domain/application/phase.ts';
import { refuse } from '../../domain/application/refusals.ts';
import { dropQueued, finishRollout, openRun, recordOutcome, settleRuns } from '../../domain/application/runs.ts';
import type { ApplicationSpec } from '../../domain/application/spec.ts';
import {
  type ActiveRollout,
  type ApplicationState,
  kept,
  type Obstacle,
  startState,
} from '../../domain/application/state.ts';
import { addTrigger, hint, noteDelivery, refsConcern, takeTrigger } from '../../domain/application/triggers.ts';
import { clockTime, escapeMarkdown, shorten, utf8Length, workflowLink } from '../../domain/markdown.ts';
import type { DaemonSetSync, SyncPlan } from '../../domain/sync.ts';
import type { Outcome } from '../../domain/wire.ts';

const spec: ApplicationSpec = {
  name: 'agents',
  source: { repo: 'https://git.example.com/a.git', ref: { branch: 'main' }, path: 'prod', render: 'auto' },
  destination: { cluster: 'prod', namespace: 'monitoring' },
  sync: { auto: true, intervalMs: 180_000, prune: false, drift: 'correct' },
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
const agent = { namespace: 'monitoring', name: 'agent' };

function stateWith(change: Partial<ApplicationState> = {}): ApplicationState {
  return { ...startState({ v: 1, name: 'agents', spec }), pending: null, ...change };
}

function sync(verdict: DaemonSetSync['verdict'], template = 't1', more: Partial<DaemonSetSync> = {}): DaemonSetSync {
  const digests = { templateDigest: template, quarantineKey: `key-${template}` };
  return { ...agent, verdict, adopt: false, maxUnavailable: null, ...digests, ...more };
}

function planOf(daemonSets: DaemonSetSync[], others = { create: 0, configure: 0, unchanged: 1 }): SyncPlan {
  return { commit: c2, subject: 'two', renderedDigest: 'r2', others, daemonSets, warnings: [] };
}

function active(more: Partial<ActiveRollout> = {}): ActiveRollout {
  return {
    ...agent,
    workflowId: 'rollout:prod:monitoring/agent',
    rollout: 1_000,
    mode: 'update',
    commit: c1,
    subject: 'one',
    templateDigest: 't1',
    quarantineKey: 'key-t1',
    by: 'git',
    supersededBy: null,
    ...more,
  };
}

function obstacle(kind: Obstacle['kind'], quarantineKey = 'key-t1'): Obstacle {
  return { ...agent, kind, quarantineKey, commit: c1, cause: 'because', atMs: 1 };
}

const finished = (outcome: Outcome, cause: string | null = null) => ({
  namespace: 'monitoring',
  daemonset: 'agent',
  rollout: 1_000,
  commit: c1,
  outcome,
  cause,
  templateDigest: 't1',
});

describe('triggers', () => {
  test('merge into one slot: nothing that was asked for is lost', () => {
    const state = stateWith();
    addTrigger(state, { forced: true, manual: true, by: 'ann', requestIds: ['r1'] });
    addTrigger(state, { ...hint, requestIds: [] });
    addTrigger(state, { forced: true, manual: true, by: 'bob', requestIds: ['r2', 'r1'] });
    expect(takeTrigger(state)).toEqual({ forced: true, manual: true, by: 'bob', requestIds: ['r1', 'r2'] });
    expect(takeTrigger(state)).toBeNull();
  });

  test('a hint does not take a person’s name away', () => {
    const state = stateWith();
    addTrigger(state, { forced: true, manual: true, by: 'ann', requestIds: [] });
    addTrigger(state, { ...hint, requestIds: [] });
    expect(state.pending?.by).toBe('ann');
  });

  test.each([
    [{ branch: 'main' }, ['refs/heads/main'], true],
    [{ branch: 'main' }, ['refs/heads/main2', 'refs/tags/main'], false],
    [{ branch: 'feature/x' }, ['refs/heads/feature/x'], true],
    [{ branch: 'main' }, [], true],
    [{ tag: 'v1' }, ['refs/tags/v1'], true],
    [{ tag: 'v1' }, ['refs/heads/v1'], false],
    [{ semver: '1.x' }, ['refs/tags/1.2.3'], true],
    [{ semver: '1.x' }, ['refs/heads/main'], false],
    [{ commit: c1 }, ['refs/heads/main'], true],
  ])('%j and a push to %j: %s', (ref, refs, concerns) => {
    expect(refsConcern(ref, refs)).toBe(concerns);
  });

  test('remembers the last 100 deliveries', () => {
    const state = stateWith();
    for (let n = 0; n < 150; n++) noteDelivery(state, { deliveryId: `d${n}`, source: 's', refs: [] }, n);
    expect(state.deliveries).toHaveLength(kept.deliveries);
    takeTrigger(state);
    noteDelivery(state, { deliveryId: 'd149', source: 's', refs: [] }, 999);
    expect(state.pending).toBeNull();
    expect(state.lastDelivery?.atMs).toBe(149);
    noteDelivery(state, { deliveryId: 'd0', source: 's', refs: [] }, 1_000);
    expect(state.pending).not.toBeNull();
  });

  test('deliveries without an id are hints that are never dropped', () => {
    const state = stateWith();
    for (const signal of [undefined, {}, { deliveryId: '' }]) {
      noteDelivery(state, signal, 1);
      expect(takeTrigger(state)).toEqual(hint);
    }
  });
});

describe('steps', () => {
  test.each([
    ['install', [], [], { do: 'start', mode: 'install' }],
    ['rollout', [], [], { do: 'start', mode: 'update' }],
    ['unchanged', [], [], { do: 'settle', result: { outcome: 'unchanged' } }],
    ['configure', [], [], { do: 'settle', result: { outcome: 'configured' } }],
    ['held', [], [], { do: 'settle', result: { outcome: 'held' } }],
    ['rollout', [active()], [], { do: 'await', rollout: 1_000 }],
    ['unchanged', [active()], [], { do: 'await' }],
    ['rollout', [active({ templateDigest: 't0' })], [], { do: 'queue', ask: true }],
    ['unchanged', [active({ templateDigest: 't0' })], [], { do: 'queue', ask: true }],
    ['held', [active({ templateDigest: 't0' })], [], { do: 'settle', result: { outcome: 'held' } }],
    ['rollout', [active({ supersededBy: c2 })], [], { do: 'queue', ask: true }],
    ['rollout', [active({ mode: 'revert' })], [], { do: 'settle', result: { outcome: 'held' } }],
    ['rollout', [active({ mode: 'revert', templateDigest: 't0' })], [], { do: 'queue', ask: false }],
    ['rollout', [], [obstacle('aborted')], { do: 'settle', result: { outcome: 'aborted', cause: 'because' } }],
    ['rollout', [], [obstacle('failed')], { do: 'settle', result: { outcome: 'failed' } }],
    ['install', [], [obstacle('rollbackFailed')], { do: 'settle', result: { outcome: 'rollbackFailed' } }],
    ['rollout', [], [obstacle('aborted', 'key-old')], { do: 'start', mode: 'update' }],
    ['rollout', [], [obstacle('quarantined')], { do: 'start', mode: 'update' }],
  ] as const)('%s with %j running and %j in the way', (verdict, running, obstacles, step) => {
    const state = stateWith({ active: [...running], obstacles: [...obstacles] });
    expect(decideSteps(state, planOf([sync(verdict)]))).toMatchObject([step]);
  });

  test('an adopted DaemonSet counts as adopted unless it rolls out', () => {
    const outcome = (verdict: DaemonSetSync['verdict']) =>
      decideSteps(stateWith(), planOf([sync(verdict, 't1', { adopt: true })]))[0];
    expect(outcome('unchanged')).toMatchObject({ result: { outcome: 'adopted' } });
    expect(outcome('configure')).toMatchObject({ result: { outcome: 'adopted' } });
    expect(outcome('rollout')).toMatchObject({ do: 'start' });
  });

  test('a plan changes nothing only when everything is unchanged or held', () => {
    expect(changesNothing(planOf([sync('unchanged'), sync('held')]))).toBe(true);
    expect(changesNothing(planOf([sync('unchanged', 't1', { adopt: true })]))).toBe(false);
    expect(changesNothing(planOf([sync('configure')]))).toBe(false);
    expect(changesNothing(planOf([], { create: 1, configure: 0, unchanged: 0 }))).toBe(false);
    expect(changesNothing(planOf([], { create: 0, configure: 1, unchanged: 0 }))).toBe(false);
  });

  test('obstacles stand while the template is the same, and the records’ word counts', () => {
    const review = (known: Obstacle[], one: DaemonSetSync) =>
      reviewObstacles(stateWith({ obstacles: known }), planOf([one]), 9);
    expect(review([obstacle('aborted')], sync('rollout'))).toEqual([obstacle('aborted')]);
    expect(review([obstacle('aborted')], sync('rollout', 't2'))).toEqual([]);
    expect(review([obstacle('aborted')], sync('unchanged'))).toEqual([]);
    expect(review([obstacle('quarantined')], sync('rollout'))).toEqual([]);
    expect(review([obstacle('quarantined')], sync('held'))).toEqual([obstacle('quarantined')]);
    expect(review([], sync('held', 't1', { heldReason: 'crashed' }))).toMatchObject([
      { kind: 'quarantined', commit: c2, cause: 'crashed', atMs: 9 },
    ]);
  });
});

describe('how a rollout ends', () => {
  test.each([
    ['update', 'succeeded', null, 'succeeded', c1],
    ['install', 'installed', null, 'installed', c1],
    ['update', 'rolledBack', 'quarantined', 'rolledBack', null],
    ['update', 'aborted', 'aborted', 'aborted', null],
    ['update', 'failed', 'failed', 'failed', null],
    ['update', 'rollbackFailed', 'rollbackFailed', 'rollbackFailed', null],
    ['update', 'superseded', null, 'superseded', null],
    ['revert', 'succeeded', 'quarantined', 'rolledBack', null],
    ['revert', 'rolledBack', 'quarantined', 'rolledBack', null],
    ['revert', 'aborted', 'aborted', 'aborted', null],
  ] as const)('%s %s', (mode, outcome, kind, recorded, syncedCommit) => {
    const state = stateWith({ active: [active({ mode })] });
    openRun(state, c1, 'one', { requestIds: ['r1'] }).waits['monitoring/agent'] = 1_000;
    expect(finishRollout(state, finished(outcome), 5)).toBe(true);
    expect(state.active).toEqual([]);
    expect(state.obstacles.map((one) => one.kind)).toEqual(kind ? [kind] : []);
    expect(state.recent).toMatchObject([{ commit: c1, outcome: recorded, requestIds: ['r1'], atMs: 5 }]);
    expect(state.syncedCommit).toBe(syncedCommit);
    expect(state.pending !== null).toBe(outcome === 'superseded');
  });

  test('an older rollout of the same id, or a repeated signal, changes nothing', () => {
    const state = stateWith({ active: [active({ rollout: 2_000 })] });
    expect(finishRollout(state, finished('failed'), 5)).toBe(false);
    expect(state.active).toHaveLength(1);
  });

  test('what was queued behind it is prepared again', () => {
    const state = stateWith({ active: [active()] });
    openRun(state, c2, 'two', { requestIds: ['r2'] }).waits['monitoring/agent'] = 'queued';
    finishRollout(state, finished('rolledBack', 'crash'), 5);
    expect(state.pending).toMatchObject({ forced: true, manual: true });
    expect(state.runs).toMatchObject([{ commit: c2, requestIds: ['r2'] }]);
  });

  test('a newer commit drops what older ones had queued, and keeps the run of its own', () => {
    const state = stateWith();
    openRun(state, c1, 'one', { requestIds: ['r1'] }).waits['monitoring/agent'] = 'queued';
    openRun(state, c2, 'two', { requestIds: ['r2'] }).waits['monitoring/agent'] = 'queued';
    dropQueued(state, c2, 5);
    expect(state.recent).toMatchObject([{ commit: c1, outcome: 'superseded', requestIds: ['r1'] }]);
    expect(openRun(state, c2, 'two', { requestIds: ['r3'] }).requestIds).toEqual(['r2', 'r3']);
  });

  test('a sync is as good as its worst DaemonSet', () => {
    const state = stateWith();
    const run = openRun(state, c1, 'one', { requestIds: [] });
    run.results = {
      a: { outcome: 'succeeded', cause: null },
      b: { outcome: 'rolledBack', cause: 'crash' },
      c: { outcome: 'unchanged', cause: null },
    };
    settleRuns(state, 5);
    expect(state.recent).toMatchObject([{ outcome: 'rolledBack', cause: 'crash' }]);
  });

  test('history and causes are bounded', () => {
    const state = stateWith();
    const cause = 'x'.repeat(5_000);
    for (let n = 0; n < 50; n++) {
      recordOutcome(state, { commit: c1, subject: '', outcome: 'failed', cause, atMs: n, requestIds: [] });
    }
    expect(state.recent).toHaveLength(kept.recent);
    expect(state.recent[0]?.atMs).toBe(49);
    expect(state.recent[0]?.cause?.length).toBe(kept.sentence);
  });

  test.each([undefined, null, 'done', {}, { outcome: 'great', rollout: 1 }, { ...finished('failed'), rollout: '1' }])(
    'a signal %j is not an end',
    (signal) => {
      expect(readFinished(signal)).toBeNull();
    },
  );
});

const applied = { commit: c1, subject: 'one', renderedDigest: 'r1', daemonSets: [sync('unchanged')] };
const phases: [string, Partial<ApplicationState>, string, string[]][] = [
  ['not configured', { spec: null }, 'waiting', ['configure', 'pause', 'remove']],
  ['new', {}, 'waiting', ['configure', 'sync', 'pause', 'preview', 'remove']],
  ['at rest', { applied }, 'waiting', ['configure', 'sync', 'pause', 'preview', 'explain', 'rollback', 'remove']],
  [
    'syncing',
    { applied, busy: 'Comparing.' },
    'syncing',
    ['configure', 'sync', 'pause', 'preview', 'explain', 'rollback', 'remove'],
  ],
  ['rolling out', { applied, active: [active()] }, 'rollingOut', ['configure', 'sync', 'pause', 'preview', 'explain']],
  [
    'invalid',
    { applied, invalid: { sentence: 'agent.yaml:3: no', commit: c2, refMissing: false } },
    'invalid',
    ['configure', 'sync', 'pause', 'preview', 'explain', 'retry', 'rollback', 'remove'],
  ],
  [
    'holding',
    { applied, busy: 'Comparing.', holding: 'cluster away.' },
    'holding',
    ['configure', 'sync', 'pause', 'preview', 'explain', 'retry', 'rollback', 'remove'],
  ],
  [
    'quarantined',
    { applied, obstacles: [obstacle('quarantined')] },
    'held',
    ['configure', 'sync', 'pause', 'preview', 'explain', 'releaseQuarantine', 'remove'],
  ],
  [
    'aborted',
    { applied, obstacles: [obstacle('aborted')] },
    'held',
    ['configure', 'sync', 'pause', 'preview', 'explain', 'retry', 'rollback', 'remove'],
  ],
  [
    'paused',
    { applied, active: [active()], paused: { by: 'ann', reason: 'incident', atMs: 1 } },
    'paused',
    ['configure', 'pause', 'resume', 'preview', 'explain'],
  ],
  ['being removed', { applied, removal: { by: 'ann', reason: '' } }, 'waiting', []],
  ['removed', { applied, removed: true }, 'removed', []],
];

describe('what is said and accepted', () => {
  test.each(phases)('%s', (_name, change, phase, accepts) => {
    const state = stateWith(change);
    expect(phaseOf(state)).toBe(phase);
    expect(acceptedNow(state)).toEqual(accepts);
    expect(sentenceOf(state)).toMatch(/\.$/);
    expect(detailsOf(state)).toContain(`: ${phase}`);
  });

  test.each([
    ['aborted', 'nodewave retry agents'],
    ['failed', 'nodewave retry agents'],
    ['rollbackFailed', 'two templates'],
    ['quarantined', 'nodewave release-quarantine agents'],
  ] as const)('%s names the way out', (kind, words) => {
    expect(sentenceOf(stateWith({ obstacles: [obstacle(kind)] }))).toContain(words);
  });

  test('a name in two namespaces is not guessed', () => {
    const other = sync('unchanged', 't1', { namespace: 'other' });
    const state = stateWith({ applied: { ...applied, daemonSets: [sync('unchanged'), other] } });
    const asked = (daemonset: string) => refuse('rollback', state, { by: 'ann', reason: 'x', daemonset });
    expect(asked('agent')).toContain('monitoring/agent, other/agent');
    expect(asked('other/agent')).toBeNull();
  });

  test('explain names its DaemonSet where there are several, and takes texts only', () => {
    const other = sync('unchanged', 't1', { name: 'other' });
    const state = stateWith({ applied: { ...applied, daemonSets: [sync('unchanged'), other] } });
    expect(refuse('explain', state, undefined)).toContain('name one');
    expect(refuse('explain', state, { daemonset: 'other' })).toBeNull();
    expect(refuse('explain', state, { daemonset: 'other', pod: 'other-x' })).toBeNull();
    expect(refuse('explain', state, { daemonset: 7 })).toContain('"daemonset" is a name');
    expect(refuse('explain', state, { daemonset: 'other', pod: {} })).toContain('"pod" is the name');
  });

  test('a rollback needs something that was rolled out', () => {
    const state = stateWith({ obstacles: [obstacle('failed')] });
    expect(refuse('rollback', state, { by: 'ann', reason: 'x' })).toContain('nothing to go back to');
  });

  test('the page stays under its limit whatever git says', () => {
    const long = '🦀*'.repeat(400);
    const state = stateWith({
      observed: { commit: c1, subject: long, atMs: 1 },
      active: Array.from({ length: 30 }, (_, n) => active({ name: `agent-${n}`, subject: long })),
      warnings: Array.from({ length: 10 }, () => long),
      lastDelivery: { deliveryId: 'd', source: long.slice(0, 200), atMs: 1 },
    });
    for (let n = 0; n < 30; n++) {
      recordOutcome(state, { commit: c1, subject: long, outcome: 'failed', cause: long, atMs: n, requestIds: [] });
    }
    expect(utf8Length(detailsOf(state))).toBeLessThan(detailsLimitBytes);
  });
});

describe('markdown', () => {
  test.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert\\(1\\)&lt;/script&gt;'],
    ['[a](https://x.example)', '\\[a\\]\\(https\\://x\\.example\\)'],
    ['a\nb\t c\u0000\u202e', 'a b c'],
    ['`{namespace}` | *x* _y_ # & ~~z~~', '\\`\\{namespace\\}\\` \\| \\*x\\* \\_y\\_ \\# &amp; \\~\\~z\\~\\~'],
    ['back\\slash!', 'back\\\\slash\\!'],
  ])('%j is plain text', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  test('helpers', () => {
    expect(shorten('🦀🦀🦀', 2)).toBe('🦀…');
    expect(shorten('ab', 2)).toBe('ab');
    expect(utf8Length('aé€🦀')).toBe(10);
    expect(clockTime(Date.UTC(2026, 0, 31, 8, 15))).toBe('2026-01-31 08:15:00Z');
    expect(workflowLink('rollout:c:n/d')).toBe('/namespaces/{namespace}/workflows/rollout%3Ac%3An%2Fd');
  });
});
