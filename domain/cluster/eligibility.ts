import type { NodeSelectorRequirement, NodeSelectorTerm, NodeView, SchedulingView, Taint, Toleration } from './view.ts';

/** What the DaemonSet controller would do on one node (S1, S9). */
export interface Eligibility {
  /** A missing pod would be created here. */
  shouldRun: boolean;
  /** A running pod would be left alone. False with a NoExecute taint or another affinity: the controller deletes it. */
  shouldContinue: boolean;
}

/** Tolerations that the controller adds to every DaemonSet pod (kubernetes.io, DaemonSet, "Taints and tolerations"). */
const automaticTolerations: Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

const hostNetworkToleration: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

/** The native predicate: node name, node selector, required affinity, taints. Resources, readiness and cordons do not count. */
export function eligibility(scheduling: SchedulingView, node: NodeView): Eligibility {
  if (!fitsName(scheduling, node) || !fitsSelector(scheduling, node) || !fitsAffinity(scheduling, node)) {
    return { shouldRun: false, shouldContinue: false };
  }
  if (node.taints.length === 0) return { shouldRun: true, shouldContinue: true };
  const tolerations = [
    ...scheduling.tolerations,
    ...automaticTolerations,
    ...(scheduling.hostNetwork ? [hostNetworkToleration] : []),
  ];
  const untolerated = node.taints.filter(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  return {
    shouldRun: untolerated.length === 0,
    shouldContinue: !untolerated.some((taint) => taint.effect === 'NoExecute'),
  };
}

/** Keys of the taints by which the node controller marks a node that is NotReady. */
const notReadyTaints: readonly string[] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/**
 * The nodes that a rollout counts. A node that turns NotReady gets a NoSchedule taint which DaemonSet pods do not tolerate, so for
 * the controller it is not eligible any more; for a rollout it is still there, set aside (S10) or lost to the release (S21). Until
 * the taint is gone no pod would be created, so the node counts as NotReady for as long.
 */
export function countedNodes(scheduling: SchedulingView, nodes: readonly NodeView[]): NodeView[] {
  return nodes.map(withoutNotReadyTaints).filter((node) => eligibility(scheduling, node).shouldRun);
}

function withoutNotReadyTaints(node: NodeView): NodeView {
  const taints = node.taints.filter(({ key, effect }) => effect !== 'NoSchedule' || !notReadyTaints.includes(key));
  return taints.length === node.taints.length ? node : { ...node, taints, ready: false };
}

function fitsName(scheduling: SchedulingView, node: NodeView): boolean {
  return scheduling.nodeName === undefined || scheduling.nodeName === '' || scheduling.nodeName === node.name;
}

function fitsSelector(scheduling: SchedulingView, node: NodeView): boolean {
  return Object.entries(scheduling.nodeSelector).every(([key, value]) => labelOf(node, key) === value);
}

function fitsAffinity(scheduling: SchedulingView, node: NodeView): boolean {
  return scheduling.affinityTerms === null || scheduling.affinityTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm(term: NodeSelectorTerm, node: NodeView): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every((requirement) => matchesRequirement(requirement, labelOf(node, requirement.key))) &&
    fields.every((requirement) =>
      matchesRequirement(requirement, requirement.key === 'metadata.name' ? node.name : undefined),
    )
  );
}

/** One requirement against one value; `undefined` when the node lacks the label (NotIn and DoesNotExist then hold). */
export function matchesRequirement(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt':
      return compares(requirement.operator, value, values[0]);
  }
}

/** The value of a node's label. One that only looks like a property of every object, such as `constructor`, is no label. */
export function labelOf(node: Pick<NodeView, 'labels'>, key: string): string | undefined {
  return Object.hasOwn(node.labels, key) ? node.labels[key] : undefined;
}

function compares(operator: 'Gt' | 'Lt', value: string | undefined, bound: string | undefined): boolean {
  const [left, right] = [int64(value), int64(bound)];
  if (left === null || right === null) return false;
  return operator === 'Gt' ? left > right : left < right;
}

/** Kubernetes compares 64-bit integers and takes anything else, larger numbers included, as no match. */
function int64(text: string | undefined): bigint | null {
  if (text === undefined || !/^[+-]?\d+$/.test(text)) return null;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** Whether a toleration covers a taint, as core/v1 defines it: an empty key with Exists covers every key. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  const operator = toleration.operator ?? 'Equal';
  if (toleration.key === undefined || toleration.key === '') return operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}
