import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { messagesPage } from '../../../dev/docs/messages.ts';
import {
  accept,
  cancelled,
  exampleOf,
  interrupts,
  type Payload,
  planPrefixLength,
  yieldsToNewerCommit,
} from '../../../domain/rollout/accept.ts';
import { offered } from '../../../domain/rollout/hold.ts';
import {
  acceptedIn,
  messageTable,
  messageTableMarkdown,
  type RolloutMessage,
  rolloutMessages,
} from '../../../domain/rollout/message-table.ts';
import { endPhases, livePhases, type Phase } from '../../../domain/rollout/phases.ts';
import { type Intent, logKept } from '../../../domain/rollout/state.ts';
import { nowMs } from './build.ts';
import { finding, plan, state } from './states.ts';

const who = { by: 'night@example.com', reason: 'paged' };
const good: Record<RolloutMessage, Payload> = {
  approve: { ...who, plan: plan.digest },
  reject: { ...who, plan: plan.digest },
  pause: { ...who, mode: 'now' },
  resume: who,
  abort: who,
  rollback: who,
  retry: who,
  overrideWindow: who,
};
const cells = livePhases.flatMap((phase) => rolloutMessages.map((message) => [phase, message] as const));
const send = (phase: Phase, message: RolloutMessage, payload: unknown = good[message], change = {}) =>
  accept(state(phase, change), message, payload as Payload, nowMs);
const refusal = (...given: Parameters<typeof send>): string => {
  const verdict = send(...given);
  if (verdict.ok) throw new Error(`${given[1]} was accepted in ${given[0]}`);
  return verdict.refusal;
};
const accepted = (...given: Parameters<typeof send>) => {
  const verdict = send(...given);
  if (!verdict.ok) throw new Error(verdict.refusal);
  return verdict;
};

test('S16: an override is offered only while a window holds the rollout, and taken before that too', () => {
  expect(offered(state('waiting'))).toContain('overrideWindow');
  expect(offered(state('rolling'))).not.toContain('overrideWindow');
  expect(accepted('rolling', 'overrideWindow').state.windowsOverridden).toMatchObject({ by: who.by });
});

describe('every message in every phase', () => {
  test.each(cells)('%s: %s', (phase, message) => {
    const before = state(phase, { batch: 1, findings: [finding('n1')] });
    const untouched = structuredClone(before);
    const cell = messageTable[phase][message];
    const verdict = accept(before, message, good[message], nowMs);
    expect(before).toEqual(untouched);
    expect(verdict.ok).toBe(cell.accepted);
    if (!verdict.ok) {
      expect(verdict.refusal).toMatch(/^[A-Z].{10,}\. Phase: \w+\.$/s);
      // It says what to do instead.
      for (const name of offered(before)) expect(verdict.refusal).toContain(name);
      return;
    }
    if (!cell.accepted) return;
    expect(verdict.message).toMatch(/^[A-Z]/);
    expect(verdict.state.log.at(-1)).toMatchObject({ atMs: nowMs, by: who.by, what: expect.stringContaining('paged') });
    const { state: after } = verdict;
    if (message === 'approve') {
      expect(after.approved).toEqual([`${phase === 'awaitingApprovalBefore' ? 'before' : 'after'}:1`]);
      expect(after).toMatchObject({ phase, intent: null });
    } else if (message === 'overrideWindow') {
      // A waiting rollout looks again first: the brake may still hold it.
      expect(after).toMatchObject({ phase, intent: null, windowsOverridden: who });
    } else if (cell.next === 'the phase before' || cell.next === 'the same phase') {
      expect(after).toMatchObject({ phase: before.before, why: null });
    } else {
      // The main loop takes up the intent and sets the phase.
      const kinds: Partial<Record<Phase, Intent['kind']>> = {
        paused: 'pause',
        aborted: 'abort',
        rollingBack: 'rollback',
      };
      expect(after).toMatchObject({ phase, intent: { kind: kinds[cell.next], by: who.by, reason: who.reason } });
      expect(interrupts(after)).toBe(true);
    }
    if (cell.pods === 'none') expect(['the phase before', 'rolling', 'rollingBack']).not.toContain(cell.next);
  });

  test('the phases of the table are the phases', () => {
    expect(Object.keys(messageTable).sort()).toEqual([...livePhases].sort());
    for (const row of Object.values(messageTable)) expect(Object.keys(row).sort()).toEqual([...rolloutMessages].sort());
  });

  test.each(livePhases)('%s can be ended by a message', (phase) => {
    const ends = acceptedIn(phase).filter((message) => message === 'abort' || message === 'rollback');
    expect(ends.length).toBeGreaterThan(0);
    for (const message of ends) expect(send(phase, message).ok).toBe(true);
  });

  test.each(endPhases)('%s refuses everything and says where to send it', (phase) => {
    expect(acceptedIn(phase)).toEqual([]);
    for (const message of rolloutMessages) expect(refusal(phase, message)).toContain('send it to the application');
  });
});

