import { shortCommit } from '../../domain/markdown.ts';
import type { SyncOutcome } from '../../domain/wire.ts';
import { briefLines } from './diagnosis.ts';
import { plain } from './text.ts';

/** The last lines of `nodewave sync --wait`: how it ended, and why where a rollout has found out. */
export function outcomeLines(application: string, ended: SyncOutcome): string[] {
  const { commit, subject, outcome, cause, diagnosis } = ended;
  const what = commit === '' ? '' : ` commit ${shortCommit(commit)}${subject === '' ? '' : ` (${plain(subject)})`}`;
  return [
    `application ${application}:${what} ${outcome}${cause === null ? '' : `: ${plain(cause)}`}`,
    ...(diagnosis === undefined ? [] : briefLines(diagnosis)),
  ];
}
