import * as z from 'zod';
import { isPlainObject } from '../plain.ts';
import { policyFields } from '../policy/schema.ts';
import { apiVersion, applicationDefaults as defaults } from './defaults.ts';
import { makeRef, refKinds, refProblem } from './git-ref.ts';
import { ignoreRules } from './ignore.ts';
import { mapping } from './parse-mapping.ts';
import * as value from './parse-values.ts';
import { rendererProblem, renderFields } from './renderer.ts';
import type { PruneInBatches } from './spec.ts';
import { verifyFields, verifyProblem } from './verify.ts';

const dayMs = 24 * 3_600_000;

const refText = {
  branch: value.text('the name of a branch', (text) => refProblem('branch', text)),
  tag: value.text('the name of a tag', (text) => refProblem('tag', text)),
  semver: value.text('a range of versions such as "1.x"', (text) => refProblem('semver', text)),
  commit: value.text('a full commit of 40 hex digits', (text) => refProblem('commit', text)),
};

const ref = mapping('a mapping with one of branch, tag, semver, commit', {
  branch: refText.branch.optional(),
  tag: refText.tag.optional(),
  semver: refText.semver.optional(),
  commit: refText.commit.optional(),
}).transform((given, context) => {
  const kinds = refKinds.filter((kind) => given[kind] !== undefined);
  const [kind] = kinds;
  if (kind !== undefined && kinds.length === 1) return makeRef(kind, given[kind] ?? '');
  const got = kinds.length === 0 ? 'none' : kinds.join(' and ');
  context.addIssue({ code: 'custom', message: `expected exactly one of ${refKinds.join(', ')}, got ${got}` });
  return z.NEVER;
});

const source = mapping('a mapping with repo, ref and path', {
  repo: value.repo,
  ref: ref.default(defaults.ref),
  path: value.path.default(defaults.path),
  ...renderFields,
  ...verifyFields,
}).superRefine((given, context) => {
  for (const problem of [rendererProblem(given), verifyProblem(given)]) {
    if (problem !== undefined) context.addIssue({ code: 'custom', ...problem });
  }
});

const destination = mapping('a mapping with cluster and namespace', {
  cluster: value.clusterName,
  namespace: value.label.default(defaults.namespace),
});

const pruneInBatches = mapping('a mapping such as {inBatches: 10%, pause: 1m}', {
  inBatches: value.nodes,
  pause: value.duration(0, dayMs, 'at most 24h').default(defaults.prunePauseMs),
}).transform(({ inBatches, pause }): PruneInBatches => ({ inBatches, pauseMs: pause }));

const pruneOrNot = value.field('true, false or a mapping such as {inBatches: 10%, pause: 1m}', (given) =>
  typeof given === 'boolean' ? { value: given } : undefined,
);

const prune = z.unknown().transform((given, context): boolean | PruneInBatches => {
  const read = (isPlainObject(given) ? pruneInBatches : pruneOrNot).safeParse(given);
  if (read.success) return read.data;
  context.issues.push(...read.error.issues.map((issue) => ({ ...issue, input: given }) as z.core.$ZodRawIssue));
  return z.NEVER;
});

const sync = mapping('a mapping with auto and interval', {
  auto: value.flag.default(defaults.auto),
  interval: value.duration(1_000, dayMs, 'between 1s and 24h').default(defaults.intervalMs),
  prune: prune.default(defaults.prune),
  drift: value.choice(['detect'], { correct: 'write drift: detect' }).default(defaults.drift),
  adopt: value.choice(['force']).optional(),
});

/** A NodeApplication as it is written, with everything but names and batches defaulted. */
export const applicationSchema = mapping('a NodeApplication', {
  apiVersion: value.choice([apiVersion]),
  kind: value.choice(['NodeApplication']),
  metadata: mapping('a mapping with name', { name: value.label }),
  spec: mapping('a mapping with source and destination', {
    source,
    destination,
    sync: sync.prefault({}),
    rollout: policyFields.prefault({}),
    ignore: ignoreRules.optional(),
  }),
});

/** What `applicationSchema` reads. */
export type ApplicationDocument = z.output<typeof applicationSchema>;
