import type { Kind } from '../../facts.ts';

/** Where refusals by the API server are told: events of the controller (`FailedCreate`) and answers to Nodewave. */
export const refusals: readonly Kind[] = ['refusal', 'event'];
