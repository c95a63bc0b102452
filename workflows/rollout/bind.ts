import type { UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { accept, exampleOf, interrupts, type Payload } from '../../domain/rollout/accept.ts';
import { takeHold } from '../../domain/rollout/hold.ts';
import { hasWindows } from '../../domain/rollout/input.ts';
import type { RolloutMessage } from '../../domain/rollout/message-table.ts';
import { statusOf } from '../../domain/rollout/status.ts';
import type { Accepted } from '../../domain/wire.ts';
import {
  abortUpdate,
  approveUpdate,
  holdSignal,
  overrideWindowUpdate,
  pauseUpdate,
  rejectUpdate,
  resumeUpdate,
  retryUpdate,
  rollbackUpdate,
  rolloutStatusQuery,
  supersedeSignal,
} from '../messages.ts';
import type { RolloutRun } from './run.ts';
import { windowsHeld } from './waiting.ts';

const meaning: Record<RolloutMessage, string> = {
  approve: 'Go on with the plan that you looked at.',
  reject: 'Before a batch: end without touching a node. After a batch: roll back the touched nodes.',
  pause: 'No further pod is deleted. mode: "now" or "afterBatch".',
  resume: 'Go on after a pause, or judge a stopped batch again.',
  abort: 'End here: last good is the live template again, no pod is touched.',
  rollback: 'Put touched and exposed nodes back to last good.',
  overrideWindow: 'Windows no longer hold this rollout; the reason is required.',
  retry: 'Judge the stopped batch again; ignoreGate: true passes the red gate.',
};

/** Binds every message of a rollout, before the first await: what arrives early must find its handler. */
export function bindRolloutMessages(run: RolloutRun): void {
  bind(run, 'approve', approveUpdate);
  bind(run, 'reject', rejectUpdate);
  bind(run, 'pause', pauseUpdate);
  bind(run, 'resume', resumeUpdate);
  bind(run, 'abort', abortUpdate);
  bind(run, 'rollback', rollbackUpdate);
  bind(run, 'retry', retryUpdate);
  bind(run, 'overrideWindow', overrideWindowUpdate);
  setHandler(
    supersedeSignal,
    ({ commit }) => {
      run.set({ supersededBy: commit });
      if (interrupts(run.state)) run.interrupt();
    },
    { description: 'From the application: a newer commit wants this DaemonSet.' },
  );
  setHandler(
    holdSignal,
    (hold) => {
      run.state = takeHold(run.state, hold);
      if (interrupts(run.state)) run.interrupt();
      else run.publish();
    },
    { description: 'From the application: it was paused, or goes on. Not for people.' },
  );
  setHandler(rolloutStatusQuery, () => statusOf(run.input, run.state), { description: 'What is happening.' });
}

function bind<A extends [Payload & object]>(
  run: RolloutRun,
  message: RolloutMessage,
  definition: UpdateDefinition<Accepted, A>,
): void {
  const decide = (payload: Payload, ...windows: [boolean?]) =>
    accept(run.state, message, payload, Date.now(), ...windows);
  setHandler(
    definition,
    (...args: A): Accepted => {
      const verdict = decide(args[0]);
      if (!verdict.ok) throw ApplicationFailure.nonRetryable(verdict.refusal, 'Refused');
      run.state = verdict.state;
      if (interrupts(run.state) || (message === 'overrideWindow' && windowsHeld(run))) run.interrupt();
      else run.publish();
      return { accepted: true, message: verdict.message, phase: run.state.phase };
    },
    {
      // Synchronous on purpose: an async validator's refusal would fail the workflow task for ever.
      // Whether there are windows is asked here alone: in recorded runs the handler has taken what it has taken.
      validator: (...args: A) => {
        const verdict = decide(args[0], hasWindows(run.input));
        if (!verdict.ok) throw ApplicationFailure.nonRetryable(verdict.refusal, 'Refused');
      },
      description: `${meaning[message]} Example: ${exampleOf(message, null)}`,
    },
  );
}
