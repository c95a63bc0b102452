import { annotationPrefix, type DaemonSetRef, recordName } from '../../domain/ids.ts';
import { pinName } from '../../domain/rollout/pin.ts';

/** Label on record ConfigMaps that names the application. */
export const applicationLabel = `${annotationPrefix}application`;

/** Paths of the kinds that Nodewave itself reads and writes. Names are checked by Kubernetes, and escaped here. */
export const paths = {
  namespace: (name: string) => `/api/v1/namespaces/${esc(name)}`,
  nodes: () => '/api/v1/nodes',
  node: (name: string) => `/api/v1/nodes/${esc(name)}`,
  allPods: () => '/api/v1/pods',
  pods: (namespace: string) => `/api/v1/namespaces/${esc(namespace)}/pods`,
  pod: (namespace: string, name: string) => `/api/v1/namespaces/${esc(namespace)}/pods/${esc(name)}`,
  podLog: (namespace: string, name: string) => `/api/v1/namespaces/${esc(namespace)}/pods/${esc(name)}/log`,
  events: (namespace: string) => `/api/v1/namespaces/${esc(namespace)}/events`,
  /** Where a pod is asked to go, which its disruption budgets may refuse. */
  eviction: (namespace: string, pod: string) => `/api/v1/namespaces/${esc(namespace)}/pods/${esc(pod)}/eviction`,
  jobs: (namespace: string) => `/apis/batch/v1/namespaces/${esc(namespace)}/jobs`,
  job: (namespace: string, name: string) => `/apis/batch/v1/namespaces/${esc(namespace)}/jobs/${esc(name)}`,
  allConfigMaps: () => '/api/v1/configmaps',
  configMaps: (namespace: string) => `/api/v1/namespaces/${esc(namespace)}/configmaps`,
  configMap: (namespace: string, name: string) => `/api/v1/namespaces/${esc(namespace)}/configmaps/${esc(name)}`,
  secret: (namespace: string, name: string) => `/api/v1/namespaces/${esc(namespace)}/secrets/${esc(name)}`,
  allDaemonSets: () => '/apis/apps/v1/daemonsets',
  daemonSets: (namespace: string) => `/apis/apps/v1/namespaces/${esc(namespace)}/daemonsets`,
  daemonSet: (ref: Pick<DaemonSetRef, 'namespace' | 'name'>) =>
    `/apis/apps/v1/namespaces/${esc(ref.namespace)}/daemonsets/${esc(ref.name)}`,
  controllerRevisions: (namespace: string) => `/apis/apps/v1/namespaces/${esc(namespace)}/controllerrevisions`,
  controllerRevision: (namespace: string, name: string) =>
    `/apis/apps/v1/namespaces/${esc(namespace)}/controllerrevisions/${esc(name)}`,
  /** Parameter of the policy that pins a DaemonSet's pods. */
  pin: (ref: Pick<DaemonSetRef, 'namespace' | 'name'>) =>
    `/api/v1/namespaces/${esc(ref.namespace)}/podtemplates/${esc(pinName(ref.name))}`,
  pinPolicy: (name: string) => `/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies/${esc(name)}`,
  pinPolicyBinding: (name: string) =>
    `/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings/${esc(name)}`,
  record: (ref: Pick<DaemonSetRef, 'namespace' | 'name'>) =>
    `/api/v1/namespaces/${esc(ref.namespace)}/configmaps/${esc(recordName(ref.name))}`,
} as const;

function esc(segment: string): string {
  return encodeURIComponent(segment);
}
