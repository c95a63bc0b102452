import { CancellationScope, continueAsNew, getExternalWorkflowHandle } from '@temporalio/workflow';
import { applicationWorkflowId } from '../domain/ids.ts';
import type { RolloutInput } from '../domain/rollout/input.ts';
import { isEnd } from '../domain/rollout/phases.ts';
import type { RolloutFinished } from '../domain/wire.ts';
import { rolloutFinishedSignal } from './messages.ts';
import { bindRolloutMessages } from './rollout/bind.ts';
import { continueDue } from './rollout/continue.ts';
import { RolloutRun } from './rollout/run.ts';
import { takeStep } from './rollout/steps.ts';

/**
 * Moves one DaemonSet from one template to another; its workflow id is the lock on that DaemonSet. Declares messages, takes
 * one step after another until the rollout has ended, and tells its application. What to do is decided in domain/rollout.
 */
export async function rollout(input: RolloutInput): Promise<RolloutFinished> {
  const run = new RolloutRun(input);
  bindRolloutMessages(run);
  run.publish();
  // Temporal's Cancel button means abort. The work itself is shielded: clean-up must not be cancelled with it.
  CancellationScope.current().cancelRequested.catch(() => run.cancelled());
  return await CancellationScope.nonCancellable(async () => {
    while (!isEnd(run.state.phase)) {
      // No await between the check and continue-as-new: a signal that arrives in between would be lost.
      if (continueDue()) {
        await continueAsNew<typeof rollout>({ ...input, state: run.state });
      }
      await takeStep(run);
    }
    const finished = run.finished();
    await tellApplication(input.application, finished);
    return finished;
  });
}

/** The application also notices by itself that a rollout has ended; it may be gone, which is no failure of the rollout. */
async function tellApplication(application: string, finished: RolloutFinished): Promise<void> {
  try {
    await getExternalWorkflowHandle(applicationWorkflowId(application)).signal(rolloutFinishedSignal, finished);
  } catch {
    // ExternalWorkflowExecutionNotFound: there is no application to tell.
  }
}
