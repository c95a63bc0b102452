import { decideGates, type GatesVerdict, type MeasuredGate } from '../../domain/gates/decide.ts';
import { kindOf } from '../../domain/gates/registry.ts';
import type { GateAnswer, GateRequest, GateScene, GateSpec, GateTally, Measurement } from '../../domain/gates/types.ts';
import { emptyTally, gateState, nextDueMs, tallied } from '../../domain/gates/verdict.ts';

/** Answers one request of a gate. What it throws counts as an error of the measurement. */
export type AskGate = (gate: GateSpec, request: GateRequest, signal: AbortSignal) => Promise<GateAnswer>;

/** What gates are run with. */
export interface GateRunnerOptions {
  gates: readonly GateSpec[];
  /** The policy's, for gates that say nothing. */
  onFailure: 'rollback' | 'pause';
  /** The nodes and pods as they are now. */
  scene: () => GateScene;
  ask: AskGate;
  /** What a worker before this one had measured, by gate name. */
  kept: Readonly<Record<string, GateTally>>;
  /** Called when a measurement has ended. */
  onChange: () => void;
}

/** Requests of one measurement that run at the same time. */
const atOnce = 8;

/** Measures the gates of one batch on their schedules. Never more than one measurement of a gate at a time, and none blocks another. */
export class GateRunner {
  readonly #options: GateRunnerOptions;
  readonly #gates: MeasuredGate[];
  readonly #running = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: GateRunnerOptions, nowMs: number) {
    this.#options = options;
    this.#gates = options.gates.map((spec) => ({ spec, tally: options.kept[spec.name] ?? emptyTally(nowMs) }));
  }

  /** Starts the measurements that are due. */
  tick(nowMs: number): void {
    if (this.#stopping.signal.aborted) return;
    for (const gate of this.#gates) {
      const { spec, tally } = gate;
      const dueMs = nextDueMs(spec, tally);
      if (dueMs === null || dueMs > nowMs || this.#running.has(spec.name)) continue;
      if (gateState(spec, tally, nowMs).state === 'passed' && this.#rests(gate, nowMs)) continue;
      this.#running.set(spec.name, this.#measure(gate, nowMs));
    }
  }

  /** What all gates together say now. */
  verdict(nowMs: number): GatesVerdict {
    return decideGates(this.#gates, this.#options.onFailure, nowMs);
  }

  /** For a worker that takes over. */
  tallies(): Record<string, GateTally> {
    return Object.fromEntries(this.#gates.map(({ spec, tally }) => [spec.name, tally]));
  }

  /** Ends every measurement and waits for what it has to clean up. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the gates are not asked any more'));
    await Promise.all(this.#running.values());
  }

  #rests({ spec, tally }: MeasuredGate, nowMs: number): boolean {
    const { once, rests } = kindOf(spec);
    return once === true || rests?.(spec.config, { ...this.#options.scene(), nowMs }, tally) === true;
  }

  async #measure(gate: MeasuredGate, startedMs: number): Promise<void> {
    const { spec, tally } = gate;
    try {
      const { measured, requests } = await this.#ask(gate);
      if (this.#stopping.signal.aborted) return;
      gate.tally = { ...tallied(spec, tally, measured, startedMs), ...requests };
    } finally {
      this.#running.delete(spec.name);
      this.#options.onChange();
    }
  }

  /** Never throws: whatever goes wrong while a gate is asked is an error of the measurement, and says nothing of the release. */
  async #ask({
    spec,
    tally,
  }: MeasuredGate): Promise<{ measured: Measurement; requests?: Pick<GateTally, 'requests'> }> {
    try {
      const kind = kindOf(spec);
      const { requests = 0 } = tally;
      const now = this.#options.scene();
      const counted = kind.rests !== undefined && gateState(spec, tally, now.nowMs).state === 'passed';
      const scene = counted ? { ...now, requests } : now;
      const first = await this.#answers(spec, kind.ask(spec.config, scene));
      const answers = [...first, ...(await this.#answers(spec, kind.askMore?.(spec.config, scene, first) ?? []))];
      const measured = kind.judge(spec.config, scene, answers, spec);
      return kind.rests === undefined ? { measured } : { measured, requests: { requests: requests + answers.length } };
    } catch (error) {
      return { measured: { outcome: 'error', sentence: sentenceOf(error) } };
    }
  }

  async #answers(spec: GateSpec, requests: readonly GateRequest[]): Promise<GateAnswer[]> {
    const answers: GateAnswer[] = new Array(requests.length);
    const queue = requests.map((request, index) => ({ request, index }));
    const lane = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        answers[next.index] = await this.#answer(spec, next.request);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, lane));
    return answers;
  }

  async #answer(spec: GateSpec, request: GateRequest): Promise<GateAnswer> {
    try {
      return await this.#options.ask(spec, request, this.#stopping.signal);
    } catch (error) {
      return { form: 'problem', problem: sentenceOf(error) };
    }
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
