import { ClientError, type ClientErrorKind } from '../client/client-error.ts';

/** Exit codes of every command; `diff` and `status --watch` raise errors to at least 2, because their 1 says something else. */
export const exitCodes = {
  ok: 0,
  /** Refused, not found, or it ended badly; for `diff`: there are changes. */
  refused: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Nobody answered: Temporal is away, no worker runs, or the time given was too short. */
  noAnswer: 3,
  /** A bug. */
  unexpected: 4,
} as const;

/** What went wrong, as `error.kind` of the JSON output. */
export type CliErrorKind = ClientErrorKind | 'usage' | 'invalid';

/** An error of the command line itself: what was wrong as `message` (lines of their own are kept), what to do as `cure`. */
export class CliError extends Error {
  readonly kind: CliErrorKind;
  readonly cure: string;
  constructor(kind: CliErrorKind, message: string, cure: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CliError';
    this.kind = kind;
    this.cure = cure;
  }
}

/** An error in the form in which it is shown. */
export interface ShownError {
  kind: CliErrorKind;
  message: string;
  cure: string;
}

const codeOf: Record<CliErrorKind, number> = {
  usage: exitCodes.usage,
  setup: exitCodes.usage,
  invalid: exitCodes.refused,
  refused: exitCodes.refused,
  conflict: exitCodes.refused,
  notFound: exitCodes.refused,
  ended: exitCodes.refused,
  unavailable: exitCodes.noAnswer,
  noWorker: exitCodes.noAnswer,
  timeout: exitCodes.noAnswer,
  forbidden: exitCodes.noAnswer,
  unexpected: exitCodes.unexpected,
};

/** The exit code for an error; at least `floor` where a command uses 1 for something else. */
export function exitCodeOf(kind: CliErrorKind, floor = 1): number {
  return Math.max(codeOf[kind], floor);
}

/** Whatever was thrown, in one form. */
export function toShownError(error: unknown): ShownError {
  if (error instanceof ClientError || error instanceof CliError) {
    return { kind: error.kind, message: error.message, cure: error.cure };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'unexpected', message, cure: 'This is a bug in nodewave: please report it with the lines above.' };
}
