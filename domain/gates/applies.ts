import type { GateSpec } from './types.ts';

// Apart from the registry, so that workflows do not carry every kind with them.

/** Whether a gate is for the batch of this name. */
export function appliesTo(gate: Pick<GateSpec, 'batches'>, batch: string): boolean {
  return gate.batches?.includes(batch) ?? true;
}

/** Whether it compares with pods on last good; the same as `needsRest` of its kind, which a test holds. */
export function comparesWithRest({ config }: Pick<GateSpec, 'config'>): boolean {
  return config.compare === 'updated-vs-rest';
}
