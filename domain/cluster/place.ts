import { labelOf } from './eligibility.ts';
import type { NodeView } from './view.ts';

/** Labels that clouds and provisioners put on the nodes of a pool; the first one found counts. */
const poolLabels = [
  'cloud.google.com/gke-nodepool',
  'eks.amazonaws.com/nodegroup',
  'kubernetes.azure.com/agentpool',
  'karpenter.sh/nodepool',
  'node.kubernetes.io/pool',
];

/** The pool that a node belongs to, as far as its labels tell. */
export function poolOf(node: NodeView): string | undefined {
  return poolLabels.map((label) => labelOf(node, label)).find((value) => value !== undefined);
}
