import { nodesGate } from './kinds/nodes.ts';
import { scheduleDefaults } from './schedule.ts';
import type { GateSpec } from './types.ts';

/** Gates of every rollout, beside what it judges by itself (`judgeBatch`): the nodes that were taken, and other pods there. */
export const builtInGates: readonly GateSpec[] = [
  {
    name: 'node-health',
    kind: nodesGate.kind,
    config: { ...nodesGate.schema.parse({}) },
    ...scheduleDefaults,
    ...nodesGate.defaults,
    onInconclusive: 'pause',
  },
];

/** The gates of a policy with the built-in ones in front. A policy with a gate of the same kind has said itself what it wants. */
export function withBuiltIn(gates: readonly GateSpec[] = []): GateSpec[] {
  const stated = new Set(gates.map(({ kind }) => kind));
  return [...builtInGates.filter(({ kind }) => !stated.has(kind)), ...gates];
}
