import { CancellationScope, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { BatchInput, BatchResult, RolloutContext } from '../../activities/contract.ts';
import { briefOf } from '../../domain/diagnosis/brief.ts';
import { appliesTo } from '../../domain/gates/applies.ts';
import { cancelled } from '../../domain/rollout/accept.ts';
import { rolloutDetails } from '../../domain/rollout/details.ts';
import { policyOf, type RolloutInput } from '../../domain/rollout/input.ts';
import type { LivePhase, Phase } from '../../domain/rollout/phases.ts';
import type { RolloutPolicy } from '../../domain/rollout/policy.ts';
import { initialState, type RolloutState } from '../../domain/rollout/state.ts';
import type { Outcome, RolloutFinished } from '../../domain/wire.ts';
import { searchAttributes } from '../attributes.ts';
import { HoldingInterrupted, untilAnswered } from '../holding.ts';
import { continueDue } from './continue.ts';

/** The state of one rollout in its workflow, and the few ways in which it changes. */
export class RolloutRun {
  readonly input: RolloutInput;
  state: RolloutState;
  /** The activity that a message may have to interrupt. */
  #running: CancellationScope | null = null;
  #publishedPhase: Phase | null = null;

  constructor(input: RolloutInput) {
    this.input = input;
    this.state = (input.state as RolloutState | undefined) ?? initialState();
  }

  /** How this DaemonSet is rolled out. */
  get policy(): RolloutPolicy {
    return policyOf(this.input);
  }

  /** What the next activity is told. Each gets an epoch of its own: an older one is fenced out of the record. */
  context(): RolloutContext {
    this.state = { ...this.state, epoch: this.state.epoch + 1 };
    return {
      ref: this.input.ref,
      application: this.input.application,
      holder: { rollout: this.input.rollout, epoch: this.state.epoch },
    };
  }

  /** Changes the state and shows it. */
  set(change: Partial<RolloutState>): void {
    this.state = { ...this.state, ...change };
    this.publish();
  }

  /** Makes the state visible: current details always, the search attribute only when the phase changed (it costs an event). */
  publish(): void {
    setCurrentDetails(rolloutDetails(this.input, this.state));
    if (this.#publishedPhase === this.state.phase) return;
    this.#publishedPhase = this.state.phase;
    upsertSearchAttributes([{ key: searchAttributes.phase, value: this.state.phase }]);
  }

  /** Stops waiting for a person to decide: the sentence says what is wrong. `resume` goes back to `before`. */
  stop(why: string, before: LivePhase): void {
    this.set({ phase: 'stopped', before, why });
  }

  /** Someone else changed the DaemonSet: nothing is deleted, and nothing is written over it until a person has decided. */
  edited(result: Pick<BatchResult, 'edit'>, before: LivePhase): void {
    this.set({ windowOpen: false, ...(result.edit === undefined ? {} : { edit: result.edit }) });
    this.stop(result.edit ?? 'someone else changed the DaemonSet', before);
  }

  /** Ends the rollout. */
  end(phase: Outcome & Phase, cause: string | null): void {
    this.set({ phase, outcome: phase, cause, intent: null, why: null });
  }

  /** Takes over what a batch or soak saw. */
  absorb(result: BatchResult): void {
    const { progress, zones, findings, redNodes, touched, touchedCount, deferred } = result;
    const { aside, exposed, tolerated, gates } = result;
    this.set({
      progress,
      zones,
      findings,
      redNodes,
      touched,
      touchedCount,
      deferred,
      ...(aside === undefined ? {} : { aside }),
      // A first install reaches every node without taking one.
      ...(exposed === undefined || this.input.mode === 'install' ? {} : { exposed }),
      ...(tolerated === undefined ? {} : { tolerated }),
      ...(gates === undefined ? {} : { gates }),
      judgeAgain: false,
    });
  }

  /** Temporal's Cancel button. */
  cancelled(): void {
    const next = cancelled(this.state, Date.now());
    if (next === null) return;
    this.state = next;
    this.interrupt();
  }

  /** Interrupts the running activity, because a message wants something else first. */
  interrupt(): void {
    this.publish();
    this.#running?.cancel();
  }

  /**
   * Runs an activity until it is answered, holding while the cluster cannot be asked. A message that wants something else ends
   * the holding with HoldingInterrupted, and so does a history that has grown long: the step is taken again in the next run.
   */
  async answered<T>(call: () => Promise<T>, wanted: () => boolean): Promise<T> {
    const from = this.state.phase;
    return await untilAnswered(call, {
      enter: (sentence) => {
        const before = this.state.phase === 'holding' ? this.state.before : (this.state.phase as LivePhase);
        this.set({ phase: 'holding', before, why: sentence });
      },
      leave: () => {
        if (this.state.phase === 'holding') this.set({ phase: from, why: null });
      },
      interrupted: () => wanted() || continueDue(),
    });
  }

  /** The same for a batch or soak; one that was stopped has told how far it came. */
  async interruptible(call: () => Promise<BatchResult>, wanted: () => boolean): Promise<BatchResult | null> {
    const result = await this.cancellable(call, wanted);
    return result?.verdict === 'stopped' ? this.#interrupted(result) : result;
  }

  /** The same for a call that lasts, which is cancelled when interrupted; null means that it was. */
  async cancellable<T>(call: () => Promise<T>, wanted: () => boolean): Promise<T | null> {
    if (wanted()) return null;
    const scope = new CancellationScope({ cancellable: true });
    this.#running = scope;
    try {
      return await scope.run(() => this.answered(call, wanted));
    } catch (error) {
      // A worker that died while it was being stopped answers with a time-out; that too is stopped.
      if (error instanceof HoldingInterrupted || scope.consideredCancelled) return null;
      throw error;
    } finally {
      this.#running = null;
    }
  }

  #interrupted(result: BatchResult): null {
    this.absorb(result);
    return null;
  }

  /** Whether gates judge the running batch after its nodes have arrived. */
  get hasGates(): boolean {
    const name = this.state.plan?.batches[this.state.batch]?.name ?? '';
    return (this.policy.gates ?? []).some((gate) => appliesTo(gate, name));
  }

  /** What a batch activity is told. */
  batchInput(direction: 'forward' | 'back', toHash: string): BatchInput {
    const { plan, batch } = this.state;
    const { policy } = this;
    return {
      context: this.context(),
      direction,
      toHash,
      lastGoodHash: plan?.fromHash ?? null,
      rules: direction === 'forward' ? (plan?.rules ?? []).slice(0, batch + 1) : [],
      batchIndex: batch,
      maxUnavailable: plan?.maxUnavailable ?? 1,
      readyWithinMs: policy.readyWithinMs,
      maxRestarts: policy.maxRestarts,
      judgeAgain: this.state.judgeAgain,
      observeOnly: this.input.mode === 'install',
      ignoredNodes: this.state.ignoredNodes,
      policy,
      ...(direction === 'forward' ? this.#forwardOnly() : this.#backOnly()),
    };
  }

  #forwardOnly(): Partial<BatchInput> {
    const { acceptedExposure, windowsOverridden, ignoredGates, plan } = this.state;
    return {
      ...(this.policy.gates === undefined ? {} : { planned: plan?.batches.length ?? 0 }),
      ...(ignoredGates === undefined ? {} : { ignoredGates }),
      ...(acceptedExposure === undefined ? {} : { acceptedExposure }),
      ...(windowsOverridden === undefined ? {} : { windowsOverridden: true }),
      ...(this.state.plan?.exposure === 'pin' ? { pin: true } : {}),
    };
  }

  /** The way back has a window and a deadline of its own, where the policy says so. */
  #backOnly(): Partial<BatchInput> {
    const { maxUnavailable, deadlineMs } = this.policy.rollback ?? {};
    const sinceMs = this.state.backSinceMs;
    return {
      ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
      ...(deadlineMs === undefined || sinceMs === undefined ? {} : { backDeadline: { sinceMs, deadlineMs } }),
    };
  }

  /** What the application is told in the end. */
  finished(): RolloutFinished {
    const diagnosis = briefOf(this.state.diagnoses);
    return {
      namespace: this.input.ref.namespace,
      daemonset: this.input.ref.name,
      rollout: this.input.rollout,
      commit: this.input.commit,
      outcome: this.state.outcome ?? 'failed',
      cause: this.state.cause,
      ...(diagnosis === undefined ? {} : { diagnosis }),
      templateDigest: this.input.sync.templateDigest,
    };
  }
}
