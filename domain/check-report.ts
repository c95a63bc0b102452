import { oneLine } from './gates/text.ts';

/** What CI, or a person, says of one commit. The newest on a commit and check counts. */
export interface CheckReport {
  /** Full, in small letters. */
  commit: string;
  /** Name of the check, as `checkProblem` accepts it. */
  check: string;
  outcome: 'passed' | 'failed';
  /** Where to read on; http or https, without credentials. */
  url?: string;
  reason?: string;
  /** `webhook/ci/RECEIVER`, or a person's claim. */
  by: string;
  /** When it was said. */
  atMs: number;
}

/** Longest parts of a report, in characters: reports are kept in workflow history. */
export const mostOfReport = { check: 100, url: 300, reason: 200, by: 100 } as const;

/** Whether the text is a full commit of SHA-1 or SHA-256. An abbreviated one may become another commit's. */
export function isFullCommit(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(text);
}

/** Why a text cannot name a check; undefined when it can. Two spellings that look the same would never meet. */
export function checkProblem(name: string): string | undefined {
  const most = mostOfReport.check;
  if (name !== '' && oneLine(name, most) === name) return undefined;
  return `expected one line of at most ${most} characters, without spaces at its ends or two in a row`;
}

/** Why a text cannot be the address of a report; undefined when it can. */
export function reportUrlProblem(url: string): string | undefined {
  const most = mostOfReport.url;
  if (url.length <= most && /^https?:\/\/[^\s\p{Cc}\p{Cf}/?#@]+([/?#][^\s\p{Cc}\p{Cf}]*)?$/u.test(url))
    return undefined;
  return `expected an http or https address of at most ${most} characters, without credentials`;
}
