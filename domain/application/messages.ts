import type { messageNames } from '../wire.ts';
import type { ApplicationState } from './state.ts';

/** The updates that an application takes. */
export const applicationUpdates = [
  'configure',
  'sync',
  'pause',
  'resume',
  'preview',
  'explain',
  'retry',
  'rollback',
  'releaseQuarantine',
  'remove',
] as const;

/** One of them. */
export type ApplicationUpdate = (typeof applicationUpdates)[number];

const purposes: Record<ApplicationUpdate, string> = {
  configure: 'Creates or changes the application; better sent by "nodewave apply -f FILE", which checks the file',
  sync: 'Asks git now and compares with the cluster, also when the commit was seen before',
  pause:
    'Red button: every rollout of the application pauses, new commits wait; nothing is deleted or applied until resume',
  resume: 'Ends the pause of the application: the rollouts that it had paused go on, and the newest commit is taken',
  preview: 'Answers what a sync would change, and changes nothing',
  explain: 'Answers why pods of a DaemonSet are not well, and changes nothing',
  retry: 'Starts an aborted or failed rollout again',
  rollback: 'Returns a DaemonSet to the good revision before the newest, and quarantines what git holds',
  releaseQuarantine: 'Lifts the quarantine of a template that was rolled back, and syncs',
  remove: 'Deletes the application; its DaemonSets run on',
};

/** A JSON object that the update would accept, for descriptions and refusals; short but for `configure`. */
export function exampleOf(update: ApplicationUpdate, state?: ApplicationState): Record<string, unknown> {
  const by = 'your name';
  switch (update) {
    case 'configure':
      return { by, spec: state?.spec ?? { name: 'NAME', source: {}, destination: {}, sync: {}, rollout: {} } };
    case 'sync':
      return { by, requestId: 'any new id' };
    case 'preview':
    case 'explain':
      return {};
    default:
      return { by, reason: 'why' };
  }
}

/** What the Temporal UI shows beside an update: what it does, and JSON to start from, because there is no form. */
export function descriptionOf(update: ApplicationUpdate): string {
  return `${purposes[update]}. Example: ${JSON.stringify(exampleOf(update))}`;
}

/** Descriptions of the signals and the query. */
export const otherDescriptions = {
  changed: `Something may have changed in git. Example: ${JSON.stringify({ deliveryId: 'any new id', source: 'me', refs: [] })}`,
  report: `What CI or a person says of a commit, for gates of kind report. Example: ${JSON.stringify({ commit: 'all 40 or 64 digits', check: 'e2e-tests', outcome: 'passed', by: 'your name' })}`,
  reports: `What was reported on a commit. Example: ${JSON.stringify({ commit: 'all 40 or 64 digits' })}`,
  rolloutFinished: 'Sent by rollouts when they end; not for people',
  status: 'Phase, commits, running rollouts, recent outcomes',
} as const satisfies Partial<Record<keyof typeof messageNames, string>>;
