import type * as z from 'zod';
import { list, mapping } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import { gates } from '../gates/parse.ts';
import type { RolloutPolicy } from '../rollout/policy.ts';
import { batches } from './batches.ts';
import { unknownBatches } from './gate-batches.ts';
import { hooks } from './hooks.ts';
import { nodeSelection } from './selection.ts';
import { windows } from './windows.ts';

const dayMs = 24 * 3_600_000;

/** A field of a policy. */
export type PolicyField = keyof RolloutPolicy;

/** Fields of a policy that one of its sources states. */
export type PolicyFields = { [F in PolicyField]?: NonNullable<RolloutPolicy[F]> };

/** How users write one field of a policy. */
interface FieldForm<T> {
  /** Its key under `rollout`. */
  key: string;
  read: z.ZodType<T>;
}

const topology = mapping('a mapping such as {key: topology.kubernetes.io/zone, max: 1}', {
  key: value.labelKey,
  max: value.nodes,
});

const maxUnavailablePer = list('a list such as [{key: topology.kubernetes.io/rack, max: 1}]', topology, 10).superRefine(
  (entries, context) => {
    for (const [index, { key }] of entries.entries()) {
      if (entries.findIndex((entry) => entry.key === key) === index) continue;
      context.addIssue({ code: 'custom', path: [index, 'key'], message: `${key} is there already; write one entry` });
    }
  },
);

const ramp = mapping('a mapping such as {startWith: 1, cap: 50}', {
  startWith: value.count(1),
  cap: value.count(1).optional(),
}).superRefine(({ startWith, cap }, context) => {
  if (cap === undefined || cap >= startWith) return;
  context.addIssue({ code: 'custom', path: ['cap'], message: `must be at least startWith, ${startWith}, got ${cap}` });
});

const rollback = mapping('a mapping with maxUnavailable or deadline', {
  maxUnavailable: value.nodes.optional(),
  deadline: value.duration(60_000, 7 * dayMs, 'between 1m and 168h').optional(),
}).transform(({ maxUnavailable, deadline }) => ({
  ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  ...(deadline === undefined ? {} : { deadlineMs: deadline }),
}));

/** Every field of a policy in the order in which it is shown. A field of `RolloutPolicy` without an entry does not compile. */
export const policyForms: { [F in PolicyField]-?: FieldForm<NonNullable<RolloutPolicy[F]>> } = {
  batches: { key: 'batches', read: batches },
  maxUnavailable: { key: 'maxUnavailable', read: value.nodes },
  maxUnavailablePer: { key: 'maxUnavailablePer', read: maxUnavailablePer },
  failureBudget: { key: 'failureBudget', read: value.nodesOrNone },
  maxFailedNodes: { key: 'maxFailedNodes', read: value.nodesOrNone },
  ramp: { key: 'ramp', read: ramp },
  podsPerMinute: { key: 'podsPerMinute', read: value.count(1) },
  spread: { key: 'spread', read: value.labelKey },
  last: { key: 'last', read: nodeSelection },
  exclude: { key: 'exclude', read: nodeSelection },
  cordoned: { key: 'cordoned', read: value.choice(['include', 'skip', 'last']) },
  maxDeferred: { key: 'maxDeferred', read: value.nodesOrNone },
  readyWithinMs: { key: 'readyWithin', read: value.duration(1_000, dayMs, 'between 1s and 24h') },
  maxRestarts: { key: 'maxRestarts', read: value.count(0) },
  progressDeadlineMs: { key: 'progressDeadline', read: value.duration(60_000, 7 * dayMs, 'between 1m and 168h') },
  onFailure: { key: 'onFailure', read: value.choice(['rollback', 'pause']) },
  rollback: { key: 'rollback', read: rollback },
  promoteAfter: { key: 'promoteAfter', read: value.choice(['canary', 'last']) },
  onUnplannedExposure: { key: 'onUnplannedExposure', read: value.choice(['watch', 'pause']) },
  exposure: { key: 'exposure', read: value.choice(['window', 'pin']) },
  supersede: { key: 'supersede', read: value.choice(['replace', 'finish', 'queue']) },
  windows: { key: 'windows', read: windows },
  removal: { key: 'removal', read: value.choice(['delete', 'evict']) },
  hooks: { key: 'hooks', read: hooks },
  gates: { key: 'gates', read: gates },
};

/** The fields of a policy in the order in which they are shown. */
export const policyFieldNames = Object.keys(policyForms) as PolicyField[];

/** Where a NodeApplication or RolloutPolicy states a field of the policy. */
export function pathOf(field: PolicyField): readonly string[] {
  return ['spec', 'rollout', policyForms[field].key];
}

const shape = Object.fromEntries(
  policyFieldNames.map((name) => [policyForms[name].key, policyForms[name].read.optional()]),
);

/** Reads the mapping `rollout` of a NodeApplication or RolloutPolicy; what it does not state is left out. */
export const policyFields: z.ZodType<PolicyFields> = mapping('a mapping with batches', shape).transform(
  (read, context): PolicyFields => {
    const given: Record<string, unknown> = read;
    const fields: PolicyFields = Object.fromEntries(
      policyFieldNames
        .map((name) => [name, given[policyForms[name].key]] as const)
        .filter(([, stated]) => stated !== undefined),
    );
    const { gates: stated, batches: rules } = fields;
    const problems = stated === undefined || rules === undefined ? [] : unknownBatches(stated, rules);
    for (const { path, message } of problems) {
      context.addIssue({ code: 'custom', path: [policyForms.gates.key, ...path], message });
    }
    return fields;
  },
);
