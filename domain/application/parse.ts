import type * as z from 'zod';
import { type DocumentError, type FieldPath, type FieldProblem, fieldName } from '../document-error.ts';
import { at, describeValue, isPlainObject } from '../plain.ts';
import { didYouMean } from '../suggest.ts';
import { readDocuments, type YamlDocument } from '../yaml-documents.ts';
import { applicationDefaults } from './defaults.ts';
import { batchName } from './parse-batches.ts';
import { type ApplicationDocument, applicationSchema } from './parse-schema.ts';
import type { ApplicationSpec } from './spec.ts';

/**
 * Reads the NodeApplications of a YAML text of one or more documents; `file` is how errors name it. Every default is
 * filled in. Nothing may be used when there are errors; each names file, line, field, what was expected and, for an
 * unknown field, the nearest known one.
 */
export function parseApplications(text: string, file: string): { specs: ApplicationSpec[]; errors: DocumentError[] } {
  const { documents, errors } = readDocuments(text, file);
  const specs: ApplicationSpec[] = [];
  const lines = new Map<string, number>();
  for (const document of documents) {
    const { spec, problems } = readApplication(document.value);
    errors.push(...problems.map((problem) => located(problem, document)));
    if (spec === undefined) continue;
    const first = lines.get(spec.name);
    if (first === undefined) {
      lines.set(spec.name, document.lineOf(['metadata', 'name']));
      specs.push(spec);
    } else {
      const message = `application ${spec.name} is there twice, first on line ${first}; remove one or rename it`;
      errors.push(located({ path: ['metadata', 'name'], message }, document));
    }
  }
  if (documents.length === 0 && errors.length === 0) {
    errors.push({ file, line: 1, message: 'is empty; expected a document of kind NodeApplication' });
  }
  return { specs, errors: errors.sort((a, b) => a.line - b.line) };
}

function readApplication(value: unknown): { spec?: ApplicationSpec; problems: FieldProblem[] } {
  if (!isPlainObject(value)) {
    return { problems: [{ path: [], message: `expected a NodeApplication, got ${describeValue(value)}` }] };
  }
  if (at(value, 'kind') === 'RolloutPolicy') {
    const message = 'RolloutPolicy is not supported yet; write the policy in spec.rollout of the NodeApplication';
    return { problems: [{ path: ['kind'], message }] };
  }
  const result = applicationSchema.safeParse(withoutNulls(value));
  if (result.success) return { spec: toSpec(result.data), problems: [] };
  // Of another kind of document, every field would be an error: the kind says it all.
  const issues = result.error.issues;
  const kind = issues.filter((issue) => issue.path[0] === 'kind');
  return { problems: (kind.length > 0 ? kind : issues).flatMap(toProblems) };
}

function toProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  const known = issue.message.split(' ');
  return issue.keys.map((key) => {
    const hint = didYouMean(key, known);
    return {
      path: [...path, key],
      message: `unknown field${hint === '' ? `; expected one of ${known.join(', ')}` : hint}`,
    };
  });
}

function located(problem: FieldProblem, document: YamlDocument): DocumentError {
  const path: FieldPath = problem.path;
  const field = path.length === 0 ? undefined : fieldName(path);
  return { file: document.file, line: document.lineOf(path), field, message: problem.message };
}

/** A key without a value means the same as no key, as it does to Kubernetes. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]));
}

function toSpec({ metadata, spec }: ApplicationDocument): ApplicationSpec {
  const { sync, rollout } = spec;
  const batches = rollout.batches?.map(({ name, nodes, per, soak, approval }, index) => ({
    name: batchName(name, index),
    nodes,
    ...(per === undefined ? {} : { per }),
    soakMs: soak,
    ...(approval === undefined ? {} : { approval }),
  }));
  return {
    name: metadata.name,
    source: spec.source,
    destination: spec.destination,
    sync: { auto: sync.auto, intervalMs: sync.interval, prune: sync.prune, drift: sync.drift },
    rollout: {
      batches: batches ?? applicationDefaults.batches.map((batch) => ({ ...batch })),
      maxUnavailable: rollout.maxUnavailable ?? null,
      readyWithinMs: rollout.readyWithin,
      maxRestarts: rollout.maxRestarts,
      onFailure: rollout.onFailure,
      promoteAfter: rollout.promoteAfter,
    },
  };
}
