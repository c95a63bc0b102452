import type { BatchResult } from '../../activities/contract.ts';
import { interrupts } from '../../domain/rollout/accept.ts';
import type { LivePhase } from '../../domain/rollout/phases.ts';
import type { RolloutRun } from './run.ts';
import { forceClosed } from './windows.ts';

/** Most exposed nodes remembered as seen by a person; more of them are asked about again. */
const seenKept = 500;

/**
 * The policy wants a person to look before it goes on (S27): last good is live again, nothing is deleted. Whoever sends it on has
 * seen the nodes that are exposed now.
 */
export async function wantsAttention(run: RolloutRun, result: BatchResult, before: LivePhase): Promise<void> {
  await forceClosed(run, false, () => interrupts(run.state));
  const seen = new Set([...(run.state.acceptedExposure ?? []), ...(result.exposed ?? [])]);
  run.set({ acceptedExposure: [...seen].slice(-seenKept) });
  run.stop(result.attention ?? 'a person has to look at it', before);
}
