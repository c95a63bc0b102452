import { shortCommit } from '../markdown.ts';
import { planPrefixLength } from './accept.ts';
import type { RolloutInput } from './input.ts';
import type { RolloutState } from './state.ts';

/** Where the rollout stands and what it waits for, in one sentence of plain text. */
export function sentenceOf(input: RolloutInput, state: RolloutState): string {
  const batch = batchLabel(state);
  const plan = state.plan?.digest.slice(0, planPrefixLength) ?? '';
  switch (state.phase) {
    case 'planning':
      return `Planning the rollout of commit ${shortCommit(input.commit)}.`;
    case 'installing':
      return 'First install: waits until the pods of all eligible nodes are available.';
    case 'awaitingApprovalBefore':
      return `${state.why === null ? '' : `${state.why}. `}Waits for an approval of plan ${plan} before ${batch}; no pod is deleted until then.`;
    case 'rolling':
      return `${batch} is being replaced${pauseAhead(state)}.`;
    case 'soaking':
      return `${batch} is on the new template and soaks.`;
    case 'awaitingApprovalAfter':
      return `${batch} has passed its gates; waits for an approval of plan ${plan} to go on. New and restarted pods get last good meanwhile.`;
    case 'paused':
      return `Paused: ${state.why ?? ''} No pod is deleted until someone sends resume.`;
    case 'stopped':
      return `Stopped: ${state.why ?? ''} Waits for resume, retry, rollback or abort.`;
    case 'holding':
      return `Holding: ${state.why ?? ''} It is tried again by itself; nothing is held against the release.`;
    case 'rollingBack':
      return `Rolling back to last good: ${state.cause ?? ''}`;
    default:
      return ended(state);
  }
}

function ended(state: RolloutState): string {
  const deferred =
    state.deferred.length === 0 ? '' : `, ${state.deferred.length} deferred (${state.deferred.join(', ')})`;
  const cause = state.cause === null ? '' : `: ${state.cause}`;
  switch (state.phase) {
    case 'succeeded':
      return `Succeeded${deferred}.`;
    case 'installed':
      return `Installed${deferred}.`;
    case 'rolledBack':
      return `Rolled back${deferred}${cause}`;
    case 'rollbackFailed':
      return `The rollback failed, a person is needed${cause}`;
    case 'aborted':
      return `Aborted${cause}. ${state.touchedCount} nodes had been touched and keep their pods.`;
    case 'superseded':
      return `Superseded${cause}`;
    default:
      return `Failed${cause}`;
  }
}

function batchLabel(state: RolloutState): string {
  const batches = state.plan?.batches ?? [];
  const batch = batches[state.batch];
  return batch === undefined
    ? 'The batch'
    : `Batch ${state.batch + 1}/${batches.length} (${batch.name}, ${batch.goal} nodes)`;
}

function pauseAhead(state: RolloutState): string {
  return state.intent?.kind === 'pause' ? '; it pauses after this batch' : '';
}