describe('what comes with a message', () => {
  test.each([undefined, null, [], ['a'], 'text', 7, true, [who]])(
    '%j is no argument: an example is shown',
    (payload) => {
      for (const message of rolloutMessages) {
        expect(refusal('rolling', message, payload === undefined ? null : payload)).toContain(
          exampleOf(message, plan.digest),
        );
      }
      const verdict = accept(state('rolling'), 'abort', undefined, nowMs);
      expect(verdict).toMatchObject({ ok: false, refusal: expect.stringContaining('takes one JSON object') });
    },
  );

  test.each([undefined, null, '', '  ', 7, {}, []])('"by": %j does not say who', (by) => {
    for (const message of rolloutMessages)
      expect(refusal('rolling', message, { ...good[message], by })).toContain('"by" is missing');
  });

  test.each([null, 7, {}, ['a'], true])('"reason": %j is not a text', (reason) => {
    expect(refusal('rolling', 'abort', { by: 'x', reason })).toContain('"reason" must be a text');
  });

  test('no reason is fine, and unknown fields do no harm', () => {
    expect(accepted('rolling', 'abort', { by: ' x ', later: 1 }).state.intent).toEqual({
      kind: 'abort',
      by: 'x',
      reason: '',
    });
  });

  test('long texts are cut, not in the middle of a character', () => {
    const { state: after } = accepted('rolling', 'abort', { by: '🚀'.repeat(999), reason: 'r'.repeat(9_999) });
    expect([...(after.intent?.by ?? '')]).toHaveLength(200);
    expect(after.intent?.by).toMatch(/^🚀+…$/u);
    expect(after.intent?.reason.length).toBe(200);
  });

  test.each(['never', 7, null, true])('pause with mode %j', (mode) => {
    expect(refusal('rolling', 'pause', { ...who, mode })).toContain('"mode" must be "now" or "afterBatch"');
  });

  test.each(['yes', 1, null])('retry with ignoreGate %j', (ignoreGate) => {
    expect(refusal('stopped', 'retry', { ...who, ignoreGate })).toContain('"ignoreGate" must be true or false');
  });

  test('every example is accepted where the message is', () => {
    for (const [phase, message] of cells) {
      if (!messageTable[phase][message].accepted) continue;
      expect(send(phase, message, JSON.parse(exampleOf(message, plan.digest))).ok).toBe(true);
    }
  });

  test('the log keeps its newest entries', () => {
    const log = Array.from({ length: logKept }, (_, at) => ({ atMs: at, by: 'x', what: `${at}` }));
    const { state: after } = accepted('rolling', 'abort', who, { log });
    expect(after.log).toHaveLength(logKept);
    expect(after.log.at(-1)).toMatchObject({ what: 'abort: paged' });
    expect(after.log[0]).toMatchObject({ what: '1' });
  });
});

describe('approve and reject name the plan', () => {
  const named = (name: unknown) => ({ ...who, plan: name });

  test.each([undefined, null, 7, {}, '', '0123456', plan.digest.slice(0, planPrefixLength - 1)])(
    '%j names no plan; the current one is told',
    (name) => {
      for (const message of ['approve', 'reject'] as const) {
        expect(refusal('awaitingApprovalBefore', message, named(name))).toContain('the current one is 01234567');
      }
    },
  );

  test.each(['0123456789abcdee', '0123456789abcdef0', 'ABCDEF012', 'x'.repeat(100_000)])(
    'another plan is stale',
    (name) => {
      const told = refusal('awaitingApprovalAfter', 'approve', named(name));
      expect(told).toContain('is not the current one: look at plan 01234567');
      expect(told.length).toBeLessThan(300);
    },
  );

  test.each([plan.digest, plan.digest.slice(0, planPrefixLength), plan.digest.slice(0, 12)])(
    '%s is the current one',
    (name) => {
      expect(send('awaitingApprovalAfter', 'approve', named(name)).ok).toBe(true);
    },
  );

  test('reject ends without a touch before a batch, and puts back after one', () => {
    expect(accepted('awaitingApprovalBefore', 'reject').state.intent?.kind).toBe('abort');
    expect(accepted('awaitingApprovalAfter', 'reject').state.intent?.kind).toBe('rollback');
  });

  test('without a last good there is nothing to put back', () => {
    const first = { plan: { ...plan, fromHash: null } };
    expect(refusal('awaitingApprovalAfter', 'reject', good.reject, first)).toContain('send abort');
    expect(refusal('rolling', 'rollback', who, first)).toContain('send abort');
    expect(send('rolling', 'abort', who, first).ok).toBe(true);
  });
});

