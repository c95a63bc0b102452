import type { GateSpec } from './types.ts';

/** Whether a gate is for the batch of this name. Apart from the registry, so that workflows do not carry every kind with them. */
export function appliesTo(gate: Pick<GateSpec, 'batches'>, batch: string): boolean {
  return gate.batches?.includes(batch) ?? true;
}
