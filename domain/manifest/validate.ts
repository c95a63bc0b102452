import { type DocumentError, type FieldPath, type FieldProblem, fieldName } from '../document-error.ts';
import { at, describeValue, isPlainObject, type PlainObject } from '../plain.ts';
import { strayAnnotations } from '../policy/annotations.ts';
import { type RolloutPolicyDocument, readRolloutPolicy } from '../policy/rollout-policy.ts';
import { policyProblems } from '../policy/select.ts';
import { didYouMean } from '../suggest.ts';
import { daemonSetProblems } from './daemonset.ts';
import { apiGroup, describeObject, type ManifestObject, objectKey } from './object.ts';
import type { ParsedManifest } from './parse.ts';
import { clusterScopedByDefinition, isClusterScoped } from './scope.ts';
import { textMapProblems } from './text-maps.ts';

/** Objects that can be sent to the API server, what keeps the others from it, and what people should know. */
export interface Validated {
  objects: ManifestObject[];
  /** What the path says about rollouts; never sent to the API server. */
  policies: RolloutPolicyDocument[];
  errors: DocumentError[];
  warnings: string[];
}

/** Fields that only the API server writes; in git they make every later apply a conflict. */
const serverFields = ['uid', 'resourceVersion', 'managedFields', 'deletionTimestamp'];

/**
 * Checks what can be known without a cluster: every object has an apiVersion, kind and name, none is there twice, and
 * DaemonSets are whole. Objects without a namespace get `namespace` unless their kind has none. Unknown fields are left
 * to the API server's strict dry run.
 */
export function validateObjects(parsed: readonly ParsedManifest[], options: { namespace: string }): Validated {
  const defined = clusterScopedByDefinition(parsed.map((manifest) => manifest.body));
  const result: Validated = { objects: [], policies: [], errors: [], warnings: [] };
  const seen = new Map<string, ManifestObject>();
  for (const manifest of parsed) {
    const fail = ({ path, message }: FieldProblem): void => {
      const field = path.length === 0 ? undefined : fieldName(path);
      result.errors.push({ file: manifest.source.file, line: manifest.lineOf(path), field, message });
    };
    const problems = identityProblems(manifest.body);
    problems.forEach(fail);
    if (problems.length > 0) continue;
    const object = toObject(manifest, options.namespace, defined);
    if (apiGroup(object.apiVersion) === 'nodewave.dev') {
      if (object.kind === 'RolloutPolicy') {
        const policy = readRolloutPolicy(manifest);
        if ('problems' in policy) policy.problems.forEach(fail);
        else result.policies.push(policy);
        continue;
      }
      const verdict = ownKind(object);
      if (verdict.error) fail({ path: ['kind'], message: verdict.message });
      else result.warnings.push(`${object.source.file}:${object.source.line}: ${verdict.message}`);
      continue;
    }
    const first = seen.get(objectKey(object));
    if (first !== undefined) {
      const where = `${first.source.file}:${first.source.line}`;
      fail({ path: [], message: `${describeObject(object)} is there twice, first at ${where}; remove one of them` });
      continue;
    }
    seen.set(objectKey(object), object);
    textMapProblems(object.kind, object.body).forEach(fail);
    if (object.kind === 'DaemonSet') daemonSetProblems(object).forEach(fail);
    else strayAnnotations(object.kind, object.body).forEach(fail);
    result.objects.push(object);
  }
  const together = policyProblems(result.policies, result.objects);
  result.errors.push(...together.errors);
  result.warnings.push(...together.warnings);
  return result;
}

function identityProblems(body: PlainObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const text = (path: FieldPath, example: string): void => {
    const value = at(body, ...path);
    if (typeof value === 'string' && value !== '') return;
    const cure = value === undefined || value === null ? 'is missing' : `must be a text, got ${describeValue(value)}`;
    problems.push({ path, message: `${cure}; every Kubernetes object needs one, such as ${example}` });
  };
  text(['apiVersion'], 'apps/v1');
  text(['kind'], 'DaemonSet');
  if (isPlainObject(body.metadata) && body.metadata.name === undefined && body.metadata.generateName !== undefined) {
    const message =
      'is not supported: an object in git needs a fixed metadata.name, else each sync would create another';
    problems.push({ path: ['metadata', 'generateName'], message });
  } else text(['metadata', 'name'], 'name: node-agent');
  const namespace = at(body, 'metadata', 'namespace');
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string') {
    const message = `must be a text, got ${describeValue(namespace)}; write it in quotes`;
    problems.push({ path: ['metadata', 'namespace'], message });
  }
  for (const field of serverFields) {
    if (at(body, 'metadata', field) !== undefined) {
      problems.push({ path: ['metadata', field], message: 'is written by the cluster; remove it from git' });
    }
  }
  return problems;
}

/** Only for bodies without identity problems. */
function toObject(manifest: ParsedManifest, namespace: string, defined: ReadonlySet<string>): ManifestObject {
  const { body, source, lineOf } = manifest;
  const apiVersion = String(body.apiVersion);
  const kind = String(body.kind);
  const given = isPlainObject(body.metadata) ? body.metadata : {};
  const { namespace: written, ...metadata } = given;
  const name = String(metadata.name);
  if (isClusterScoped({ apiVersion, kind }, defined)) {
    return { apiVersion, kind, name, body: { ...body, metadata }, source, lineOf };
  }
  const own = typeof written === 'string' && written !== '' ? written : namespace;
  return {
    apiVersion,
    kind,
    namespace: own,
    name,
    body: { ...body, metadata: { ...metadata, namespace: own } },
    source,
    lineOf,
  };
}

const ownKinds = ['NodeApplication', 'RolloutPolicy'];

/** What becomes of Nodewave's own kinds in an application's path. */
function ownKind(object: ManifestObject): { error: boolean; message: string } {
  if (object.kind === 'NodeApplication') {
    const message = `NodeApplication ${object.name} is not applied by a sync; use nodewave apply -f ${object.source.file}`;
    return { error: false, message };
  }
  return { error: true, message: `nodewave.dev has no kind ${object.kind}${didYouMean(object.kind, ownKinds)}` };
}