describe('messages that meet another one', () => {
  const intent = (kind: Intent['kind'], mode: 'now' | 'afterBatch' = 'now') => ({
    intent: { kind, mode, ...who } as Intent,
  });

  test.each(['abort', 'rollback'] as const)('%s is under way: nothing else is taken', (kind) => {
    for (const message of acceptedIn('rolling')) {
      expect(refusal('rolling', message, good[message], intent(kind))).toContain(
        `${kind} was sent already and is under way`,
      );
    }
  });

  test('a pause is not taken twice, but may be hurried, and gives way to abort and rollback', () => {
    const later = intent('pause', 'afterBatch');
    expect(refusal('rolling', 'pause', { ...who, mode: 'afterBatch' }, later)).toContain('sent already');
    expect(accepted('rolling', 'pause', { ...who, mode: 'now' }, later).state.intent).toMatchObject({ mode: 'now' });
    expect(accepted('rolling', 'pause', who, later).state.intent).toMatchObject({ mode: 'now' });
    expect(accepted('rolling', 'abort', who, later).state.intent?.kind).toBe('abort');
    expect(accepted('rolling', 'rollback', who, later).state.intent?.kind).toBe('rollback');
  });

  test('a pause that would never come about is refused', () => {
    const later = { ...who, mode: 'afterBatch' };
    expect(refusal('rolling', 'pause', later, { batch: 2 })).toContain('This is the last batch');
    expect(refusal('rollingBack', 'pause', later)).toContain('A rollback has no batches');
    expect(accepted('rolling', 'pause', later, { batch: 1 }).message).toContain('after this batch');
    // After a batch that soaks or asks, there is a moment to pause at.
    const soaks = { plan: { ...plan, batches: plan.batches.slice(0, 1) } };
    expect(send('rolling', 'pause', later, soaks).ok).toBe(true);
    expect(accepted('soaking', 'pause', later).message).toContain('It pauses now');
  });

  test('nothing is rolled back before there is a plan', () => {
    expect(refusal('holding', 'rollback', who, { plan: null, before: 'planning' })).toContain('send abort');
    expect(send('holding', 'abort', who, { plan: null, before: 'planning' }).ok).toBe(true);
  });
});

describe('overrideWindow (S16)', () => {
  test.each([undefined, '', '  '])('reason %j: it needs one', (reason) => {
    expect(refusal('waiting', 'overrideWindow', { by: 'ann', reason })).toContain('"reason" is missing');
  });

  test('holds for the whole rollout, so a second one is refused and told who', () => {
    const given = { windowsOverridden: { by: 'ann', reason: 'CVE' } };
    expect(refusal('waiting', 'overrideWindow', who, given)).toContain('overridden by ann');
  });

  test('is refused where the policy has no windows, and says what holds the rollout then', () => {
    const braked = state('waiting', { why: 'all rollouts of this cluster are paused by ann' });
    const verdict = accept(braked, 'overrideWindow', who, nowMs, false);
    expect(verdict).toEqual({
      ok: false,
      refusal:
        'There is no window to override: the policy of this rollout has none. It waits because all rollouts of this cluster are paused by ann. Phase: waiting.',
    });
    expect(accept(state('rolling'), 'overrideWindow', who, nowMs, false).ok).toBe(false);
    expect(offered(braked, false)).not.toContain('overrideWindow');
  });

  test.each(['rollingBack', 'installing'] as const)('%s is held by no window', (phase) => {
    expect(refusal(phase, 'overrideWindow')).toMatch(/Windows (never|do not) hold/);
  });
});

