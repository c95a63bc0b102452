import { annotationPrefix } from '../ids.ts';
import { isPlainObject } from '../plain.ts';
import type { Grant } from '../record.ts';
import type { NodeHook } from './policy.ts';

/** A hook that runs a Job. */
export type JobHook = Extract<NodeHook, { kind: 'job' }>;

/** Label on the Jobs of gates and their pods; the value is the DaemonSet. */
export const gateJobLabel = `${annotationPrefix}gate`;

/** Label on the Jobs of hooks and their pods; the value is the DaemonSet. */
export const hookJobLabel = `${annotationPrefix}hook`;

/** Should everything that knows of a Job be lost, the cluster removes it this long after its end, in seconds. */
const keptSeconds = 3_600;

/** A Job to run on one node. */
export interface NodeJob {
  /** A pod template: `{metadata: {labels}, spec: {containers: [...]}}`. */
  template: Record<string, unknown>;
  withinMs: number;
  name: string;
  node: string;
  /** Put on the Job and its pods. */
  labels: Record<string, string>;
}

/**
 * A Job whose pod is pinned to the node as the DaemonSet controller pins its own, tolerates every taint (the node may be cordoned,
 * by us), and is tried once.
 * @param owner the DaemonSet, with which it is removed if nobody else does
 */
export function nodeJob(
  job: NodeJob,
  owner: { namespace: string; name: string; uid: string },
): Record<string, unknown> {
  const given = part(job.template, 'spec');
  const metadata = part(job.template, 'metadata');
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: job.name,
      namespace: owner.namespace,
      labels: job.labels,
      annotations: { [`${annotationPrefix}node`]: job.node },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'DaemonSet', name: owner.name, uid: owner.uid, controller: false },
      ],
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: Math.max(1, Math.ceil(job.withinMs / 1000)),
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        metadata: { ...metadata, labels: { ...part(metadata, 'labels'), ...job.labels } },
        spec: {
          restartPolicy: 'Never',
          ...given,
          affinity: {
            ...part(given, 'affinity'),
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [job.node] }] }],
              },
            },
          },
          tolerations: [{ operator: 'Exists' }],
        },
      },
    },
  };
}

/** The Job of one hook on one node. */
export function hookJob(
  { template, withinMs }: JobHook,
  name: string,
  { node }: Pick<Grant, 'node'>,
  owner: { namespace: string; name: string; uid: string },
): Record<string, unknown> {
  return nodeJob({ template, withinMs, name, node, labels: { [hookJobLabel]: owner.name } }, owner);
}

function part(value: unknown, key: string): Record<string, unknown> {
  const found = isPlainObject(value) ? value[key] : undefined;
  return isPlainObject(found) ? found : {};
}
