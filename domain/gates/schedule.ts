import type { GateSchedule } from './types.ts';

/**
 * What a gate means where neither its policy nor its kind says anything: three looks in a minute, one blip accepted, two minutes without
 * an answer or without data until a person is asked.
 */
export const scheduleDefaults = {
  intervalMs: 30_000,
  count: 3,
  failureLimit: 1,
  consecutiveErrorLimit: 4,
  inconclusiveLimit: 4,
  initialDelayMs: 0,
  minSamples: 1,
} as const satisfies GateSchedule;
