import { ActivityFailure, ApplicationFailure, condition, sleep, TimeoutFailure } from '@temporalio/workflow';
import type { FailureCode } from '../domain/failures.ts';
import { failureCodes } from '../domain/failures.ts';

/** Shortest and longest wait between two attempts while holding, milliseconds. */
export const holdingBackoffMs = { initial: 2_000, maximum: 60_000 } as const;

/** What an activity's failure says: who has to act, and the sentence for them. */
export interface Failed {
  code: FailureCode;
  sentence: string;
}

/** Reads an activity's failure; null for anything else, cancellation included, which the caller must rethrow. */
export function readFailure(error: unknown): Failed | null {
  if (!(error instanceof ActivityFailure)) return null;
  const cause = error.cause;
  if (cause instanceof TimeoutFailure) return { code: 'Infrastructure', sentence: timeoutSentence(error, cause) };
  if (!(cause instanceof ApplicationFailure)) return null;
  const code = failureCodes.find((known) => known === cause.type);
  return { code: code ?? 'Defect', sentence: cause.message };
}

function timeoutSentence(error: ActivityFailure, cause: TimeoutFailure): string {
  return cause.timeoutType === 'SCHEDULE_TO_START'
    ? `No worker took the task ${error.activityType}: check that a worker runs which serves this cluster.`
    : `The task ${error.activityType} did not answer in time.`;
}

/** Thrown by `untilAnswered` when `interrupted` became true while it was holding. Never leaves a workflow's main function. */
export class HoldingInterrupted extends Error {
  constructor() {
    super('Holding was interrupted');
    this.name = 'HoldingInterrupted';
  }
}

/** What a workflow does around holding. */
export interface Holding {
  /** Holding begins, or goes on with another sentence: what could not be reached and what to do. */
  enter(sentence: string): void;
  /** The call was answered, or failed for a reason that waiting does not cure, or the wait was interrupted. */
  leave(): void;
  /** When it becomes true the wait ends with `HoldingInterrupted`, because something else is to be done first. */
  interrupted?(): boolean;
}

/**
 * Runs an activity until it is answered. Infrastructure, Forbidden, Defect and time-outs are held: tried again for ever after
 * 2 s, 4 s, … 60 s. BadInput, Conflict, Fenced and cancellation are rethrown.
 */
export async function untilAnswered<T>(call: () => Promise<T>, holding: Holding): Promise<T> {
  let held = false;
  let waitMs: number = holdingBackoffMs.initial;
  try {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const failed = readFailure(error);
        if (!failed || !['Infrastructure', 'Forbidden', 'Defect'].includes(failed.code)) throw error;
        held = true;
        holding.enter(failed.sentence);
      }
      const interrupted = holding.interrupted?.bind(holding);
      if (!interrupted) await sleep(waitMs);
      else if (await condition(interrupted, waitMs)) throw new HoldingInterrupted();
      waitMs = Math.min(waitMs * 2, holdingBackoffMs.maximum);
    }
  } finally {
    if (held) holding.leave();
  }
}
