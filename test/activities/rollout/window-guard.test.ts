import { expect, test } from 'vitest';
import { windowGuard } from '../../../activities/rollout/window-guard.ts';
import type { RolloutWindow } from '../../../domain/rollout/policy.ts';

const office: RolloutWindow = { kind: 'allow', schedule: '0 8 * * *', durationMs: 3_600_000, timeZone: 'UTC' };
const at = (time: string): number => Date.parse(`2026-11-24T${time}Z`);

async function stopsAt(windows: RolloutWindow[], ...times: string[]): Promise<(number | null | 'open')[]> {
  let nowMs = 0;
  const guard = windowGuard(windows, () => nowMs);
  const answers: (number | null | 'open')[] = [];
  for (const time of times) {
    nowMs = at(time);
    const stop = await guard.stops();
    answers.push(stop === null ? 'open' : stop.untilMs);
  }
  return answers;
}

test('S16: a window that closes or opens while a batch runs is noticed at that moment, also by a clock that was set back', async () => {
  const times = ['07:59:59', '08:00:00', '08:59:59', '09:00:00', '08:30:00', '07:00:00'];
  const opensMs = at('08:00:00');
  expect(await stopsAt([office], ...times)).toEqual([opensMs, 'open', 'open', opensMs + 86_400_000, 'open', opensMs]);
});

test('S16: with overrun finish a running batch is never stopped', async () => {
  expect(await stopsAt([{ ...office, overrun: 'finish' }], '08:30:00', '09:30:00')).toEqual(['open', 'open']);
});
