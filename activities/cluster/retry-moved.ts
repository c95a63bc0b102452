import { setTimeout as sleep } from 'node:timers/promises';
import { NodewaveError } from '../../domain/failures.ts';
import { hasStatus } from './kube-error.ts';

const maxTries = 15;

/** Whether a write was refused because the object has moved on since it was read; a conflict of field managers is not. */
export function hasMovedOn(error: unknown): boolean {
  return hasStatus(error, 409) && error.causes.every((cause) => cause.reason !== 'FieldManagerConflict');
}

/**
 * Reads and writes again while the object keeps moving on between the two: a DaemonSet's status changes with every pod.
 * `attempt` must read the object itself. Throws Infrastructure when it never gets through.
 */
export async function retryMoved<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasMovedOn(error)) throw error;
      if (tries === maxTries) {
        throw new NodewaveError('Infrastructure', `an object changes faster than it can be written: ${String(error)}`, {
          cause: error,
        });
      }
      // Spread out, so that two writers do not keep meeting.
      await sleep(Math.random() * 20 * tries);
    }
  }
}
