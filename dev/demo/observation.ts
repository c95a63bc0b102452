import type { DaemonSet, Node, Pod } from '../../activities/cluster/objects.ts';
import { zoneLabel } from '../../domain/rollout/step.ts';

/** One pod of the DaemonSet at one moment. */
export interface PodSeen {
  kind: 'pod';
  /** When this process learned of it, milliseconds. */
  atMs: number;
  uid: string;
  name: string;
  node: string;
  image: string;
  /** Ready and not being deleted: the node has its agent. */
  available: boolean;
  /** Being deleted, or gone. */
  leaving: boolean;
  /** Why a container does not run, with what its last run came to; null when all do or are starting. */
  trouble: string | null;
}

/** The DaemonSet at one moment. */
export interface TemplateSeen {
  kind: 'template';
  atMs: number;
  /** Image of the template: what a pod that is created now gets. */
  image: string;
  strategy: string;
  /** The application that says of itself that it manages it; null when none does. */
  application: string | null;
  /** Field managers of everything but the status. */
  managers: string[];
}

/** A node that joined, changed or left. */
export interface NodeSeen {
  kind: 'node';
  atMs: number;
  name: string;
  zone: string;
  gone: boolean;
}

/** What a watch on the cluster reported, in the order in which it did. */
export type Observation = PodSeen | TemplateSeen | NodeSeen;

/** Reads a pod. */
export function podSeen(pod: Pod, gone: boolean, atMs: number): PodSeen {
  const leaving = gone || pod.metadata.deletionTimestamp !== undefined;
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  const { uid, name } = pod.metadata;
  return {
    kind: 'pod',
    atMs,
    uid,
    name,
    node: pod.spec?.nodeName ?? pinnedNode(pod),
    image: pod.spec?.containers?.[0]?.image ?? '',
    available: ready && !leaving,
    leaving,
    trouble: troubleOf(pod),
  };
}

/** Ordinary steps on the way up. */
const starting = ['ContainerCreating', 'PodInitializing'];

function troubleOf({ status }: Pod): string | null {
  for (const { name, state, lastState, restartCount } of status?.containerStatuses ?? []) {
    const reason = state?.waiting?.reason;
    if (reason === undefined || starting.includes(reason)) continue;
    const exitCode = lastState?.terminated?.exitCode;
    const exited = exitCode === undefined ? '' : `, last exit code ${exitCode}`;
    return `container ${name} is in ${reason}, restarts: ${restartCount}${exited}`;
  }
  return null;
}

/** Before the scheduler has bound it, a pod of a DaemonSet names its node by affinity. */
function pinnedNode({ spec }: Pod): string {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    const field = matchFields.find(({ key }) => key === 'metadata.name');
    if (field?.values?.[0] !== undefined) return field.values[0];
  }
  return '';
}

/** Reads the DaemonSet. */
export function templateSeen({ metadata, spec }: DaemonSet, atMs: number): TemplateSeen {
  const containers = spec.template.spec?.containers as { image?: string }[] | undefined;
  return {
    kind: 'template',
    atMs,
    image: containers?.[0]?.image ?? '',
    strategy: spec.updateStrategy?.type ?? 'RollingUpdate',
    application: metadata.annotations?.['nodewave.dev/application'] ?? null,
    managers: (metadata.managedFields ?? [])
      .filter(({ subresource }) => subresource === undefined)
      .map(({ manager }) => manager),
  };
}

/** Reads a node. */
export function nodeSeen({ metadata }: Node, gone: boolean, atMs: number): NodeSeen {
  return { kind: 'node', atMs, name: metadata.name, zone: metadata.labels?.[zoneLabel] ?? '', gone };
}
