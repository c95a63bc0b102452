import type { ManifestObject } from './object.ts';

/** Kinds in the order in which they are applied: what others refer to comes first, what starts pods comes last. */
const early = [
  'Namespace',
  'ResourceQuota',
  'LimitRange',
  'CustomResourceDefinition',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'NetworkPolicy',
  'Service',
];
const late = [
  'Pod',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
  'Ingress',
  'APIService',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'DaemonSet',
];

/** The objects in the order in which they are applied: by kind, then namespace and name. The input is left as it is. */
export function kindOrder(objects: readonly ManifestObject[]): ManifestObject[] {
  return [...objects].sort(
    (a, b) => rank(a) - rank(b) || compare(a.kind, b.kind) || compare(place(a), place(b)) || compare(a.name, b.name),
  );
}

/** Unknown kinds, custom resources among them, come between the two lists. */
function rank(object: ManifestObject): number {
  const index = early.indexOf(object.kind);
  if (index !== -1) return index;
  return early.length + 1 + late.indexOf(object.kind);
}

function place(object: ManifestObject): string {
  return object.namespace ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
