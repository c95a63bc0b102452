/** Raw API objects as JSON, with only the fields that Nodewave reads. */

/** metadata of any object. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFields[];
}

/** An entry of metadata.ownerReferences. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** An entry of metadata.managedFields: who owns which fields. */
export interface ManagedFields {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: FieldsV1;
  subresource?: string;
}

/** A set of fields: keys are `f:name`, `k:{...}`, `v:...`, `i:n` or `.`. */
export interface FieldsV1 {
  [key: string]: FieldsV1;
}

/** Any object. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [key: string]: unknown;
}

/** core/v1 Node. */
export interface Node {
  metadata: ObjectMeta;
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status?: { conditions?: Condition[]; allocatable?: Record<string, string> };
}

/** A condition of a node or pod. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** core/v1 Pod. */
export interface Pod {
  metadata: ObjectMeta;
  spec?: {
    nodeName?: string;
    affinity?: PodAffinity;
    containers?: { name: string; image?: string }[];
    initContainers?: { name: string; image?: string }[];
  };
  status?: {
    phase?: string;
    podIP?: string;
    reason?: string;
    message?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

/** The node affinity of a pod spec. */
export interface PodAffinity {
  nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: RawTerm[] } };
}

/** A node selector term. */
export interface RawTerm {
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
  matchFields?: { key: string; operator: string; values?: string[] }[];
}

/** Status of one container. */
export interface ContainerStatus {
  name: string;
  image: string;
  restartCount: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

/** State of one container. */
export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  terminated?: { reason?: string; exitCode: number; message?: string; finishedAt?: string };
}

/** A pod template; what is not read stays in it. */
export interface RawTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: {
    nodeName?: string;
    nodeSelector?: Record<string, string>;
    affinity?: PodAffinity;
    tolerations?: { key?: string; operator?: string; value?: string; effect?: string }[];
    hostNetwork?: boolean;
    terminationGracePeriodSeconds?: number;
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

/** apps/v1 DaemonSet. */
export interface DaemonSet {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: {
    selector: { matchLabels?: Record<string, string>; matchExpressions?: unknown[] };
    template: RawTemplate;
    updateStrategy?: {
      type?: string;
      rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string };
    };
    minReadySeconds?: number;
    revisionHistoryLimit?: number;
  };
  status?: {
    observedGeneration?: number;
    desiredNumberScheduled?: number;
    currentNumberScheduled?: number;
    numberAvailable?: number;
    updatedNumberScheduled?: number;
    numberMisscheduled?: number;
  };
}

/** apps/v1 ControllerRevision of a DaemonSet: `data` is a patch that replaces the template. */
export interface ControllerRevision {
  metadata: ObjectMeta;
  revision: number;
  data?: { spec?: { template?: RawTemplate & { $patch?: string } } };
}
