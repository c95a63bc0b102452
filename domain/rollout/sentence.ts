import { shortCommit, shorten } from '../markdown.ts';
import { planPrefixLength } from './accept.ts';
import { gatesAsked } from './gates-asked.ts';
import type { RolloutInput } from './input.ts';
import { endedWithout } from './left-alone.ts';
import type { RolloutState } from './state.ts';

/** Most characters of a cause in a sentence: what is to be typed to stop a controller must not be cut off. */
const shown = { text: 700 };

/** Where the rollout stands and what it waits for, in one or two sentences of plain text. */
export function sentenceOf(input: RolloutInput, state: RolloutState): string {
  const batch = batchLabel(state);
  const plan = state.plan === null ? 'the plan' : `plan ${state.plan.digest.slice(0, planPrefixLength)}`;
  switch (state.phase) {
    case 'planning':
      return `Planning the rollout of commit ${shortCommit(input.commit)}.`;
    case 'installing':
      return 'First install: waits until the pods of all eligible nodes are available.';
    case 'awaitingApprovalBefore':
      return `${before(state.why)}Waits for an approval of ${plan} before ${batch}; no pod is deleted until then.`;
    case 'rolling':
      return `${batch} is being replaced${pauseAhead(state)}.`;
    case 'waiting':
      return stop(`Waits${because(state.why)}`, `${batch} goes on by itself; no further node is taken until then.`);
    case 'soaking':
      return `${batch} is on the new template and soaks${judgedBy(input, state)}.`;
    case 'awaitingApprovalAfter':
      return `${before(state.why)}${batch} has passed its gates; waits for an approval of ${plan} to go on.${state.windowOpen ? '' : ' New and restarted pods get last good meanwhile.'}`;
    case 'paused':
      return stop(
        `Paused${because(state.why)}`,
        state.held
          ? `No pod is deleted until someone sends "nodewave resume ${input.application}".`
          : 'No pod is deleted until someone sends resume.',
      );
    case 'stopped':
      return stop(`Stopped${because(state.why)}`, 'Waits for resume, retry, rollback or abort.');
    case 'holding':
      return stop(`Holding${because(state.why)}`, 'It is tried again by itself; nothing is held against the release.');
    case 'rollingBack':
      return stop(`Rolling back to last good${because(state.cause)}`);
    default:
      return ended(state);
  }
}

function ended(state: RolloutState): string {
  const cause = because(state.cause);
  switch (state.phase) {
    case 'succeeded':
      return `Succeeded${endedWithout(state)}.`;
    case 'installed':
      return `Installed${endedWithout(state)}.`;
    case 'rolledBack':
      return stop(`Rolled back${endedWithout(state)}${cause}`);
    case 'rollbackFailed':
      return stop(`The rollback failed, a person is needed${cause}`);
    case 'aborted':
      return stop(`Aborted${cause}`, `${state.touchedCount} nodes had been touched and keep their pods.`);
    case 'superseded':
      return stop(`Superseded${cause}`);
    default:
      return stop(`Failed${cause}`);
  }
}

function because(why: string | null): string {
  return why === null || why === '' ? '' : `: ${shorten(why, shown.text)}`;
}

function before(why: string | null): string {
  return why === null || why === '' ? '' : `${stop(shorten(why, shown.text / 2))} `;
}

/** Texts of others may or may not end their sentence. */
function stop(text: string, next = ''): string {
  const sentence = /[.!?…]$/.test(text) ? text : `${text}.`;
  return next === '' ? sentence : `${sentence} ${next}`;
}

function batchLabel(state: RolloutState): string {
  const batches = state.plan?.batches ?? [];
  const batch = batches[state.batch];
  return batch === undefined
    ? 'The batch'
    : `Batch ${state.batch + 1}/${batches.length} (${batch.name}, ${batch.goal} nodes)`;
}

/** The gates that the running batch has to pass, by name. */
function judgedBy(input: RolloutInput, state: RolloutState): string {
  const names = gatesAsked(input, state).map(({ name }) => name);
  if (names.length === 0) return '';
  return `; ${names.length === 1 ? 'gate' : 'gates'} ${shorten(names.join(', '), shown.text / 2)} must pass`;
}

function pauseAhead(state: RolloutState): string {
  if (state.intent?.kind !== 'pause') return '';
  return state.intent.mode === 'now' ? '; it pauses now' : '; it pauses after this batch';
}
