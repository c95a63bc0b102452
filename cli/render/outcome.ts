import { shortCommit } from '../../domain/markdown.ts';
import type { SyncOutcome } from '../../domain/wire.ts';
import { plain } from './text.ts';

/** The last line of `nodewave sync --wait`. */
export function outcomeLine(application: string, { commit, subject, outcome, cause }: SyncOutcome): string {
  const what = commit === '' ? '' : ` commit ${shortCommit(commit)}${subject === '' ? '' : ` (${plain(subject)})`}`;
  return `application ${application}:${what} ${outcome}${cause === null ? '' : `: ${plain(cause)}`}`;
}