describe('resume and retry', () => {
  test('resume goes back to where it was paused, and judges again only what was stopped', () => {
    const paused = accepted('paused', 'resume', who, { before: 'soaking', why: 'paused by x.' }).state;
    expect(paused).toMatchObject({ phase: 'soaking', judgeAgain: false, why: null, intent: null });
    expect(accepted('stopped', 'resume', who, { before: 'rollingBack' }).state).toMatchObject({
      phase: 'rollingBack',
      judgeAgain: true,
    });
  });

  test('retry judges again; only with ignoreGate the red gate is passed', () => {
    const stopped = { findings: [finding('n1'), finding('n2')], ignoredNodes: ['n0', 'n1'] };
    expect(accepted('stopped', 'retry', who, stopped).state).toMatchObject({
      judgeAgain: true,
      ignoredNodes: ['n0', 'n1'],
    });
    const passed = accepted('stopped', 'retry', { ...who, ignoreGate: true }, stopped);
    expect(passed.state).toMatchObject({ phase: 'rolling', ignoredNodes: ['n0', 'n1', 'n2'] });
    expect(passed.state.log.at(-1)?.what).toContain('ignoring the gate');
    // Findings are cut to a few; the nodes behind them are not.
    const many = { ...stopped, redNodes: ['n1', 'n2', 'n3'] };
    expect(accepted('stopped', 'retry', { ...who, ignoreGate: true }, many).state.ignoredNodes).toEqual([
      'n0',
      'n1',
      'n2',
      'n3',
    ]);
  });
});

describe('what interrupts the running step', () => {
  const pause = (mode: 'now' | 'afterBatch'): Intent => ({ kind: 'pause', mode, ...who });
  test.each<[string, Phase, Intent | null, string | null, boolean]>([
    ['nothing', 'rolling', null, null, false],
    ['abort', 'rolling', { kind: 'abort', ...who }, null, true],
    ['rollback', 'soaking', { kind: 'rollback', ...who }, null, true],
    ['pause now', 'rolling', pause('now'), null, true],
    ['pause after the batch, in it', 'rolling', pause('afterBatch'), null, false],
    ['pause after the batch, after it', 'soaking', pause('afterBatch'), null, true],
    ['pause after the batch, while asking', 'awaitingApprovalAfter', pause('afterBatch'), null, true],
    ['a newer commit in a batch', 'rolling', null, 'c3', false],
    ['a newer commit in a soak', 'soaking', null, 'c3', true],
    ['a newer commit, and a pause after the batch', 'rolling', pause('afterBatch'), 'c3', false],
  ])('%s', (_name, phase, intent, supersededBy, expected) => {
    expect(interrupts(state(phase, { intent, supersededBy }))).toBe(expected);
  });

  test.each<[Phase, Phase | undefined, boolean]>([
    ['planning', undefined, true],
    ['installing', undefined, true],
    ['awaitingApprovalBefore', undefined, true],
    ['rolling', undefined, false],
    ['soaking', undefined, true],
    ['awaitingApprovalAfter', undefined, true],
    ['paused', undefined, false],
    ['stopped', undefined, true],
    ['rollingBack', undefined, false],
    ['holding', 'rolling', false],
    ['holding', 'rollingBack', false],
    ['holding', 'soaking', true],
    ['holding', 'planning', true],
    ['waiting', undefined, true],
  ])('%s (before: %s) gives way to a newer commit: %s', (phase, before, expected) => {
    const change = { supersededBy: 'c3', ...(before === undefined ? {} : { before: before as 'rolling' }) };
    expect(yieldsToNewerCommit(state(phase, change))).toBe(expected);
    expect(yieldsToNewerCommit(state(phase, { ...change, supersededBy: null }))).toBe(false);
  });
});

describe("Temporal's Cancel button", () => {
  test.each(livePhases)('%s: means abort', (phase) => {
    const before = state(phase, { intent: { kind: 'pause', mode: 'afterBatch', ...who } });
    const after = cancelled(before, nowMs);
    expect(after).toMatchObject({ phase, intent: { kind: 'abort', by: 'Temporal cancel request' } });
    expect(after?.log.at(-1)).toMatchObject({ atMs: nowMs, what: 'abort' });
    if (after !== null) expect(interrupts(after)).toBe(true);
    if (after !== null) expect(cancelled(after, nowMs)).toBeNull();
  });

  test.each(endPhases)('%s: changes nothing', (phase) => {
    expect(cancelled(state(phase), nowMs)).toBeNull();
  });
});

test('docs/messages.md is the table of the code', () => {
  expect(messageTableMarkdown().split('\n')).toHaveLength(livePhases.length * rolloutMessages.length + 2);
  const written = readFileSync(new URL('../../../docs/messages.md', import.meta.url), 'utf8');
  expect(written, 'run "node dev/run.mjs dev/docs/messages.ts" and commit docs/messages.md').toBe(messagesPage());
});
