import type * as z from 'zod';
import { array } from 'zod';
import { mapping } from '../application/parse-mapping.ts';
import * as value from '../application/parse-values.ts';
import { canonicalJson } from '../digest.ts';
import { describeValue } from '../plain.ts';
import type { BatchSpec, IntOrPercent, NodeSelection } from '../rollout/policy.ts';
import { nodeSelection } from './selection.ts';

/** More would make a history that nobody reads. */
const mostBatches = 100;
const mostSoakMs = 30 * 24 * 3_600_000;

const batch = mapping('a mapping such as {nodes: 10%, soak: 2m}', {
  name: value.title.optional(),
  nodes: value.nodes.optional(),
  select: nodeSelection.optional(),
  per: value.labelKey.optional(),
  soak: value.duration(0, mostSoakMs, 'at most 720h').default(0),
  approval: value.choice(['before', 'after']).optional(),
  failureBudget: value.nodesOrNone.optional(),
}).transform((given, context) => {
  // Of a selection all nodes are meant where no number is given; without one, nobody would write a batch of all.
  const nodes = given.nodes ?? (given.select === undefined ? undefined : ('100%' as const));
  if (nodes !== undefined) return { ...given, nodes };
  const missing = value.nodes.safeParse(undefined).error?.issues[0]?.message ?? '';
  context.addIssue({ code: 'custom', path: ['nodes'], message: missing });
  return { ...given, nodes: 1 };
});

/** Reads `batches`: names are filled in, the plan as a whole is checked. */
export const batches: z.ZodType<BatchSpec[]> = array(batch, {
  error: (issue) => `expected a list such as [{nodes: 1}, {nodes: 100%}], got ${describeValue(issue.input)}`,
})
  .superRefine((all, context) => {
    for (const problem of batchProblems(all)) context.addIssue({ code: 'custom', ...problem });
  })
  .transform((all) =>
    all.map(({ name, nodes, select, per, soak, approval, failureBudget }, index) => ({
      name: batchName(name, index),
      nodes,
      ...(select === undefined ? {} : { select }),
      ...(per === undefined ? {} : { per }),
      soakMs: soak,
      ...(approval === undefined ? {} : { approval }),
      ...(failureBudget === undefined ? {} : { failureBudget }),
    })),
  );

/** The parts of a batch that its neighbours must agree with. */
interface Batch {
  name?: string;
  nodes: IntOrPercent;
  select?: NodeSelection;
  per?: string;
}

/**
 * What is wrong with a list of batches as a whole: none or too many, a percentage that adds no node because percentages
 * are cumulative (S3), a batch after 100%, a name that is there twice.
 */
function batchProblems(all: readonly Batch[]): { path: (string | number)[]; message: string }[] {
  if (all.length === 0) return [{ path: [], message: 'is empty; expected at least one batch, such as {nodes: 100%}' }];
  if (all.length > mostBatches) {
    return [{ path: [], message: `has ${all.length} batches; expected at most ${mostBatches}` }];
  }
  const problems: { path: (string | number)[]; message: string }[] = [];
  const shares = new Map<string, number>();
  const names = new Set<string>();
  let whole = false;
  for (const [index, { nodes, select, per, ...given }] of all.entries()) {
    const share = typeof nodes === 'number' ? undefined : Number.parseInt(nodes, 10);
    const among = canonicalJson({ select, per });
    const before = shares.get(among) ?? 0;
    if (whole)
      problems.push({ path: [index, 'nodes'], message: 'never gets a node: an earlier batch already reaches 100%' });
    else if (share !== undefined && share <= before) {
      const message = `percentages are cumulative: ${share}% adds no node to the ${before}% of an earlier batch`;
      problems.push({ path: [index, 'nodes'], message });
    }
    if (share !== undefined) shares.set(among, Math.max(share, before));
    // With `per`, nodes that lack the label are still to come.
    whole ||= share === 100 && per === undefined && select === undefined;
    const name = batchName(given.name, index);
    if (names.has(name))
      problems.push({ path: [index, 'name'], message: `${JSON.stringify(name)} is the name of an earlier batch` });
    names.add(name);
  }
  return problems;
}

/** The name as written, else `batch N`, counted from 1. */
function batchName(name: string | undefined, index: number): string {
  return name ?? `batch ${index + 1}`;
}
