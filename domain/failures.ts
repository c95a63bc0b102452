/**
 * Every way in which an activity can fail, by who has to act. The code is the `type` of the ApplicationFailure.
 * - `Infrastructure`: API server, git host or Temporal; retried for ever in phase `holding`, never a failure of a release.
 * - `Forbidden`: the cluster refused one verb; held like infrastructure, the sentence names the verb and the cure.
 * - `BadInput`: what git or a person wrote is wrong; nothing was applied, the next good commit works.
 * - `Conflict`: someone else owns or edits the object; a person decides.
 * - `Fenced`: a newer attempt or rollout holds the record; this one stops at once.
 * - `Defect`: none of the above, so a bug of Nodewave: held like infrastructure, and logged with its stack.
 */
export type FailureCode = 'Infrastructure' | 'Forbidden' | 'BadInput' | 'Conflict' | 'Fenced' | 'Defect';

/** All codes, for retry policies and tests. */
export const failureCodes: readonly FailureCode[] = [
  'Infrastructure',
  'Forbidden',
  'BadInput',
  'Conflict',
  'Fenced',
  'Defect',
];

/**
 * An error with a code and a sentence that a person can act on. Thrown by activities' helpers and turned into an
 * ApplicationFailure at the activity edge, in one place.
 */
export class NodewaveError extends Error {
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'NodewaveError';
    this.code = code;
  }
}
