import { formatDuration } from '../duration.ts';
import { gateDocument } from '../gates/parse.ts';
import type { BatchSpec, NodeHook, RolloutWindow } from '../rollout/policy.ts';
import { type PolicyField, type PolicyFields, policyFieldNames, policyForms } from './schema.ts';

/** Fields of a policy as a user writes them under `rollout`: what `policyFields` reads back to the same. */
export function policyDocument(fields: { [F in PolicyField]?: PolicyFields[F] | null }): Record<string, unknown> {
  return Object.fromEntries(
    policyFieldNames
      .filter((name) => fields[name] !== undefined && fields[name] !== null)
      .map((name) => [policyForms[name].key, written(name, fields)]),
  );
}

function written(name: PolicyField, fields: { [F in PolicyField]?: PolicyFields[F] | null }): unknown {
  switch (name) {
    case 'batches':
      return fields.batches?.map(batch);
    case 'readyWithinMs':
    case 'progressDeadlineMs':
      return formatDuration(fields[name] ?? 0);
    case 'windows':
      return fields.windows?.map(window);
    case 'rollback': {
      const { deadlineMs, ...rest } = fields.rollback ?? {};
      return deadlineMs === undefined ? rest : { ...rest, deadline: formatDuration(deadlineMs) };
    }
    case 'hooks':
      return fields.hooks?.map(hook);
    case 'gates':
      return fields.gates?.map(gateDocument);
    default:
      return fields[name];
  }
}

function batch({ soakMs, ...given }: BatchSpec): Record<string, unknown> {
  return { ...given, soak: formatDuration(soakMs) };
}

function window({ durationMs, ...given }: RolloutWindow): Record<string, unknown> {
  return { ...given, duration: formatDuration(durationMs) };
}

function hook(given: NodeHook): Record<string, unknown> {
  if (given.kind === 'settle') return { kind: given.kind, for: formatDuration(given.settleMs) };
  if (given.kind !== 'job') return given;
  const { withinMs, ...job } = given;
  return { ...job, within: formatDuration(withinMs) };
}
