import * as z from 'zod';
import { list, mapping } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import { formatDuration } from '../duration.ts';
import { describeValue } from '../plain.ts';
import { type GateConfig, gateKinds, kindOf, writtenConfig } from './registry.ts';
import { scheduleDefaults } from './schedule.ts';
import type { GateKindName, GateSchedule, GateSpec } from './types.ts';

const mostGates = 20;
/** They enter workflow history with the policy. */
const mostBytes = 24 * 1024;
const hourMs = 3_600_000;

/** Fields of the schedule as users write them, in the order of the docs. */
export const scheduleFields = {
  interval: value.duration(1_000, hourMs, 'between 1s and 1h'),
  count: value.count(1),
  failureLimit: value.count(0),
  consecutiveFailureLimit: value.count(0),
  consecutiveErrorLimit: value.count(0),
  inconclusiveLimit: value.count(0),
  initialDelay: value.duration(0, 24 * hourMs, 'at most 24h'),
  minSamples: value.count(1),
} as const;

const schedule = Object.fromEntries(Object.entries(scheduleFields).map(([key, field]) => [key, field.optional()])) as {
  [F in keyof typeof scheduleFields]: z.ZodOptional<(typeof scheduleFields)[F]>;
};

const kinds: Record<string, z.ZodOptional<z.ZodType<GateConfig>>> = Object.fromEntries(
  [...gateKinds].map(([name, { schema }]) => [name, schema.optional()]),
);

const action = value.choice(['rollback', 'pause']);

/** What is read besides the kinds, whose keys are only known by the registry. */
interface Given {
  name: string;
  onFailure?: 'rollback' | 'pause';
  onInconclusive: 'rollback' | 'pause';
  batches?: string[];
  [rest: string]: unknown;
}

const shape = mapping('a mapping with name and a kind, such as {name: smoke, pods: {maxRestarts: 0}}', {
  name: value.label,
  ...kinds,
  ...schedule,
  onFailure: action.optional(),
  onInconclusive: action.default('pause'),
  batches: list('a list of names of batches', value.title, 100, 1).optional(),
});

const gate = shape.transform((read, context): GateSpec => {
  // A misspelt field, perhaps the kind itself, is an error already.
  if (context.issues.length > 0) return z.NEVER;
  const given: Given = read;
  const named = [...gateKinds.values()].map(({ kind }) => kind).filter((kind) => given[kind] !== undefined);
  const [kind] = named;
  if (kind === undefined || named.length > 1) {
    context.addIssue({ code: 'custom', ...kindProblem(named) });
    return z.NEVER;
  }
  const spec = toSpec(given, kind);
  const { failureLimit, consecutiveFailureLimit } = spec;
  if (consecutiveFailureLimit !== undefined && consecutiveFailureLimit >= failureLimit) {
    const message = `must be below failureLimit, ${failureLimit}, which else fails the gate first; raise that one or remove this`;
    context.addIssue({ code: 'custom', path: ['consecutiveFailureLimit'], message });
  }
  return spec;
});

function kindProblem(named: readonly string[]): { path: string[]; message: string } {
  const [first, second] = named;
  if (first !== undefined && second !== undefined) {
    return { path: [second], message: `cannot be together with ${first}; write two gates` };
  }
  return { path: [], message: `measures nothing; expected one of ${[...gateKinds.keys()].join(', ')}` };
}

function toSpec(given: Given, kind: GateKindName): GateSpec {
  const { name, onFailure, onInconclusive, batches } = given;
  return {
    name,
    kind,
    config: (given[kind] ?? {}) as GateConfig,
    ...scheduleDefaults,
    ...kindOf({ name, kind }).defaults,
    ...statedSchedule(given),
    ...(onFailure === undefined ? {} : { onFailure }),
    onInconclusive,
    ...(batches === undefined ? {} : { batches }),
  };
}

const fieldOf = { interval: 'intervalMs', initialDelay: 'initialDelayMs' } as const;

function statedSchedule(given: Record<string, unknown>): Partial<GateSchedule> {
  const stated = Object.keys(scheduleFields).filter((key) => given[key] !== undefined);
  return Object.fromEntries(
    stated.map((key) => [Object.hasOwn(fieldOf, key) ? fieldOf[key as keyof typeof fieldOf] : key, given[key]]),
  );
}

/**
 * Reads `gates`: each has a name of its own and exactly one kind; schedule fields that it does not state are the kind's, else
 * `scheduleDefaults`. At most 20, and 24 KB together.
 */
export const gates: z.ZodType<GateSpec[]> = list(
  'a list such as [{name: smoke, pods: {maxRestarts: 0}}]',
  gate,
  mostGates,
).superRefine((all, context) => {
  const seen = new Set<string>();
  for (const [index, { name }] of all.entries()) {
    const message = `${describeValue(name)} is the name of an earlier gate`;
    if (seen.has(name)) context.addIssue({ code: 'custom', path: [index, 'name'], message });
    seen.add(name);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(all)).length;
  if (bytes <= mostBytes) return;
  const message = `are ${bytes} bytes as JSON; expected at most ${mostBytes}: put scripts into a ConfigMap`;
  context.addIssue({ code: 'custom', message });
});

/** A gate as a user writes it, every default spelled out: what `gates` reads back to the same. */
export function gateDocument(spec: GateSpec): Record<string, unknown> {
  const {
    name,
    kind,
    config: _written,
    intervalMs,
    initialDelayMs,
    onFailure,
    onInconclusive,
    batches,
    ...limits
  } = spec;
  return {
    name,
    [kind]: writtenConfig(spec),
    interval: formatDuration(intervalMs),
    ...limits,
    initialDelay: formatDuration(initialDelayMs),
    ...(onFailure === undefined ? {} : { onFailure }),
    onInconclusive,
    ...(batches === undefined ? {} : { batches }),
  };
}
