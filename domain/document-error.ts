/** Where something was written. `line` counts from 1. */
export interface SourcePlace {
  /** As the user named it, or relative to the repository's root. */
  file: string;
  line: number;
}

/** Something that a person wrote and that cannot be used: where it is, what was expected, what to do. */
export interface DocumentError extends SourcePlace {
  /** e.g. `spec.rollout.batches[1].nodes`; absent when the document as a whole is meant. */
  field?: string;
  message: string;
}

/** One step into a document: a key or an index. */
export type FieldPath = readonly (string | number)[];

/** Something wrong in one object, before its place in a file is looked up. An empty path means the object as a whole. */
export interface FieldProblem {
  path: FieldPath;
  message: string;
}

/** `spec.containers[0].name`; keys that are not plain words are quoted: `metadata.labels["app.kubernetes.io/name"]`. */
export function fieldName(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** One line for people: `FILE:LINE: FIELD: SENTENCE`. */
export function describeError(error: DocumentError): string {
  const field = error.field === undefined ? '' : `${error.field}: `;
  return `${error.file}:${error.line}: ${field}${error.message}`;
}

/** The first `limit` errors, a line each, and how many more there are. */
export function describeErrors(errors: readonly DocumentError[], limit: number): string {
  const lines = errors.slice(0, limit).map(describeError);
  const more = errors.length - lines.length;
  if (more > 0) lines.push(`and ${more} more ${more === 1 ? 'error' : 'errors'}`);
  return lines.join('\n');
}
