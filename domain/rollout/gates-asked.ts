import { appliesTo, comparesWithRest } from '../gates/applies.ts';
import type { GateSpec } from '../gates/types.ts';
import { policyOf, type RolloutInput } from './input.ts';
import type { RolloutState } from './state.ts';

/**
 * The gates that the running batch is held against: not those that a person has passed, and after the last batch none that compares
 * with nodes on last good, because there are none.
 */
export function gatesAsked(input: RolloutInput, { plan, batch, ignoredGates = [] }: RolloutState): GateSpec[] {
  const batches = plan?.batches ?? [];
  const name = batches[batch]?.name ?? '';
  const last = batch + 1 >= batches.length;
  return (policyOf(input).gates ?? []).filter(
    (gate) => appliesTo(gate, name) && !(last && comparesWithRest(gate)) && !ignoredGates.includes(gate.name),
  );
}
