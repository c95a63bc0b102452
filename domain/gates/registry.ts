import { httpGate } from './kinds/http.ts';
import { jobGate } from './kinds/job.ts';
import { logsGate } from './kinds/logs.ts';
import { nodesGate } from './kinds/nodes.ts';
import { podsGate } from './kinds/pods.ts';
import { prometheusGate } from './kinds/prometheus.ts';
import { reportGate } from './kinds/report.ts';
import type { GateKind, GateSpec } from './types.ts';

/** The configuration of a gate, whatever its kind. */
export type GateConfig = Record<string, unknown>;

/** A kind of gate whose configuration has passed its schema. */
export type AnyGateKind = GateKind<GateConfig>;

/** Every kind of gate by its key in a policy file. A new one is its file in `kinds/`, its import and its line here. */
export const gateKinds: ReadonlyMap<string, AnyGateKind> = new Map(
  [
    known(podsGate), //
    known(nodesGate),
    known(prometheusGate),
    known(httpGate),
    known(jobGate),
    known(logsGate),
    known(reportGate),
  ].map((kind) => [kind.kind, kind]),
);

/** The kind of a gate; throws for one that this version does not have, which only a newer one can have written. */
export function kindOf(gate: Pick<GateSpec, 'name' | 'kind'>): AnyGateKind {
  const kind = gateKinds.get(gate.kind);
  if (kind === undefined)
    throw new Error(`gate ${gate.name} is of kind ${gate.kind}, which this version does not know`);
  return kind;
}

/** What a gate measures, in one line. */
export function describeGate(gate: GateSpec): string {
  return kindOf(gate).describe(gate.config);
}

/** Whether a gate compares with pods on last good. */
export function needsRest(gate: GateSpec): boolean {
  return kindOf(gate).needsRest?.(gate.config) ?? false;
}

/** The configuration of a gate as a user writes it. */
export function writtenConfig(gate: GateSpec): GateConfig {
  return kindOf(gate).write?.(gate.config) ?? gate.config;
}

/** Forgets which configuration a kind takes: whoever hands one in has it from that kind's schema. */
function known<C>(kind: GateKind<C>): AnyGateKind {
  return kind as unknown as AnyGateKind;
}
