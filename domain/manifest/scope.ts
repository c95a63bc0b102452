import { at } from '../plain.ts';
import { apiGroup, type ManifestObject } from './object.ts';

/** Cluster-scoped kinds of Kubernetes itself, by API group. */
const clusterScoped: Record<string, readonly string[]> = {
  '': ['Namespace', 'Node', 'PersistentVolume', 'ComponentStatus'],
  'admissionregistration.k8s.io': [
    'MutatingAdmissionPolicy',
    'MutatingAdmissionPolicyBinding',
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
  ],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'authentication.k8s.io': ['SelfSubjectReview', 'TokenReview'],
  'authorization.k8s.io': ['SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview'],
  'certificates.k8s.io': ['CertificateSigningRequest', 'ClusterTrustBundle'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'internal.apiserver.k8s.io': ['StorageVersion'],
  'networking.k8s.io': ['IngressClass', 'IPAddress', 'ServiceCIDR'],
  'node.k8s.io': ['RuntimeClass'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'resource.k8s.io': ['DeviceClass', 'DeviceTaintRule', 'ResourceSlice'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass'],
  'storagemigration.k8s.io': ['StorageVersionMigration'],
};

/** Kinds without a namespace, as `group/kind`, that the CustomResourceDefinitions among the objects add. */
export function clusterScopedByDefinition(bodies: readonly Record<string, unknown>[]): Set<string> {
  const found = new Set<string>();
  for (const body of bodies) {
    if (body.kind === 'CustomResourceDefinition' && at(body, 'spec', 'scope') === 'Cluster') {
      found.add(`${String(at(body, 'spec', 'group'))}/${String(at(body, 'spec', 'names', 'kind'))}`);
    }
  }
  return found;
}

/**
 * Whether objects of the kind have no namespace. A custom kind that is not defined among the objects counts as
 * namespaced: the API server drops the namespace of a cluster-scoped object by itself.
 */
export function isClusterScoped(
  object: Pick<ManifestObject, 'apiVersion' | 'kind'>,
  defined: ReadonlySet<string> = new Set(),
): boolean {
  const group = apiGroup(object.apiVersion);
  return clusterScoped[group]?.includes(object.kind) === true || defined.has(`${group}/${object.kind}`);
}
