import { clockTime, shorten } from '../markdown.ts';
import { type ApplicationPaused, type ApplicationState, kept, type Trigger } from './state.ts';
import { addTrigger, mergeTriggers } from './triggers.ts';

/** Stops the application. Pressed again it stays as it was: who stopped it first, and why, is what counts. */
export function pauseApplication(state: ApplicationState, { by, reason, atMs }: ApplicationPaused): ApplicationPaused {
  state.paused ??= { by: shorten(by.trim(), kept.name), reason: shorten(reason.trim(), kept.sentence), atMs };
  return state.paused;
}

/** Ends the pause: what had waited is asked for again, and git is looked at in any case. */
export function resumeApplication(state: ApplicationState, by: string): void {
  const { waiting } = state;
  state.paused = null;
  state.waiting = null;
  if (waiting) addTrigger(state, waiting);
  // A person who ends a pause does not thereby override sync.auto: false.
  addTrigger(state, { forced: true, manual: false, by, requestIds: [] });
}

/** Keeps a reason to sync until the application is resumed. */
export function waitForResume(state: ApplicationState, trigger: Trigger): void {
  state.waiting = state.waiting ? mergeTriggers(state.waiting, trigger) : trigger;
}

/** "Application x is paused by ann since 10:22:03 UTC: why." */
export function pausedSentence(name: string, { by, reason, atMs }: ApplicationPaused): string {
  const why = reason === '' ? '' : `: ${reason}`;
  return `Application ${name} is paused by ${by} since ${clockTime(atMs)}${/[.!?]$/.test(why) ? why : `${why}.`}`;
}
