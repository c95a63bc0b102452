import * as z from 'zod';
import { describeValue } from '../plain.ts';
import { apiVersion, applicationDefaults as defaults } from './defaults.ts';
import { makeRef, refKinds, refProblem } from './git-ref.ts';
import { batchProblems } from './parse-batches.ts';
import * as value from './parse-values.ts';

const dayMs = 24 * 3_600_000;

/** A mapping of known fields. The message of an unknown one carries the known ones, for suggestions. */
function mapping<T extends z.ZodRawShape>(what: string, shape: T) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return Object.keys(shape).join(' ');
      if (issue.input === undefined) return `is missing; expected ${what}`;
      return `expected ${what}, got ${describeValue(issue.input)}`;
    },
  });
}

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
  render: value
    .choice(['auto', 'plain'], {
      kustomize: 'commit the output of "kustomize build" and use plain',
      helm: 'commit the output of "helm template" and use plain',
    })
    .default(defaults.render),
});

const destination = mapping('a mapping with cluster and namespace', {
  cluster: value.clusterName,
  namespace: value.label.default(defaults.namespace),
});

const sync = mapping('a mapping with auto and interval', {
  auto: value.flag.default(defaults.auto),
  interval: value.duration(1_000, dayMs, 'between 1s and 24h').default(defaults.intervalMs),
  prune: value
    .field('true or false', (given) => {
      if (given === false) return { value: given };
      return given === true ? { refused: 'pruning is not supported yet; write prune: false' } : undefined;
    })
    .default(defaults.prune),
  drift: value.choice(['detect'], { correct: 'write drift: detect' }).default(defaults.drift),
});

const batch = mapping('a mapping such as {nodes: 10%, soak: 2m}', {
  name: value.title.optional(),
  nodes: value.nodes,
  per: value.labelKey.optional(),
  soak: value.duration(0, 30 * dayMs, 'at most 720h').default(0),
  approval: value.choice(['before', 'after']).optional(),
});

const rollout = mapping('a mapping with batches', {
  batches: z
    .array(batch, {
      error: (issue) => `expected a list such as [{nodes: 1}, {nodes: 100%}], got ${describeValue(issue.input)}`,
    })
    .superRefine((batches, context) => {
      for (const problem of batchProblems(batches)) context.addIssue({ code: 'custom', ...problem });
    })
    .optional(),
  maxUnavailable: value.nodes.optional(),
  readyWithin: value.duration(1_000, dayMs, 'between 1s and 24h').default(defaults.readyWithinMs),
  maxRestarts: value.count(0).default(defaults.maxRestarts),
  onFailure: value.choice(['rollback', 'pause']).default(defaults.onFailure),
  promoteAfter: value.choice(['canary', 'last']).default(defaults.promoteAfter),
  gates: value
    .notYet('gates are', 'remove them: pods that do not become available, restart or wait with an error fail a batch')
    .optional(),
  windows: value.notYet('windows are', 'remove them, and use sync.auto: false to choose the moment').optional(),
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
    rollout: rollout.prefault({}),
  }),
});

/** What `applicationSchema` reads. */
export type ApplicationDocument = z.output<typeof applicationSchema>;
