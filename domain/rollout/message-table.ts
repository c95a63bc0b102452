import { type LivePhase, livePhases, type Phase } from './phases.ts';

/** Messages that a person sends to a rollout. */
export const rolloutMessages = [
  'approve',
  'reject',
  'pause',
  'resume',
  'abort',
  'rollback',
  'retry',
  'overrideWindow',
] as const;

/** A message that a person sends to a rollout. */
export type RolloutMessage = (typeof rolloutMessages)[number];

/** Which template is live once the message has taken effect. */
export type LiveTemplate = 'last good' | 'target while a batch runs' | 'unchanged';

/** Which pods are deleted because of the message. */
export type PodsDeleted = 'none' | 'of the next batch' | 'of touched and exposed nodes';

/** What a message does in one phase. */
export type Cell =
  | { accepted: true; next: Phase | 'the phase before' | 'the same phase'; live: LiveTemplate; pods: PodsDeleted }
  | { accepted: false; refusal: string };

const does = (next: Phase | 'the phase before' | 'the same phase', live: LiveTemplate, pods: PodsDeleted): Cell => ({
  accepted: true,
  next,
  live,
  pods,
});
const refuse = (refusal: string): Cell => ({ accepted: false, refusal });

const notWaiting = refuse('Nothing waits for an approval now');
const notPaused = refuse('The rollout is not paused');
const nothingFailed = refuse('No gate has failed, so there is nothing to retry');
const nothingTouched = refuse('No node has been touched yet: send abort to end the rollout');
const alreadyBack = refuse('The rollout is rolling back already');
const installing = refuse(
  'A first install has no batches to hold: the controller creates all pods at once; send abort to stop waiting',
);

const abort = does('aborted', 'last good', 'none');
const rollback = does('rollingBack', 'last good', 'of touched and exposed nodes');
const pause = does('paused', 'last good', 'none');
const override = does('the same phase', 'unchanged', 'none');
const back = does('the phase before', 'target while a batch runs', 'of the next batch');

/**
 * What every message does in every phase: the one place where this is decided. Printed into docs/messages.md and tested
 * exhaustively. With no rollout running `retry`, `rollback` and `release-quarantine` go to the application.
 */
export const messageTable: Record<LivePhase, Record<RolloutMessage, Cell>> = {
  planning: {
    approve: notWaiting,
    reject: notWaiting,
    pause,
    resume: notPaused,
    abort,
    rollback: nothingTouched,
    retry: nothingFailed,
    overrideWindow: override,
  },
  installing: {
    approve: notWaiting,
    reject: notWaiting,
    pause: installing,
    resume: notPaused,
    abort: does('aborted', 'unchanged', 'none'),
    rollback: refuse('There is no last good template to go back to'),
    retry: nothingFailed,
    overrideWindow: refuse('Windows do not hold a first install'),
  },
  awaitingApprovalBefore: {
    approve: does('rolling', 'target while a batch runs', 'of the next batch'),
    reject: abort,
    pause,
    resume: notPaused,
    abort,
    rollback,
    retry: nothingFailed,
    overrideWindow: override,
  },
  rolling: {
    approve: notWaiting,
    reject: notWaiting,
    pause,
    resume: notPaused,
    abort,
    rollback,
    retry: nothingFailed,
    overrideWindow: does('the same phase', 'target while a batch runs', 'of the next batch'),
  },
  waiting: {
    approve: notWaiting,
    reject: refuse('The rollout waits until nodes may be taken: send abort or rollback to end it'),
    pause,
    resume: refuse('It goes on by itself once nodes may be taken; a window is overridden with overrideWindow'),
    abort,
    rollback,
    retry: nothingFailed,
    overrideWindow: does('rolling', 'target while a batch runs', 'of the next batch'),
  },
  soaking: {
    approve: notWaiting,
    reject: notWaiting,
    pause,
    resume: notPaused,
    abort,
    rollback,
    retry: nothingFailed,
    overrideWindow: override,
  },
  awaitingApprovalAfter: {
    approve: does('rolling', 'target while a batch runs', 'of the next batch'),
    reject: rollback,
    pause,
    resume: notPaused,
    abort,
    rollback,
    retry: nothingFailed,
    overrideWindow: override,
  },
  paused: {
    approve: refuse('The rollout is paused: send resume first'),
    reject: refuse('The rollout is paused: send abort or rollback to end it'),
    pause: refuse('The rollout is paused already'),
    resume: back,
    abort,
    rollback,
    retry: refuse('The rollout is paused: send resume'),
    overrideWindow: override,
  },
  stopped: {
    approve: notWaiting,
    reject: refuse('A gate has failed: send abort or rollback to end the rollout'),
    pause: refuse('The rollout is stopped already: it waits for resume, retry, rollback or abort'),
    resume: back,
    abort,
    rollback,
    retry: back,
    overrideWindow: override,
  },
  holding: {
    approve: refuse('The rollout holds until the cluster answers; what it waits for is asked again then'),
    reject: refuse('The rollout holds until the cluster answers: send abort or rollback to end it'),
    pause,
    resume: notPaused,
    abort,
    rollback,
    retry: nothingFailed,
    overrideWindow: override,
  },
  rollingBack: {
    approve: notWaiting,
    reject: notWaiting,
    pause: does('paused', 'last good', 'none'),
    resume: notPaused,
    abort: does('aborted', 'last good', 'none'),
    rollback: alreadyBack,
    retry: nothingFailed,
    overrideWindow: refuse('Windows never hold a rollback'),
  },
};

/** The messages that would be accepted in a phase, for people. */
export function acceptedIn(phase: Phase): RolloutMessage[] {
  const row = (livePhases as readonly string[]).includes(phase) ? messageTable[phase as LivePhase] : undefined;
  return row === undefined ? [] : rolloutMessages.filter((message) => row[message].accepted);
}

/** The table as Markdown, for docs/messages.md. */
export function messageTableMarkdown(): string {
  const lines = ['| phase | message | next phase | live template | pods deleted |', '|---|---|---|---|---|'];
  for (const phase of livePhases) {
    for (const message of rolloutMessages) {
      const cell = messageTable[phase][message];
      lines.push(
        cell.accepted
          ? `| ${phase} | ${message} | ${cell.next} | ${cell.live} | ${cell.pods} |`
          : `| ${phase} | ${message} | refused: ${cell.refusal} | | |`,
      );
    }
  }
  return lines.join('\n');
}
