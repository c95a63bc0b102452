import { describe, expect, test } from 'vitest';
import type { RolloutWindow } from '../../domain/rollout/policy.ts';
import { windowAt, windowProblem } from '../../domain/windows.ts';

const hourMs = 3_600_000;
const berlin = 'Europe/Berlin';
const window = (kind: RolloutWindow['kind'], schedule: string, hours: number, more: Partial<RolloutWindow> = {}) =>
  ({ kind, schedule, durationMs: hours * hourMs, timeZone: berlin, ...more }) satisfies RolloutWindow;
const office = window('allow', '0 8 * * 1-5', 8);
const freeze = window('deny', '0 0 23 12 *', 24 * 10);
const night = window('allow', '0 22 * * *', 8);

const at = (windows: RolloutWindow[], iso: string) => windowAt(windows, Date.parse(iso));
const change = (windows: RolloutWindow[], iso: string): string | null => {
  const { changesAtMs } = at(windows, iso);
  return changesAtMs === null ? null : new Date(changesAtMs).toISOString();
};

describe('S16: allow and deny windows', () => {
  test.each<[string, RolloutWindow[], string, boolean, string | null]>([
    ['no windows: always', [], '2026-11-24T03:00:00Z', true, null],
    ['in office hours', [office], '2026-11-24T09:00:00Z', true, '2026-11-24T15:00:00.000Z'],
    ['the first moment', [office], '2026-11-24T07:00:00Z', true, '2026-11-24T15:00:00.000Z'],
    ['just before it', [office], '2026-11-24T06:59:59.999Z', false, '2026-11-24T07:00:00.000Z'],
    ['the end is outside', [office], '2026-11-24T15:00:00Z', false, '2026-11-25T07:00:00.000Z'],
    ['friday evening waits for monday', [office], '2026-11-27T18:00:00Z', false, '2026-11-30T07:00:00.000Z'],
    ['only a deny window, outside of it', [freeze], '2026-12-01T12:00:00Z', true, '2026-12-22T23:00:00.000Z'],
    ['only a deny window, in it', [freeze], '2026-12-24T12:00:00Z', false, '2027-01-01T23:00:00.000Z'],
    ['deny wins over allow', [office, freeze], '2026-12-24T10:00:00Z', false, '2027-01-04T07:00:00.000Z'],
    ['the order does not matter', [freeze, office], '2026-12-24T10:00:00Z', false, '2027-01-04T07:00:00.000Z'],
    ['deny begins within allow', [night, freeze], '2026-12-22T22:00:00Z', true, '2026-12-22T23:00:00.000Z'],
    ['allow windows add up', [office, night], '2026-11-24T22:00:00Z', true, '2026-11-25T05:00:00.000Z'],
    ['a window over midnight', [night], '2026-11-25T02:00:00Z', true, '2026-11-25T05:00:00.000Z'],
    [
      'windows without a gap are one',
      [window('allow', '0 0 * * *', 12), window('allow', '0 12 * * *', 6)],
      '2026-11-24T05:00:00Z',
      true,
      '2026-11-24T17:00:00.000Z',
    ],
    ['longer than its period: always open', [window('allow', '0 * * * *', 2)], '2026-11-24T05:10:00Z', true, null],
    [
      'another time zone',
      [{ ...office, timeZone: 'America/New_York' }],
      '2026-11-24T09:00:00Z',
      false,
      '2026-11-24T13:00:00.000Z',
    ],
    ['a date that never comes', [window('allow', '0 0 30 2 *', 1)], '2026-11-24T05:10:00Z', false, null],
  ])('%s', (_name, windows, now, open, changes) => {
    expect(at(windows, now).open).toBe(open);
    expect(change(windows, now)).toBe(changes);
  });

  // On 2026-03-29 at 01:00Z Berlin jumps from 02:00 to 03:00; on 2026-10-25 at 01:00Z it falls back from 03:00 to 02:00.
  test.each<[string, RolloutWindow, string, boolean, string]>([
    ['spring: 22:00 for 8 h ends at 07:00', night, '2026-03-29T04:59:59Z', true, '2026-03-29T05:00:00.000Z'],
    ['spring: and is over then', night, '2026-03-29T05:00:00Z', false, '2026-03-29T20:00:00.000Z'],
    ['autumn: 22:00 for 8 h ends at 05:00', night, '2026-10-25T03:59:59Z', true, '2026-10-25T04:00:00.000Z'],
    ['autumn: and is over then', night, '2026-10-25T04:00:00Z', false, '2026-10-25T21:00:00.000Z'],
    [
      'spring: office hours before',
      { ...office, schedule: '0 8 * * *' },
      '2026-03-28T06:30:00Z',
      false,
      '2026-03-28T07:00:00.000Z',
    ],
    [
      'spring: office hours after',
      { ...office, schedule: '0 8 * * *' },
      '2026-03-29T05:30:00Z',
      false,
      '2026-03-29T06:00:00.000Z',
    ],
    [
      'autumn: office hours after',
      { ...office, schedule: '0 8 * * *' },
      '2026-10-25T06:30:00Z',
      false,
      '2026-10-25T07:00:00.000Z',
    ],
    [
      'spring: 02:30 does not exist and comes at 03:00',
      window('allow', '30 2 * * *', 1),
      '2026-03-29T00:59:00Z',
      false,
      '2026-03-29T01:00:00.000Z',
    ],
    [
      'spring: and is on for its whole time',
      window('allow', '30 2 * * *', 1),
      '2026-03-29T01:30:00Z',
      true,
      '2026-03-29T02:00:00.000Z',
    ],
    [
      'autumn: 02:30 is there twice and comes once',
      window('allow', '30 2 * * *', 0.5),
      '2026-10-25T00:40:00Z',
      true,
      '2026-10-25T01:00:00.000Z',
    ],
    [
      'autumn: the second 02:30 is none',
      window('allow', '30 2 * * *', 0.5),
      '2026-10-25T01:40:00Z',
      false,
      '2026-10-26T01:30:00.000Z',
    ],
  ])('%s', (_name, one, now, open, changes) => {
    expect(at([one], now).open).toBe(open);
    expect(change([one], now)).toBe(changes);
  });

  test('the change is the first moment at which the answer differs, over both changes of the clocks', () => {
    const sets = [[office], [night, freeze], [window('allow', '15 1-3 * * *', 0.5), window('deny', '0 2 * * 0', 1)]];
    for (const windows of sets) {
      for (const day of ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z']) {
        for (let minute = 0; minute < 12 * 60; minute += 15) {
          const nowMs = Date.parse(day) + minute * 60_000;
          const { open, changesAtMs } = windowAt(windows, nowMs);
          if (changesAtMs === null) throw new Error('these windows always change');
          expect(windowAt(windows, changesAtMs).open).toBe(!open);
          for (let ms = nowMs; ms < Math.min(changesAtMs, nowMs + hourMs); ms += 15 * 60_000) {
            expect(windowAt(windows, ms).open).toBe(open);
          }
        }
      }
    }
  });

  test.each<[RolloutWindow[], string, string]>([
    [[], '2026-11-24T09:00:00Z', 'no window holds it'],
    [
      [office],
      '2026-11-24T09:00:00Z',
      'an allow window is open until 2026-11-24 16:00 Europe/Berlin: "0 8 * * 1-5" for 8h (Europe/Berlin)',
    ],
    [
      [office, night],
      '2026-11-27T18:00:00Z',
      'no allow window is open until 2026-11-27 22:00 Europe/Berlin: "0 8 * * 1-5" for 8h (Europe/Berlin) and 1 more',
    ],
    [
      [office, freeze],
      '2026-12-24T10:00:00Z',
      'a deny window is on until 2027-01-04 08:00 Europe/Berlin: "0 0 23 12 *" for 240h (Europe/Berlin)',
    ],
  ])('%j at %s: %s', (windows, now, sentence) => {
    expect(at(windows, now).sentence).toBe(sentence);
  });

  test.each<[string, RolloutWindow[], string, 'finish' | 'stop']>([
    ['stop by default', [office], '2026-11-24T18:00:00Z', 'stop'],
    ['as the allow windows say', [{ ...office, overrun: 'finish' }], '2026-11-24T18:00:00Z', 'finish'],
    ['all of them', [{ ...office, overrun: 'finish' }, night], '2026-11-24T18:00:00Z', 'stop'],
    ['the deny window decides', [{ ...office, overrun: 'finish' }, freeze], '2026-12-24T18:00:00Z', 'stop'],
    ['the deny window decides', [office, { ...freeze, overrun: 'finish' }], '2026-12-24T18:00:00Z', 'finish'],
  ])('overrun, %s', (_name, windows, now, overrun) => {
    expect(at(windows, now).overrun).toBe(overrun);
  });
});

test.each([
  ['0 8 * * 1-5', berlin, null],
  ['*/15 0-6 1,15 JAN-MAR MON', 'UTC', null],
  ['0 8 * * 1-5', 'Europe/Bärlin', '"Europe/Bärlin" is no time zone'],
  ['0 8 * *', berlin, 'use five fields'],
  ['0 0 8 * * 1', berlin, 'use five fields'],
  ['@daily', berlin, 'use five fields'],
  ['61 8 * * *', berlin, 'Invalid value for minute: 61'],
  ['x 8 * * *', berlin, 'is no cron schedule'],
  ['0 0 30 2 *', berlin, 'never comes'],
])('%s in %s: %s', (schedule, timeZone, problem) => {
  const said = windowProblem({ schedule, timeZone });
  if (problem === null) expect(said).toBeNull();
  else expect(said).toContain(problem);
});
