import { labelOf, matchesRequirement } from '../cluster/eligibility.ts';
import type { NodeView } from '../cluster/view.ts';
import type { NodeSelection } from './policy.ts';

/**
 * Whether a node is selected: its name is listed, or its labels match all of `matchLabels` and `matchExpressions`. A selection
 * that says nothing selects nothing, as an empty node selector term does.
 */
export function selects(selection: NodeSelection | undefined, node: NodeView): boolean {
  if (selection === undefined) return false;
  if (selection.names?.includes(node.name) === true) return true;
  const labels = Object.entries(selection.matchLabels ?? {});
  const expressions = selection.matchExpressions ?? [];
  if (labels.length + expressions.length === 0) return false;
  return (
    labels.every(([key, value]) => labelOf(node, key) === value) &&
    expressions.every((expression) => matchesRequirement(expression, labelOf(node, expression.key)))
  );
}
