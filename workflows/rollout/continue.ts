import { allHandlersFinished, workflowInfo } from '@temporalio/workflow';

/**
 * Whether this run has grown so long that the rollout should go on as a new one. Asked between two steps and in every wait: a
 * rollout that is paused, or holds through an outage of days, takes messages and makes attempts all the while.
 */
export function continueDue(): boolean {
  return workflowInfo().continueAsNewSuggested && allHandlersFinished();
}
