import { matchesRequirement } from '../cluster/eligibility.ts';
import { type DocumentError, fieldName } from '../document-error.ts';
import { describeObject, isDaemonSet, type ManifestObject } from '../manifest/object.ts';
import { at, isPlainObject } from '../plain.ts';
import type { RolloutPolicyDocument } from './rollout-policy.ts';
import { type PolicyField, pathOf } from './schema.ts';
import type { DaemonSetSelector } from './selection.ts';

/** Whether a RolloutPolicy is for a DaemonSet: it is named, or all conditions fit the labels that git gives it. */
export function selects(selector: DaemonSetSelector, object: ManifestObject): boolean {
  const { names, matchLabels = {}, matchExpressions = [] } = selector;
  if (names !== undefined) return names.includes(object.name) || names.includes(`${object.namespace}/${object.name}`);
  const found = at(object.body, 'metadata', 'labels');
  const labels = isPlainObject(found) ? found : {};
  const labelOf = (key: string): string | undefined => {
    const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return typeof label === 'string' ? label : undefined;
  };
  return (
    Object.entries(matchLabels).every(([key, wanted]) => labelOf(key) === wanted) &&
    matchExpressions.every((requirement) => matchesRequirement(requirement, labelOf(requirement.key)))
  );
}

/**
 * What is wrong with the RolloutPolicies of a path together: two of one name, or two that set the same field of one
 * DaemonSet, since no order of files may decide; and a warning for each that selects nothing.
 */
export function policyProblems(
  policies: readonly RolloutPolicyDocument[],
  objects: readonly ManifestObject[],
): { errors: DocumentError[]; warnings: string[] } {
  const daemonSets = objects.filter(isDaemonSet);
  const errors: DocumentError[] = [];
  const warnings: string[] = [];
  const told = new Set<string>();
  for (const [index, policy] of policies.entries()) {
    const { file, line } = policy.source;
    const earlier = policies.slice(0, index);
    const twin = earlier.find((other) => other.name === policy.name);
    if (twin !== undefined) {
      const message = `RolloutPolicy ${policy.name} is there twice, first at ${place(twin, [])}; remove or rename one`;
      errors.push({ file, line: policy.lineOf(['metadata', 'name']), field: 'metadata.name', message });
    }
    const selected = daemonSets.filter((object) => selects(policy.selector, object));
    if (selected.length === 0) warnings.push(`${file}:${line}: RolloutPolicy ${policy.name} selects no DaemonSet here`);
    for (const object of selected) {
      for (const other of earlier.filter(({ selector }) => selects(selector, object))) {
        for (const field of Object.keys(policy.fields) as PolicyField[]) {
          const key = `${policy.name}/${other.name}/${field}`;
          if (other === twin || other.fields[field] === undefined || told.has(key)) continue;
          told.add(key);
          const path = pathOf(field);
          errors.push({
            file,
            line: policy.lineOf(path),
            field: fieldName(path),
            message: `RolloutPolicy ${other.name} sets it too, at ${place(other, path)}, and both select ${describeObject(object)}; remove one of the two, or narrow a selector`,
          });
        }
      }
    }
  }
  return { errors, warnings };
}

function place(policy: RolloutPolicyDocument, path: readonly string[]): string {
  return `${policy.source.file}:${policy.lineOf(path)}`;
}
