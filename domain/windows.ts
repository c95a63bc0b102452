import { Cron } from 'croner';
import { formatDuration } from './duration.ts';
import { policyDefaults, type RolloutWindow } from './rollout/policy.ts';

/** Whether the windows of a policy allow to take nodes now. */
export interface WindowVerdict {
  open: boolean;
  /** For people: which window decides, and until when. */
  sentence: string;
  /** When `open` changes next, milliseconds; null when it does not within a year. */
  changesAtMs: number | null;
  /** While closed: whether a batch that runs already may finish. Only when every window that keeps it closed says so. */
  overrun: 'finish' | 'stop';
}

/** How far ahead the next change is looked for, and over how many beginnings and ends of windows. */
const horizon = { ms: 366 * 24 * 3_600_000, steps: 1_000 };

/**
 * Decides by allow and deny windows (S16): closed inside of any deny window, else open inside of an allow window or when there
 * is none. A window begins when its cron fields match in its time zone and lasts for the time that has passed, so over
 * a change of the clocks it ends an hour later or earlier on the wall. A beginning that the clocks skip comes right after
 * the gap; one that they repeat comes once when hour and minute are fixed.
 */
export function windowAt(windows: readonly RolloutWindow[], nowMs: number): WindowVerdict {
  const clocks = windows.map((window) => new WindowClock(window));
  const { open, keepers } = decide(clocks, nowMs);
  const changesAtMs = nextChange(clocks, nowMs, open);
  return {
    open,
    sentence: sentenceOf(open, keepers, changesAtMs),
    changesAtMs,
    overrun:
      !open && keepers.every(({ window }) => (window.overrun ?? policyDefaults.overrun) === 'finish')
        ? 'finish'
        : 'stop',
  };
}

/** What is wrong with a window's cron fields or time zone, for people; null when it can be used. */
export function windowProblem({ schedule, timeZone }: Pick<RolloutWindow, 'schedule' | 'timeZone'>): string | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    return `"${timeZone}" is no time zone; use an IANA name such as Europe/Berlin or UTC`;
  }
  const example = 'use five fields (minute hour day month weekday), for example "0 8 * * 1-5"';
  if (schedule.trim().split(/\s+/).length !== 5) return `"${schedule}" is no cron schedule: ${example}`;
  try {
    const next = cronOf({ schedule, timeZone }).nextRun(new Date(0));
    return next === null ? `"${schedule}" never comes; ${example}` : null;
  } catch (error) {
    const said = (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '');
    return `"${schedule}" is no cron schedule (${said}); ${example}`;
  }
}

/** Beginnings and ends of one window. */
class WindowClock {
  readonly window: RolloutWindow;
  readonly #cron: Cron;

  constructor(window: RolloutWindow) {
    this.window = window;
    this.#cron = cronOf(window);
  }

  /** The first beginning after `ms`. */
  begins(ms: number): number | null {
    return this.#cron.nextRun(new Date(ms))?.getTime() ?? null;
  }

  /** The end of the earliest occurrence that `ms` is in; null when it is in none. */
  ends(ms: number): number | null {
    const began = this.begins(ms - this.window.durationMs);
    return began !== null && began <= ms ? began + this.window.durationMs : null;
  }
}

function cronOf({ schedule, timeZone }: Pick<RolloutWindow, 'schedule' | 'timeZone'>): Cron {
  return new Cron(schedule, { timezone: timeZone, mode: '5-part', paused: true });
}

/** Whether it is open at a moment, and the windows that make it so. */
function decide(clocks: readonly WindowClock[], ms: number): { open: boolean; keepers: WindowClock[] } {
  const within = (kind: RolloutWindow['kind']): WindowClock[] =>
    clocks.filter((clock) => clock.window.kind === kind && clock.ends(ms) !== null);
  const denied = within('deny');
  if (denied.length > 0) return { open: false, keepers: denied };
  const allows = clocks.filter(({ window }) => window.kind === 'allow');
  if (allows.length === 0) return { open: true, keepers: [] };
  const allowed = within('allow');
  return allowed.length > 0 ? { open: true, keepers: allowed } : { open: false, keepers: allows };
}

/** Windows overlap and follow each other without a gap: only the moment at which the answer differs is a change. */
function nextChange(clocks: readonly WindowClock[], nowMs: number, open: boolean): number | null {
  let atMs = nowMs;
  for (let step = 0; step < horizon.steps && atMs - nowMs < horizon.ms; step++) {
    const borders = clocks.flatMap((clock) => [clock.begins(atMs), clock.ends(atMs)]).filter((ms) => ms !== null);
    if (borders.length === 0) return null;
    atMs = Math.min(...borders);
    if (decide(clocks, atMs).open !== open) return atMs;
  }
  return null;
}

function sentenceOf(open: boolean, keepers: readonly WindowClock[], changesAtMs: number | null): string {
  const [first] = keepers;
  if (first === undefined) return 'no window holds it';
  const until = changesAtMs === null ? '' : ` until ${timeIn(first.window.timeZone, changesAtMs)}`;
  const { kind } = first.window;
  const others = keepers.length > 1 ? ` and ${keepers.length - 1} more` : '';
  if (kind === 'deny') return `a deny window is on${until}: ${described(first.window)}${others}`;
  return open
    ? `an allow window is open${until}: ${described(first.window)}${others}`
    : `no allow window is open${until}: ${described(first.window)}${others}`;
}

function described({ schedule, durationMs, timeZone }: RolloutWindow): string {
  return `"${schedule}" for ${formatDuration(durationMs)} (${timeZone})`;
}

/** A moment on the clocks of a time zone, e.g. `2026-03-29 03:30 Europe/Berlin`. */
function timeIn(timeZone: string, ms: number): string {
  // The Swedish form is the ISO one.
  const text = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(ms);
  return `${text} ${timeZone}`;
}
