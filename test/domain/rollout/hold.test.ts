import { describe, expect, test } from 'vitest';
import { accept, interrupts } from '../../../domain/rollout/accept.ts';
import { heldState, holdIsDue, takeHold } from '../../../domain/rollout/hold.ts';
import { rolloutMessages } from '../../../domain/rollout/message-table.ts';
import { livePhases } from '../../../domain/rollout/phases.ts';
import type { RolloutState } from '../../../domain/rollout/state.ts';
import { nowMs } from './build.ts';
import { state } from './states.ts';

const by = 'ann@example.com';
const on = { on: true, by, reason: 'incident', atMs: nowMs };
const off = { on: false, by, reason: 'over', atMs: nowMs + 1 };
const who = { by: 'bob', reason: 'why', plan: '0'.repeat(64) };

/** The rollout once the pause of its application has taken effect. */
function held(before: RolloutState): RolloutState {
  const told = takeHold(before, on);
  return holdIsDue(told) ? heldState(told, before.phase as never) : told;
}

describe('S36: the pause of a whole application', () => {
  test.each(livePhases)('in %s nothing is deleted afterwards, and no message but abort changes that', (phase) => {
    const stopped = held(state(phase));
    expect(['paused', 'stopped', 'installing']).toContain(stopped.phase);
    for (const message of rolloutMessages) {
      const verdict = accept(stopped, message, who, nowMs);
      if (message === 'abort') expect(verdict.ok).toBe(true);
      else expect(verdict).toMatchObject({ ok: false });
    }
    const resumed = accept(stopped, 'resume', who, nowMs);
    expect(resumed).toMatchObject({ refusal: expect.stringMatching(/paused with its application by ann.*resume APP/) });
  });

  test.each(livePhases.filter((phase) => phase !== 'holding'))('in %s it is as before once it ends', (phase) => {
    const after = takeHold(held(state(phase)), off);
    expect(after).toMatchObject({ phase, held: null });
    expect(interrupts(after)).toBe(false);
  });

  test('what a person had paused before stays paused after it', () => {
    const mine = state('paused', { before: 'rolling', why: 'paused by bob.' });
    const after = takeHold(held(mine), off);
    expect(after).toMatchObject({ phase: 'paused', before: 'rolling', why: 'paused by bob.' });
    expect(accept(after, 'resume', who, nowMs)).toMatchObject({ ok: true });
  });

  test('a pause after this batch that was asked for before is still asked for after it', () => {
    const intent = { kind: 'pause', by: 'bob', reason: '', mode: 'afterBatch' } as const;
    expect(takeHold(held(state('rolling', { intent })), off)).toMatchObject({ phase: 'rolling', intent });
  });

  test('a rollback that was asked for waits for its end; an abort does not', () => {
    const asked = (kind: 'rollback' | 'abort') => state('rolling', { intent: { kind, by: 'bob', reason: '' } });
    expect(holdIsDue(takeHold(asked('rollback'), on))).toBe(true);
    expect(holdIsDue(takeHold(asked('abort'), on))).toBe(false);
  });

  test('signals that overtake each other: the newest counts', () => {
    const resumed = takeHold(state('rolling'), off);
    expect(takeHold(resumed, on)).toBe(resumed);
    expect(takeHold(takeHold(state('rolling'), on), off).held).toBeNull();
  });

  test.each([undefined, {}, { on: true }, { on: 'yes', atMs: 1 }, { on: true, atMs: 'now' }])(
    '%j is not read',
    (bad) => {
      const before = state('rolling');
      expect(takeHold(before, bad as never)).toBe(before);
    },
  );
});
