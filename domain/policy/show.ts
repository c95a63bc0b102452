import type { ApplicationSpec } from '../application/spec.ts';
import { describeGate, needsRest } from '../gates/registry.ts';
import type { RolloutPolicy } from '../rollout/policy.ts';
import type { DaemonSetSync } from '../sync.ts';
import { policyDocument } from './document.ts';
import { askedAfter } from './gate-batches.ts';
import { effectivePolicy, ownSource } from './resolve.ts';
import { policyFieldNames, policyForms } from './schema.ts';
import type { PolicySources, ShownGate, ShownPolicy } from './source.ts';

/**
 * Every value that holds for a DaemonSet, with where it came from.
 * @param overridden sources of the fields that its application does not decide
 */
export function shownPolicy(
  sync: Pick<DaemonSetSync, 'namespace' | 'name' | 'policy' | 'maxUnavailable'>,
  application: Pick<ApplicationSpec, 'name' | 'rollout' | 'origin'>,
  overridden: PolicySources,
): ShownPolicy {
  const policy = effectivePolicy(sync.policy ?? application.rollout, sync.maxUnavailable);
  const values = policyDocument(policy);
  const fields: ShownPolicy['fields'] = {};
  for (const field of policyFieldNames) {
    const { key } = policyForms[field];
    const value = values[key];
    if (value === undefined) continue;
    const own = ownSource(field, application);
    const ofManifest = own.kind === 'default' && field === 'maxUnavailable' && sync.maxUnavailable !== null;
    fields[key] = { value, source: overridden[field] ?? (ofManifest ? { kind: 'manifest' } : own) };
  }
  const gates = shownGates(policy);
  return { namespace: sync.namespace, name: sync.name, fields, ...(gates.length === 0 ? {} : { gates }) };
}

function shownGates(policy: RolloutPolicy): ShownGate[] {
  return (policy.gates ?? []).map((gate) => ({
    name: gate.name,
    kind: gate.kind,
    measures: describeGate(gate),
    after: askedAfter(gate, policy, needsRest(gate)),
  }));
}
