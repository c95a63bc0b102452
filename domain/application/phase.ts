import { daemonSetLabel } from '../ids.ts';
import { shortCommit } from '../markdown.ts';
import type { ApplicationPhase } from '../wire.ts';
import { pausedSentence } from './pause.ts';
import { describeRef } from './spec.ts';
import type { ApplicationPaused, ApplicationState, Obstacle } from './state.ts';

/** The phase that people see, derived so that it can never disagree with the state. */
export function phaseOf(state: ApplicationState): ApplicationPhase {
  if (state.removed) return 'removed';
  if (state.paused) return 'paused';
  if (state.holding !== null) return 'holding';
  if (state.busy !== null) return 'syncing';
  if (state.active.length > 0) return 'rollingOut';
  if (state.pruning?.stage === 'running') return 'syncing';
  if (state.pruning?.stage === 'waiting') return 'holding';
  if (state.invalid) return 'invalid';
  const standing = state.obstacles.length + editsOf(state).length > 0 || state.pruning?.stage === 'stopped';
  if (standing) return 'held';
  if (state.pollProblem !== null) return 'holding';
  return 'waiting';
}

/** The state in one sentence or two: what is, what it waits for, what to do. Not escaped. */
export function sentenceOf(state: ApplicationState): string {
  const { spec } = state;
  if (state.removed) return `Application ${state.name} was removed; its DaemonSets run on.`;
  if (state.paused) return pausedPage(state, state.paused);
  if (!spec) return `Not configured yet: run "nodewave apply -f FILE" with a NodeApplication named ${state.name}.`;
  if (state.holding !== null) return `${state.holding} Trying again until it is answered.`;
  if (state.busy !== null) return state.busy;
  const invalid = state.invalid ? invalidSentence(state.invalid) : null;
  if (state.active.length > 0) return [activeSentence(state), inLine(state), invalid].filter(Boolean).join(' ');
  const pruning = state.pruning ?? null;
  if (pruning !== null && pruning.stage !== 'stopped') return [pruning.sentence, invalid].filter(Boolean).join(' ');
  if (invalid) return `${invalid} Push a fix, or run "nodewave sync ${state.name}" when the cause is gone.`;
  if (state.obstacles.length > 0) {
    const why = state.obstacles.map((one) => obstacleSentence(state.name, one)).join(' ');
    return [why, returning(state)].filter(Boolean).join(' ');
  }
  if (pruning !== null) return ended(pruning.sentence);
  const edits = editsOf(state);
  if (edits.length > 0)
    return `${edits.join(' ')} To take it over, commit it; then it is rolled out to the rest and becomes last good.`;
  if (state.pollProblem !== null) return `${state.pollProblem} Asking again until git answers.`;
  return waitingSentence(state);
}

/** Who stopped what, what waits for it, and how it goes on. */
function pausedPage(state: ApplicationState, paused: ApplicationPaused): string {
  const { active, observed, attempted } = state;
  const rollouts = active.length === 0 ? '' : ` Paused with it: ${active.map(daemonSetLabel).join(', ')}.`;
  const waits = observed && observed.commit !== attempted ? ` Commit ${shortCommit(observed.commit)} waits.` : '';
  return `${pausedSentence(state.name, paused)}${rollouts}${waits} Nothing is deleted or applied until "nodewave resume ${state.name}".`;
}

/** What others have changed of DaemonSets that no rollout moves now. */
function editsOf({ edits = {}, active }: ApplicationState): string[] {
  const moving = active.map(daemonSetLabel);
  return Object.entries(edits)
    .filter(([label]) => !moving.includes(label))
    .map(([, sentence]) => ended(sentence));
}

/** Commits that wait for their turn. */
function inLine({ queue = [] }: ApplicationState): string | null {
  if (queue.length === 0) return null;
  const shown = queue.slice(0, 5).map(({ commit }) => shortCommit(commit));
  const more = queue.length > shown.length ? ` and ${queue.length - shown.length} more` : '';
  return `In line after it, in this order: ${shown.join(', ')}${more}.`;
}

/** Until git answers, people see which objects are still of the release that was given up. */
function returning({ restore }: ApplicationState): string | null {
  if (!restore) return null;
  return `The other objects of commit ${shortCommit(restore.from)} return to commit ${shortCommit(restore.to)} as soon as git and cluster answer.`;
}

function activeSentence(state: ApplicationState): string {
  return state.active
    .map((rollout) => {
      if (rollout.catchUp) return `Catching ${daemonSetLabel(rollout)} up on ${rollout.catchUp.join(', ')}.`;
      const way = rollout.supersededBy ? `; commit ${shortCommit(rollout.supersededBy)} waits for its end` : '';
      return rollout.mode === 'revert'
        ? `Rolling ${daemonSetLabel(rollout)} back from commit ${shortCommit(rollout.commit)}, asked for by ${rollout.by}.`
        : `Rolling out commit ${shortCommit(rollout.commit)} to ${daemonSetLabel(rollout)}${way}.`;
    })
    .join(' ');
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

function invalidSentence(invalid: { sentence: string; commit: string | null }): string {
  const sentence = ended(invalid.sentence);
  return invalid.commit ? `Commit ${shortCommit(invalid.commit)}: ${sentence}` : sentence;
}

/** Why a DaemonSet stays as it is, and what would change that. */
export function obstacleSentence(application: string, obstacle: Obstacle): string {
  const label = daemonSetLabel(obstacle);
  const commit = `commit ${shortCommit(obstacle.commit)}`;
  const again = `push a change, or run "nodewave retry ${application}"`;
  switch (obstacle.kind) {
    case 'quarantined':
      return `${label} stays on its last good template: ${commit} is quarantined (${obstacle.cause}). Push a fix, or run "nodewave release-quarantine ${application}".`;
    case 'aborted':
      return `The rollout of ${commit} to ${label} was stopped: ${obstacle.cause}. To go on, ${again}.`;
    case 'failed':
      return `The rollout of ${commit} to ${label} failed: ${obstacle.cause}. To go on, ${again}.`;
    case 'rollbackFailed':
      return `The rollback of ${label} from ${commit} did not finish: ${obstacle.cause}. Its nodes may be on two templates; ${again}.`;
  }
}

function waitingSentence(state: ApplicationState): string {
  const ref = state.spec ? describeRef(state.spec.source.ref) : 'git';
  const cluster = state.spec?.destination.cluster ?? '';
  const observed = state.observed;
  if (observed && observed.commit !== state.attempted) {
    return `Commit ${shortCommit(observed.commit)} of ${ref} is not rolled out because sync.auto is false: run "nodewave sync ${state.name}".`;
  }
  if (!state.syncedCommit) return `Waiting for a commit of ${ref}.`;
  return `Commit ${shortCommit(state.syncedCommit)} is on cluster ${cluster}. Waiting for the next commit of ${ref}.`;
}
