import type { IntOrPercent } from '../rollout/policy.ts';

/** More would make a history that nobody reads. */
const mostBatches = 100;

/** The parts of a batch that its neighbours must agree with. */
interface Batch {
  name?: string;
  nodes: IntOrPercent;
  per?: string;
}

/**
 * What is wrong with a list of batches as a whole: none or too many, a percentage that adds no node because percentages
 * are cumulative (S3), a batch after 100%, a name that is there twice.
 */
export function batchProblems(batches: readonly Batch[]): { path: (string | number)[]; message: string }[] {
  if (batches.length === 0)
    return [{ path: [], message: 'is empty; expected at least one batch, such as {nodes: 100%}' }];
  if (batches.length > mostBatches) {
    return [{ path: [], message: `has ${batches.length} batches; expected at most ${mostBatches}` }];
  }
  const problems: { path: (string | number)[]; message: string }[] = [];
  const shares = new Map<string | undefined, number>();
  const names = new Set<string>();
  let whole = false;
  for (const [index, batch] of batches.entries()) {
    const share = percentOf(batch.nodes);
    const before = shares.get(batch.per) ?? 0;
    if (whole)
      problems.push({ path: [index, 'nodes'], message: 'never gets a node: an earlier batch already reaches 100%' });
    else if (share !== undefined && share <= before) {
      const message = `percentages are cumulative: ${share}% adds no node to the ${before}% of an earlier batch`;
      problems.push({ path: [index, 'nodes'], message });
    }
    if (share !== undefined) shares.set(batch.per, Math.max(share, before));
    // With `per`, nodes that lack the label are still to come.
    whole ||= share === 100 && batch.per === undefined;
    const name = batchName(batch.name, index);
    if (names.has(name))
      problems.push({ path: [index, 'name'], message: `${JSON.stringify(name)} is the name of an earlier batch` });
    names.add(name);
  }
  return problems;
}

/** The name as written, else `batch N`, counted from 1. */
export function batchName(name: string | undefined, index: number): string {
  return name ?? `batch ${index + 1}`;
}

function percentOf(nodes: IntOrPercent): number | undefined {
  return typeof nodes === 'number' ? undefined : Number.parseInt(nodes, 10);
}
