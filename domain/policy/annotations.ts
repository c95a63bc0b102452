import { readSchema } from '../application/parse-mapping.ts';
import type { FieldProblem } from '../document-error.ts';
import { annotationPrefix, annotations as written } from '../ids.ts';
import { at, isPlainObject } from '../plain.ts';
import { didYouMean } from '../suggest.ts';
import { readDocuments } from '../yaml-documents.ts';
import { parseLabelSelector } from './label-selector.ts';
import { type PolicyField, type PolicyFields, policyFieldNames, policyForms } from './schema.ts';

/** Fields that an annotation may state as a label selector, as kubectl takes it. */
const selections: readonly PolicyField[] = ['last', 'exclude'];

const path = ['metadata', 'annotations'] as const;

/** The annotation that states a field, e.g. `nodewave.dev/max-unavailable`. */
export function annotationOf(field: PolicyField): string {
  return annotationPrefix + inKebab(policyForms[field].key);
}

function inKebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const fieldOf = new Map(policyFieldNames.map((field) => [annotationOf(field), field]));

/**
 * The fields of the policy that a DaemonSet states in its annotations, and what is wrong with those of nodewave.dev.
 * Values are the text that would follow the field's key in a file: `20%`, `5m`, a mapping or list as YAML or JSON.
 */
export function readPolicyAnnotations(body: Record<string, unknown>): {
  fields: PolicyFields;
  problems: FieldProblem[];
} {
  const fields: Record<string, unknown> = {};
  const problems = misplaced(body);
  const found = at(body, ...path);
  for (const [key, text] of Object.entries(isPlainObject(found) ? found : {})) {
    // One that is no text is an error already, whatever its key.
    if (!key.startsWith(annotationPrefix) || typeof text !== 'string') continue;
    const field = fieldOf.get(key);
    const read = field === undefined ? { problems: [{ path: [], message: unknown(key) }] } : readValue(field, text);
    if ('problems' in read)
      problems.push(...read.problems.map((one) => ({ ...one, path: [...path, key, ...one.path] })));
    else if (field !== undefined) fields[field] = read.value;
  }
  return { fields, problems };
}

function readValue(field: PolicyField, text: string): { value: unknown } | { problems: FieldProblem[] } {
  const schema = policyForms[field].read;
  if (selections.includes(field) && !/^\s*\{|:\s/.test(text)) {
    const selector = parseLabelSelector(text.trim());
    if (selector !== undefined) return readSchema<unknown>(schema, selector);
    const message = 'expected a label selector such as "pool=gpu,!spot", or a mapping as YAML or JSON';
    return { problems: [{ path: [], message }] };
  }
  const { documents, errors } = readDocuments(text, '');
  const [error] = errors;
  if (error !== undefined) return { problems: [{ path: [], message: error.message }] };
  if (documents.length > 1) return { problems: [{ path: [], message: 'has more than one YAML document' }] };
  return readSchema<unknown>(schema, documents[0]?.value);
}

function unknown(key: string): string {
  if ((Object.values(written) as string[]).includes(key)) {
    return 'is written by Nodewave on the cluster; remove it from git';
  }
  const name = key.slice(annotationPrefix.length);
  const names = [...fieldOf.keys()].map((known) => known.slice(annotationPrefix.length));
  const hint = didYouMean(name, names);
  if (hint !== '') return `unknown annotation${hint.replace('mean ', `mean ${annotationPrefix}`)}`;
  return `unknown annotation; after ${annotationPrefix} expected one of ${names.join(', ')}`;
}

/** In the pod template they would do nothing, and a change of one would restart every pod. */
function misplaced(body: Record<string, unknown>): FieldProblem[] {
  const inTemplate = ['spec', 'template', 'metadata', 'annotations'];
  const found = at(body, ...inTemplate);
  return Object.keys(isPlainObject(found) ? found : {})
    .filter((key) => key.startsWith(annotationPrefix))
    .map((key) => ({
      path: [...inTemplate, key],
      message:
        'belongs to metadata.annotations of the DaemonSet: in the pod template a change of it would restart pods',
    }));
}

/** Policy annotations on an object that is never rolled out: whoever writes one expects it to do something. */
export function strayAnnotations(kind: string, body: Record<string, unknown>): FieldProblem[] {
  const found = at(body, ...path);
  return Object.keys(isPlainObject(found) ? found : {})
    .filter((key) => fieldOf.has(key))
    .map((key) => ({
      path: [...path, key],
      message: `has no effect on a ${kind}: only DaemonSets are rolled out; remove it`,
    }));
}
