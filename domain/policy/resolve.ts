import { defaultPolicy } from '../application/defaults.ts';
import type { ApplicationSpec } from '../application/spec.ts';
import { canonicalJson } from '../digest.ts';
import { fieldName } from '../document-error.ts';
import type { ManifestObject } from '../manifest/object.ts';
import { placeOf } from '../manifest/place.ts';
import { policyDefaults, type RolloutPolicy } from '../rollout/policy.ts';
import { annotationOf, readPolicyAnnotations } from './annotations.ts';
import type { RolloutPolicyDocument } from './rollout-policy.ts';
import { type PolicyField, type PolicyFields, pathOf, policyFieldNames } from './schema.ts';
import { selects } from './select.ts';
import type { PolicySource, PolicySources, ResolvedPolicy } from './source.ts';
import { statedBudget } from './surge.ts';

/**
 * The policy of a DaemonSet of git, field by field: its annotation, the RolloutPolicy that selects it, the NodeApplication,
 * the built-in default. `maxUnavailable` stays null where none of the first three states it: what the manifest's own
 * strategy says is then the default (`DaemonSetSync.maxUnavailable`), and is named as the source.
 */
export function resolvePolicy(
  object: ManifestObject,
  policies: readonly RolloutPolicyDocument[],
  application: Pick<ApplicationSpec, 'name' | 'rollout' | 'origin'>,
): ResolvedPolicy {
  const annotated = readPolicyAnnotations(object.body).fields;
  const selecting = policies.filter(({ selector }) => selects(selector, object));
  const overrides: PolicyFields = {};
  const sources: PolicySources = {};
  for (const field of policyFieldNames) {
    const policy = selecting.find(({ fields }) => fields[field] !== undefined);
    if (annotated[field] !== undefined) {
      const path = ['metadata', 'annotations', annotationOf(field)];
      Object.assign(overrides, { [field]: annotated[field] });
      sources[field] = { kind: 'annotation', field: fieldName(path), ...placeOf(object, path) };
    } else if (policy !== undefined) {
      const path = pathOf(field);
      Object.assign(overrides, { [field]: policy.fields[field] });
      const { file } = policy.source;
      sources[field] = {
        kind: 'RolloutPolicy',
        name: policy.name,
        field: fieldName(path),
        file,
        line: policy.lineOf(path),
      };
    } else sources[field] = below(field, object, application);
  }
  return {
    policy: { ...application.rollout, ...overrides },
    sources: sources as Required<PolicySources>,
  };
}

/** The sources that come after annotations and RolloutPolicies. */
function below(
  field: PolicyField,
  object: ManifestObject,
  application: Pick<ApplicationSpec, 'name' | 'rollout' | 'origin'>,
): PolicySource {
  const own = ownSource(field, application);
  const budget = own.kind === 'default' && field === 'maxUnavailable' ? statedBudget(object) : null;
  if (budget === null) return own;
  return { kind: 'manifest', field: fieldName(budget.path), ...placeOf(object, budget.path) };
}

/** Where an application has the value of a field from: what it states, else the built-in default. */
export function ownSource(
  field: PolicyField,
  { name, rollout, origin }: Pick<ApplicationSpec, 'name' | 'rollout' | 'origin'>,
): PolicySource {
  const line = origin?.lines[field];
  const stated = origin === undefined ? !isDefault(field, rollout) : line !== undefined;
  if (!stated) return { kind: 'default' };
  const place = origin === undefined || line === undefined ? {} : { file: origin.file, line };
  return { kind: 'NodeApplication', name, field: fieldName(pathOf(field)), ...place };
}

/** Applications of before the lines were kept: a value that is the default cannot be told from one that was written. */
function isDefault(field: PolicyField, rollout: RolloutPolicy): boolean {
  return canonicalJson(rollout[field] ?? null) === canonicalJson(defaultPolicy()[field] ?? null);
}

/** Every value that holds, in the form of a file: resolved, then the manifest's budget, then built-in defaults. */
export function effectivePolicy(
  policy: RolloutPolicy,
  manifestMaxUnavailable: RolloutPolicy['maxUnavailable'],
): RolloutPolicy {
  const { overrun: _ofWindows, ...defaults } = policyDefaults;
  const stated = Object.fromEntries(
    Object.entries(policy).filter(([, value]) => value !== null && value !== undefined),
  );
  return {
    ...defaults,
    ...(manifestMaxUnavailable === null ? {} : { maxUnavailable: manifestMaxUnavailable }),
    batches: policy.batches,
    ...stated,
  };
}
