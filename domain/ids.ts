/** One DaemonSet on one cluster: what a rollout moves, and what its workflow id locks. */
export interface DaemonSetRef {
  cluster: string;
  namespace: string;
  name: string;
}

/** Task queue of both workflow types and of the activities that only need git. */
export const workflowTaskQueue = 'nodewave';

/** Task queue of the activities that read and write one cluster. */
export function clusterTaskQueue(cluster: string): string {
  return `nodewave-${cluster}`;
}

/** Task queue of activities that watch a cluster for long (soaks), so that they never take a slot from a batch. */
export function watchTaskQueue(cluster: string): string {
  return `nodewave-${cluster}-watch`;
}

/** Workflow id of an application. Users and recorded histories see it: never change its form. */
export function applicationWorkflowId(application: string): string {
  return `app:${application}`;
}

/** Workflow id of a DaemonSet's rollout; the Temporal server refuses a second running one, so the id is the lock. */
export function rolloutWorkflowId(ref: DaemonSetRef): string {
  return `rollout:${ref.cluster}:${ref.namespace}/${ref.name}`;
}

/**
 * Field manager of every server-side apply made for an application. One per application: with a shared manager a second
 * apply that leaves out `updateStrategy` would silently give it back to RollingUpdate.
 */
export function fieldManager(application: string): string {
  return `nodewave:${application}`;
}

/** Name of the ConfigMap that holds a DaemonSet's record, in the DaemonSet's own namespace. */
export function recordName(daemonset: string): string {
  return `nodewave-record-${daemonset}`;
}

/** How people name a DaemonSet in sentences and on the command line. */
export function daemonSetLabel(ref: { namespace: string; name: string }): string {
  return `${ref.namespace}/${ref.name}`;
}

/** Prefix of every annotation and label that Nodewave writes or reads. */
export const annotationPrefix = 'nodewave.dev/';

/** Annotations on a managed DaemonSet: the part of the record that people read with kubectl. */
export const annotations = {
  application: `${annotationPrefix}application`,
  phase: `${annotationPrefix}phase`,
  commit: `${annotationPrefix}commit`,
  lastGoodCommit: `${annotationPrefix}last-good-commit`,
} as const;

/** Workflow types, frozen by recorded histories. */
export const workflowTypes = { application: 'application', rollout: 'rollout' } as const;

/** Search attributes, all of type Keyword, that worker and CLI expect to be registered in the namespace. */
export const searchAttributeNames = {
  application: 'NodewaveApplication',
  cluster: 'NodewaveCluster',
  daemonSet: 'NodewaveDaemonSet',
  phase: 'NodewavePhase',
  commit: 'NodewaveCommit',
} as const;
