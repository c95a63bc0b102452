import { celProblem } from './ignore-cel.ts';
import { list, mapping } from './parse-mapping.ts';
import { label, text } from './parse-values.ts';

/**
 * Fields of git that a sync leaves to whoever set them. All that a rule names must hold; `kind`, `name` and `namespace` say of which
 * objects, the others of which fields. Never of DaemonSets: what of them is live decides which pods nodes get.
 */
export interface IgnoreRule {
  kind?: string;
  name?: string;
  namespace?: string;
  /** RFC 6901, into the object as git states it; with all that is below it. */
  jsonPointer?: string;
  /** The field manager that owns the field on the cluster, e.g. `horizontal-pod-autoscaler`. */
  manager?: string;
  /** An expression of the Common Expression Language that is true for the fields to ignore. */
  cel?: string;
}

const example = '{kind: ConfigMap, name: agent, jsonPointer: /data/level}';
const mostRules = 100;

const kind = text('a kind such as Deployment', (value) => {
  if (value === 'DaemonSet') {
    return 'fields of a DaemonSet cannot be ignored: what of it is live decides which pods nodes get; take the field out of git, and its owner keeps it';
  }
  return /^[A-Z][A-Za-z0-9]{0,62}$/.test(value) ? undefined : `expected a kind such as Deployment, got "${value}"`;
});

/** What every object is found by, and what only the cluster writes. */
const fixed =
  /^\/(?:apiVersion|kind|status|metadata\/(?:name|namespace|uid|generation|resourceVersion|managedFields))(?:\/|$)/;

const jsonPointer = text('a JSON pointer such as /data/level', (value) => {
  if (!value.startsWith('/'))
    return `a JSON pointer begins with "/", got "${value}"; write /${value.replaceAll('.', '/')}`;
  if (/~(?![01])/.test(value)) return 'in a JSON pointer "~" is written ~0 and "/" inside of a name ~1';
  if (value.length > 500) return 'is longer than 500 characters';
  return fixed.test(value) ? `${value} is nothing that git decides; leave the rule out` : undefined;
});

const name = text('the name of an object', (value) =>
  /^[^\s/]{1,253}$/.test(value) ? undefined : `expected the name of an object, got "${value}"`,
);

const manager = text('a field manager such as horizontal-pod-autoscaler', (value) => {
  if (value.startsWith('nodewave:')) return 'is the field manager of an application; a rule names somebody else';
  return /^\S.{0,127}$/.test(value) ? undefined : 'expected a name of at most 128 characters';
});

const rule = mapping(`a mapping such as ${example}`, {
  kind: kind.optional(),
  name: name.optional(),
  namespace: label.optional(),
  jsonPointer: jsonPointer.optional(),
  manager: manager.optional(),
  cel: text('an expression such as path.endsWith("caBundle")', celProblem).optional(),
}).superRefine(({ jsonPointer: pointer, manager: owner, cel }, context) => {
  if (pointer !== undefined || owner !== undefined || cel !== undefined) return;
  const message = 'says of no field that it is ignored; give at least one of jsonPointer, manager, cel';
  context.addIssue({ code: 'custom', message });
});

/** `spec.ignore` of a NodeApplication. */
export const ignoreRules = list(`a list of rules such as [${example}]`, rule, mostRules);
