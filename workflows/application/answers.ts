import { ApplicationFailure } from '@temporalio/workflow';
import { type ApplicationUpdate, descriptionOf } from '../../domain/application/messages.ts';
import { phaseOf } from '../../domain/application/phase.ts';
import { refuse } from '../../domain/application/refusals.ts';
import { kept } from '../../domain/application/state.ts';
import { shorten } from '../../domain/markdown.ts';
import type { Accepted } from '../../domain/wire.ts';
import { type App, logLine, show } from './app.ts';

/** Validators are synchronous and refuse before anything enters history; descriptions are all the form a person gets. */
export function options(app: App, update: ApplicationUpdate) {
  return {
    description: descriptionOf(update),
    validator: (input?: unknown) => {
      const sentence = refuse(update, app.state, input);
      if (sentence !== null) throw refusal(sentence);
    },
  };
}

/** Anything else than an ApplicationFailure thrown from a handler would fail the workflow task for ever. */
export function refusal(sentence: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(sentence, 'Refused');
}

/** What a person did, with the reason where there is one, for the log. */
export function withReason(what: string, reason: string | undefined): string {
  return shorten(reason?.trim() ? `${what}: ${reason.trim()}` : what, kept.sentence);
}

/** Logs what a person did, wakes the main loop, and answers. */
export function accept(app: App, by: string, what: string, message: string): Accepted {
  logLine(app, shorten(by.trim(), kept.name), what);
  arrived(app);
  return accepted(app, message);
}

/** Answers without a log line: nothing has changed. */
export function accepted(app: App, message: string): Accepted {
  return { accepted: true, message, phase: phaseOf(app.state) };
}

/** Wakes the main loop, and ends a wait for something that may be out of date now. */
export function arrived(app: App): void {
  app.arrivals += 1;
  show(app);
}
