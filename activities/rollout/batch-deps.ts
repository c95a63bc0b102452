import { nodeOrder } from '../../domain/rollout/order.ts';
import type { KeptSoak } from '../../domain/rollout/soak-clock.ts';
import type { Step, StepRules } from '../../domain/rollout/step-types.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { BatchInput, BatchResult } from '../contract.ts';
import type { RefillGuard } from './guards.ts';
import type { GateWorld, KeptGates } from './soak-gates.ts';

/** What a batch needs from the outside. */
export interface BatchDeps {
  client: ClusterClient;
  attempt: number;
  signal: AbortSignal;
  /** Called at each decision; the activity heartbeats it. */
  report: (step: Step, soak?: KeptSoak, gates?: KeptGates) => void;
  /** What the soak's clock was when the worker before this one reported last. */
  keptSoak?: KeptSoak | null;
  /** What the gates of a soak are made from. */
  gates?: GateWorld;
  /** Asked before every refill. */
  guards: readonly RefillGuard[];
  /** Whether an aborted signal means that the workflow wants the batch to end, and not that another worker goes on with it. */
  isToEnd?: () => boolean;
}

/** Thrown when the signal aborts a batch; carries how far it came. */
export class BatchStopped extends Error {
  readonly result: BatchResult;
  constructor(result: BatchResult) {
    super('the batch was stopped');
    this.name = 'BatchStopped';
    this.result = result;
  }
}

/** The unchanging part of a batch's decisions. */
export function stepRules(input: BatchInput): StepRules {
  const { context, judgeAgain: _judgeAgain, ...rules } = input;
  const { rollout } = context.holder;
  return { ...rules, rollout, order: nodeOrder(`${rollout}`) };
}
