import { type DocumentError, type FieldPath, type FieldProblem, fieldName } from '../document-error.ts';
import { at, describeValue, isPlainObject } from '../plain.ts';
import { type PolicyField, type PolicyFields, pathOf } from '../policy/schema.ts';
import { readDocuments, type YamlDocument } from '../yaml-documents.ts';
import { defaultPolicy } from './defaults.ts';
import { readSchema } from './parse-mapping.ts';
import { type ApplicationDocument, applicationSchema } from './parse-schema.ts';
import { nullsMatterAt } from './renderer.ts';
import type { ApplicationSpec, SpecOrigin } from './spec.ts';

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
    const { spec, problems } = readApplication(document);
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

function readApplication(document: YamlDocument): { spec?: ApplicationSpec; problems: FieldProblem[] } {
  const { value } = document;
  if (!isPlainObject(value)) {
    return { problems: [{ path: [], message: `expected a NodeApplication, got ${describeValue(value)}` }] };
  }
  if (at(value, 'kind') === 'RolloutPolicy') {
    const message =
      'RolloutPolicy is not applied; commit it to the path of the application whose DaemonSets it selects';
    return { problems: [{ path: ['kind'], message }] };
  }
  const read = readSchema(applicationSchema, value, nullsMatterAt);
  if ('value' in read)
    return { spec: { ...toSpec(read.value), origin: originOf(document, read.value.spec.rollout) }, problems: [] };
  // Of another kind of document, every field would be an error: the kind says it all.
  const kind = read.problems.filter((problem) => problem.path[0] === 'kind');
  return { problems: kind.length > 0 ? kind : read.problems };
}

function located(problem: FieldProblem, document: YamlDocument): DocumentError {
  const path: FieldPath = problem.path;
  const field = path.length === 0 ? undefined : fieldName(path);
  return { file: document.file, line: document.lineOf(path), field, message: problem.message };
}

function originOf({ file, lineOf }: YamlDocument, stated: PolicyFields): SpecOrigin {
  const lines = (Object.keys(stated) as PolicyField[]).map((field) => [field, lineOf(pathOf(field))]);
  return { file, lines: Object.fromEntries(lines) };
}

function toSpec({ metadata, spec }: ApplicationDocument): ApplicationSpec {
  const { sync, rollout } = spec;
  const { adopt } = sync;
  return {
    name: metadata.name,
    source: spec.source,
    destination: spec.destination,
    sync: {
      auto: sync.auto,
      intervalMs: sync.interval,
      prune: sync.prune,
      drift: sync.drift,
      ...(adopt === undefined ? {} : { adopt }),
    },
    rollout: { ...defaultPolicy(), ...rollout },
    ...(spec.ignore === undefined ? {} : { ignore: spec.ignore }),
  };
}
