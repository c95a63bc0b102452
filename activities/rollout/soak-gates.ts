import type { GatesVerdict } from '../../domain/gates/decide.ts';
import { gatesOfBatch } from '../../domain/gates/of-batch.ts';
import type { GateReport, GateTally } from '../../domain/gates/types.ts';
import { isPlainObject } from '../../domain/plain.ts';
import type { DaemonSetRecord } from '../../domain/record.ts';
import type { Step } from '../../domain/rollout/step-types.ts';
import type { Finding } from '../../domain/wire.ts';
import type { BatchInput, BatchResult } from '../contract.ts';
import { type AskGate, GateRunner } from '../gates/runner.ts';
import { gateScene } from '../gates/scene.ts';
import type { LiveView } from './live-view.ts';

/** What a heartbeat says of gates: how they stand for people, and what was measured for a worker that takes over. */
export interface KeptGates {
  reports: GateReport[];
  tallies: Record<string, GateTally>;
}

/** The gates of one soak. */
export interface SoakGates {
  /** Measures what is due, unless so many nodes are down that nothing may be concluded (S34). */
  tick(step: Step): void;
  verdict(): GatesVerdict;
  kept(): KeptGates;
  /** Resolves when the next measurement has ended. */
  changed(): Promise<void>;
  stop(): Promise<void>;
}

/** What gates are made from. */
export interface GateWorld {
  /** Answers their requests, for the DaemonSet with this uid. */
  asker: (batch: BatchInput, ownUid: string) => AskGate;
  /** What the worker before this one had measured. */
  kept: KeptGates | null;
}

/** Gates of the batch that soaks; null where the policy has none for it, and for those that a person has passed. */
export function soakGates(
  world: GateWorld | undefined,
  batch: BatchInput,
  record: DaemonSetRecord,
  view: LiveView,
): SoakGates | null {
  const gates = gatesToAsk(batch);
  if (world === undefined || gates.length === 0) return null;
  // A worker that takes over goes on with the gate that began then: how often it looked is part of what it may conclude.
  const begunMs = Object.values(world.kept?.tallies ?? {}).map(({ startedMs }) => startedMs);
  const sinceMs = Math.min(Date.now(), ...begunMs);
  let fresh: ReadonlySet<string> = new Set();
  let wake: () => void = () => undefined;
  const runner = new GateRunner(
    {
      gates,
      onFailure: batch.policy?.onFailure ?? 'rollback',
      scene: () =>
        gateScene(batch, record.target?.commit ?? '', sinceMs, {
          nodes: view.nodes(),
          pods: view.pods(),
          isAvailable: (pod) => view.isAvailable(pod),
          fresh,
        }),
      ask: world.asker(batch, record.daemonSetUid),
      kept: world.kept?.tallies ?? {},
      onChange: () => wake(),
    },
    sinceMs,
  );
  return {
    tick: (step) => {
      fresh = new Set(step.soaking.map(({ pod }) => pod.uid));
      if (step.outage === null) runner.tick(Date.now());
    },
    verdict: () => runner.verdict(Date.now()),
    kept: () => ({ reports: runner.verdict(Date.now()).reports, tallies: runner.tallies() }),
    changed: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    stop: () => runner.stop(),
  };
}

/** The gates that a batch is held against. */
function gatesToAsk({ policy, rules, batchIndex, planned, ignoredGates = [] }: BatchInput) {
  const name = rules[batchIndex]?.name ?? '';
  const gates = gatesOfBatch(policy?.gates, { name, last: batchIndex + 1 >= (planned ?? rules.length) });
  return gates.filter((gate) => !ignoredGates.includes(gate.name));
}

/** How a soak ends by its gates; null while they do not end it. Gates that cannot be asked hold it: infrastructure is not the release. */
export function endedByGates(
  verdict: GatesVerdict | null,
  step: Step,
): (Pick<BatchResult, 'verdict'> & Partial<BatchResult>) | null {
  if (verdict === null || step.outage !== null) return null;
  const { state, action, unreachable, sentence, reports } = verdict;
  if (state !== 'failed' && (state !== 'inconclusive' || unreachable)) return null;
  if (state === 'inconclusive' && action !== 'rollback') {
    return { verdict: 'attention', attention: sentence, gates: reports, gateAction: 'pause' };
  }
  const findings = gateFindings(verdict, step);
  const redNodes = findings.map(({ node }) => node).filter((node) => node !== '');
  return { verdict: 'failed', findings, redNodes, gates: reports, gateAction: action ?? 'rollback' };
}

/** One finding for each node that is blamed, or one for the release as a whole. */
function gateFindings({ state, gates, nodes, sentence }: GatesVerdict, step: Step): Finding[] {
  const pods = new Map(step.soaking.map(({ pod }) => [pod.node, pod.name]));
  const nextStep = `look at what gate ${gates[0] ?? ''} measures; push a fix, or retry to measure it again`;
  const cause = state === 'failed' ? 'GateFailed' : 'GateInconclusive';
  const blamed = nodes.length === 0 ? [''] : nodes.slice(0, 10);
  return blamed.map((node) => ({ cause, node, pod: pods.get(node) ?? '', evidence: sentence, nextStep }));
}

/** What a heartbeat of another worker says of gates; null where it says nothing that can be used. */
export function readKeptGates(heartbeatDetails: unknown): KeptGates | null {
  if (!isPlainObject(heartbeatDetails) || !isPlainObject(heartbeatDetails.gates)) return null;
  const { tallies } = heartbeatDetails.gates;
  return isPlainObject(tallies) ? (heartbeatDetails.gates as unknown as KeptGates) : null;
}
