import type * as z from 'zod';
import { list, mapping } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import { describeValue } from '../plain.ts';
import type { RolloutWindow } from '../rollout/policy.ts';
import { didYouMean } from '../suggest.ts';
import { windowProblem } from '../windows.ts';

const mostWindows = 50;
const dayMs = 24 * 3_600_000;

const schedule = value.text(
  'five cron fields such as "0 8 * * 1-5"',
  (text) => windowProblem({ schedule: text, timeZone: 'UTC' }) ?? undefined,
);

const timeZone = value.text('an IANA time zone such as Europe/Berlin or UTC', (text) => {
  try {
    // An offset such as +02:00 is taken too and knows no summer time.
    if (/^[A-Za-z]/.test(text) && new Intl.DateTimeFormat('en', { timeZone: text }).format(0) !== '') return undefined;
  } catch {
    // Unknown: said below.
  }
  const hint = didYouMean(text, Intl.supportedValuesOf('timeZone'));
  return `${describeValue(text)} is no IANA time zone such as Europe/Berlin or UTC${hint}`;
});

const window = mapping('a mapping with kind, schedule, duration and timeZone', {
  kind: value.choice(['allow', 'deny']),
  schedule,
  duration: value.duration(60_000, 31 * dayMs, 'between 1m and 744h'),
  timeZone,
  overrun: value.choice(['finish', 'stop']).optional(),
}).transform(({ duration, overrun, ...given }) => ({
  ...given,
  durationMs: duration,
  ...(overrun === undefined ? {} : { overrun }),
}));

/** When nodes may be taken: see `RolloutWindow`. */
export const windows: z.ZodType<RolloutWindow[]> = list(
  'a list such as [{kind: allow, schedule: "0 8 * * 1-5", duration: 8h, timeZone: Europe/Berlin}]',
  window,
  mostWindows,
);
