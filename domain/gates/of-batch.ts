import { appliesTo } from './applies.ts';
import { needsRest } from './registry.ts';
import type { GateSpec } from './types.ts';

/**
 * The gates that judge a batch: those that are for all batches or name it. After the last batch nothing runs last good any more, so
 * a gate that compares with such pods is not asked there: it could only ever be inconclusive.
 */
export function gatesOfBatch(
  gates: readonly GateSpec[] | undefined,
  batch: { name: string; last: boolean },
): GateSpec[] {
  return (gates ?? []).filter((gate) => appliesTo(gate, batch.name) && !(batch.last && needsRest(gate)));
}
