import { apiVersion } from '../application/defaults.ts';
import { mapping, readSchema } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import type { FieldPath, FieldProblem, SourcePlace } from '../document-error.ts';
import { isPlainObject } from '../plain.ts';
import { type PolicyFields, policyFields } from './schema.ts';
import { type DaemonSetSelector, daemonSetSelector } from './selection.ts';

/** A RolloutPolicy of an application's path: fields of the policy for the DaemonSets that it selects. */
export interface RolloutPolicyDocument {
  name: string;
  selector: DaemonSetSelector;
  fields: PolicyFields;
  source: SourcePlace;
  /** Line of a field of the document. */
  lineOf(path: FieldPath): number;
}

const schema = mapping('a RolloutPolicy', {
  apiVersion: value.choice([apiVersion]),
  kind: value.choice(['RolloutPolicy']),
  metadata: mapping('a mapping with name', { name: value.label }),
  spec: mapping('a mapping with selector and rollout', { selector: daemonSetSelector, rollout: policyFields }),
});

/** Reads one RolloutPolicy, or says all that is wrong with it. */
export function readRolloutPolicy(document: {
  body: unknown;
  source: SourcePlace;
  lineOf(path: FieldPath): number;
}): RolloutPolicyDocument | { problems: FieldProblem[] } {
  const read = readSchema(schema, document.body);
  if ('problems' in read) return read;
  const { metadata, spec } = read.value;
  if (isPlainObject(spec.rollout) && Object.keys(spec.rollout).length === 0) {
    const message = 'sets nothing; expected a field such as maxUnavailable';
    return { problems: [{ path: ['spec', 'rollout'], message }] };
  }
  const { source, lineOf } = document;
  return { name: metadata.name, selector: spec.selector, fields: spec.rollout, source, lineOf };
}
