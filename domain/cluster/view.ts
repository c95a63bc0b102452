/** The few fields of a Kubernetes node that decisions need, as plain JSON. */
export interface NodeView {
  name: string;
  /** A node with the same name and another uid is another node (S2, S8). */
  uid: string;
  labels: Record<string, string>;
  taints: Taint[];
  /** Cordoned. */
  unschedulable: boolean;
  /** The Ready condition is True. */
  ready: boolean;
  /** When the Ready condition left True, while it is not True. */
  notReadySinceMs?: number;
  /** The node object is being deleted. */
  deleting?: boolean;
  /** Only those that rules read, see `readAnnotations`. */
  annotations?: Record<string, string>;
}

/** A node's taint, as in core/v1. */
export interface Taint {
  key: string;
  value?: string;
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** One container of a pod, init containers included. */
export interface ContainerView {
  name: string;
  init: boolean;
  image: string;
  restartCount: number;
  /** `state.waiting`, e.g. ImagePullBackOff. */
  waitingReason?: string;
  waitingMessage?: string;
  /** The newest termination, from `state.terminated` or `lastState.terminated`. */
  terminated?: { reason?: string; exitCode: number; message?: string };
}

/** The few fields of a DaemonSet's pod that decisions need. */
export interface PodView {
  name: string;
  uid: string;
  resourceVersion: string;
  /** The node it runs on or, while Pending, the one its `matchFields` affinity pins it to. */
  node: string;
  /** Label `controller-revision-hash`. */
  hash: string;
  /** `status.podIP`, once it has one. */
  ip?: string;
  createdMs: number;
  /** Set once the pod is being deleted: when the kubelet's grace ends. */
  terminatingUntilMs?: number;
  phase: string;
  ready: boolean;
  /** `lastTransitionTime` of the Ready condition while it is True. */
  readySinceMs?: number;
  /** `lastTransitionTime` of the Ready condition while it is not True: when readiness was lost, or the kubelet's first word. */
  notReadySinceMs?: number;
  /** The PodScheduled condition's message while it is False (S20). */
  unschedulable?: string;
  /** Pod-level reason and message, e.g. Evicted, with phase Failed. */
  reason?: string;
  message?: string;
  containers: ContainerView[];
}

/** A toleration, as in core/v1. */
export interface Toleration {
  key?: string;
  operator?: 'Exists' | 'Equal';
  value?: string;
  effect?: string;
}

/** A node selector requirement, as in core/v1. */
export interface NodeSelectorRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  values?: string[];
}

/** A node selector term: all of its requirements must hold; an empty one matches nothing. */
export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
}

/** The part of a pod template that says on which nodes the DaemonSet runs (S1). */
export interface SchedulingView {
  nodeName?: string;
  nodeSelector: Record<string, string>;
  /** Terms of the required node affinity; `null` when there is none. */
  affinityTerms: NodeSelectorTerm[] | null;
  tolerations: Toleration[];
  hostNetwork: boolean;
}

/** The few fields of a DaemonSet that decisions need. */
export interface DaemonSetView {
  uid: string;
  resourceVersion: string;
  generation: number;
  observedGeneration: number;
  strategy: 'OnDelete' | 'RollingUpdate';
  minReadySeconds: number;
  /** `terminationGracePeriodSeconds` of the template. */
  graceSeconds: number;
  scheduling: SchedulingView;
  desiredNumberScheduled: number;
  deleting: boolean;
}
