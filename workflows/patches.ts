/**
 * Names of what recorded runs do not know yet. Each is asked for with `patched` right where it matters, so that a run which
 * was recorded before goes on with it from the next thing that it does.
 */
export const patches = {
  /** Waiting for nodes that missed a rollout. */
  catchUp: 'catch-up',
  /** Objects beside the DaemonSets return to the last good commit with them. */
  othersReturn: 'others-return',
  /** A red gate is diagnosed before anything else is done about it. */
  diagnosis: 'diagnosis',
  /** What the API server refused is diagnosed. */
  refusalDiagnosed: 'refusal-diagnosed',
  /** While a rollout waits it is looked whether others change its DaemonSet. */
  editsWatched: 'edits-watched',
} as const;
