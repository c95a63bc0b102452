import { readAnnotations } from '../../domain/cluster/maintenance.ts';
import type {
  ContainerView,
  DaemonSetView,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  NodeView,
  PodView,
  SchedulingView,
  Taint,
  Toleration,
} from '../../domain/cluster/view.ts';
import type { Condition, ContainerStatus, DaemonSet, Node, Pod, RawTemplate, RawTerm } from './objects.ts';

/** The fields of a node that decisions need. */
export function nodeView(node: Node): NodeView {
  const ready = condition(node.status?.conditions, 'Ready');
  const leftReady = ready?.status === 'True' ? undefined : ready?.lastTransitionTime;
  return {
    name: node.metadata.name,
    uid: node.metadata.uid,
    labels: node.metadata.labels ?? {},
    taints: (node.spec?.taints ?? []).map(({ key, value, effect }) => ({
      key,
      ...(value === undefined ? {} : { value }),
      effect: effect as Taint['effect'],
    })),
    unschedulable: node.spec?.unschedulable === true,
    ready: ready?.status === 'True',
    ...(leftReady === undefined ? {} : { notReadySinceMs: Date.parse(leftReady) }),
    ...(node.metadata.deletionTimestamp === undefined ? {} : { deleting: true }),
    ...marks(node.metadata.annotations),
  };
}

/** Nodes carry kilobytes of annotations, and there are thousands of them. */
function marks(all: Record<string, string> | undefined): { annotations?: Record<string, string> } {
  const kept = readAnnotations.filter((key) => all?.[key] !== undefined).map((key) => [key, all?.[key] ?? '']);
  return kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) };
}

/** The fields of a DaemonSet's pod that decisions need. */
export function podView(pod: Pod): PodView {
  const { metadata, spec, status } = pod;
  const ready = condition(status?.conditions, 'Ready');
  const scheduled = condition(status?.conditions, 'PodScheduled');
  const view: PodView = {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    node: spec?.nodeName ?? pinnedNode(spec?.affinity?.nodeAffinity) ?? '',
    hash: metadata.labels?.['controller-revision-hash'] ?? '',
    createdMs: Date.parse(metadata.creationTimestamp),
    phase: status?.phase ?? 'Pending',
    ready: ready?.status === 'True',
    containers: containerViews(pod),
  };
  // deletionTimestamp already is the time of the request plus the grace period.
  if (metadata.deletionTimestamp !== undefined) view.terminatingUntilMs = Date.parse(metadata.deletionTimestamp);
  if (ready?.lastTransitionTime !== undefined) {
    view[view.ready ? 'readySinceMs' : 'notReadySinceMs'] = Date.parse(ready.lastTransitionTime);
  }
  if (scheduled?.status === 'False') view.unschedulable = scheduled.message ?? scheduled.reason ?? 'not scheduled';
  if (status?.podIP !== undefined) view.ip = status.podIP;
  if (status?.reason !== undefined) view.reason = status.reason;
  if (status?.message !== undefined) view.message = status.message;
  return view;
}

/** The fields of a DaemonSet that decisions need. */
export function daemonSetView(daemonSet: DaemonSet): DaemonSetView {
  const { metadata, spec, status } = daemonSet;
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation ?? 0,
    observedGeneration: status?.observedGeneration ?? 0,
    strategy: spec.updateStrategy?.type === 'OnDelete' ? 'OnDelete' : 'RollingUpdate',
    minReadySeconds: spec.minReadySeconds ?? 0,
    graceSeconds: spec.template.spec?.terminationGracePeriodSeconds ?? 30,
    scheduling: schedulingView(spec.template),
    desiredNumberScheduled: status?.desiredNumberScheduled ?? 0,
    deleting: metadata.deletionTimestamp !== undefined,
  };
}

/** On which nodes the pods of a template run. */
export function schedulingView(template: RawTemplate): SchedulingView {
  const spec = template.spec ?? {};
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const view: SchedulingView = {
    nodeSelector: spec.nodeSelector ?? {},
    affinityTerms: required === undefined ? null : (required.nodeSelectorTerms ?? []).map(term),
    tolerations: (spec.tolerations ?? []).map((toleration) => ({ ...toleration }) as Toleration),
    hostNetwork: spec.hostNetwork === true,
  };
  if (spec.nodeName !== undefined && spec.nodeName !== '') view.nodeName = spec.nodeName;
  return view;
}

function condition(conditions: Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((entry) => entry.type === type);
}

/** The DaemonSet controller pins a pod to its node by a matchFields term before the scheduler has bound it. */
function pinnedNode(affinity: NonNullable<NonNullable<Pod['spec']>['affinity']>['nodeAffinity']): string | undefined {
  for (const { matchFields } of affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []) {
    const field = matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (field?.values?.[0] !== undefined) return field.values[0];
  }
  return undefined;
}

function term(raw: RawTerm): NodeSelectorTerm {
  return {
    ...(raw.matchExpressions === undefined ? {} : { matchExpressions: raw.matchExpressions.map(requirement) }),
    ...(raw.matchFields === undefined ? {} : { matchFields: raw.matchFields.map(requirement) }),
  };
}

function requirement(raw: { key: string; operator: string; values?: string[] }): NodeSelectorRequirement {
  return { ...raw, operator: raw.operator as NodeSelectorRequirement['operator'] };
}

function containerViews(pod: Pod): ContainerView[] {
  const { spec, status } = pod;
  // A pod without statuses yet still has containers, and a gate may ask for their images.
  const named = (statuses: ContainerStatus[] | undefined, specs: { name: string; image?: string }[] | undefined) =>
    statuses ?? (specs ?? []).map(({ name, image }) => ({ name, image: image ?? '', restartCount: 0 }));
  return [
    ...named(status?.initContainerStatuses, spec?.initContainers).map((entry) => containerView(entry, true)),
    ...named(status?.containerStatuses, spec?.containers).map((entry) => containerView(entry, false)),
  ];
}

function containerView(status: ContainerStatus, init: boolean): ContainerView {
  const view: ContainerView = {
    name: status.name,
    init,
    image: status.image,
    restartCount: status.restartCount,
  };
  const waiting = status.state?.waiting;
  if (waiting?.reason !== undefined) view.waitingReason = waiting.reason;
  if (waiting?.message !== undefined) view.waitingMessage = waiting.message;
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  if (ended !== undefined) {
    const { reason, exitCode, message } = ended;
    view.terminated = {
      exitCode,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    };
  }
  return view;
}
