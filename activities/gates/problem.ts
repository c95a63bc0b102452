import type { GateAnswer } from '../../domain/gates/types.ts';

/** An answer that says why there is none. `unanswered`: whoever was asked could not be reached, or said nothing in time. */
export function problem(sentence: string, unanswered = false): GateAnswer {
  return { form: 'problem', problem: sentence, ...(unanswered ? { unanswered: true } : {}) };
}
