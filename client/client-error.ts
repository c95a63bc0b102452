/**
 * Every way in which asking Temporal can fail, by who has to act.
 * - `setup`: the configuration, namespace or search attributes are not right; nothing works until somebody changes them.
 * - `unavailable`: the Temporal server cannot be reached.
 * - `noWorker`: the server answers and no worker polls, so nobody can answer a query or run a validator.
 * - `timeout`: there is a worker and it did not answer in time.
 * - `forbidden`: the server refused the credentials.
 * - `notFound`: there is no such application or rollout.
 * - `ended`: it existed and has ended, so it takes no messages.
 * - `refused`: the workflow's validator or handler said no; `message` is its sentence, unchanged.
 * - `conflict`: something with this name exists already, or ended in between.
 * - `unexpected`: none of the above.
 */
export type ClientErrorKind =
  | 'setup'
  | 'unavailable'
  | 'noWorker'
  | 'timeout'
  | 'forbidden'
  | 'notFound'
  | 'ended'
  | 'refused'
  | 'conflict'
  | 'unexpected';

/** What a caller of the client gets: what was wrong as `message`, and what to do about it as `cure` (may be empty). */
export class ClientError extends Error {
  readonly kind: ClientErrorKind;
  readonly cure: string;
  constructor(kind: ClientErrorKind, message: string, cure: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ClientError';
    this.kind = kind;
    this.cure = cure;
  }
}
