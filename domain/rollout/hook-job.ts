import { annotationPrefix } from '../ids.ts';
import { isPlainObject } from '../plain.ts';
import type { Grant } from '../record.ts';
import type { NodeHook } from './policy.ts';

/** A hook that runs a Job. */
export type JobHook = Extract<NodeHook, { kind: 'job' }>;

/** Label on the Jobs of hooks and their pods; the value is the DaemonSet. */
export const hookJobLabel = `${annotationPrefix}hook`;

/** Should everything that knows of a Job be lost, the cluster removes it this long after its end, in seconds. */
const keptSeconds = 3_600;

/**
 * The Job of one hook on one node: its pod is pinned to the node as the DaemonSet controller pins its own, tolerates every taint
 * (the node may be cordoned, by us), and is tried once.
 * @param owner the DaemonSet, with which it is removed if nobody else does
 */
export function hookJob(
  hook: JobHook,
  name: string,
  grant: Pick<Grant, 'node'>,
  owner: { namespace: string; name: string; uid: string },
): Record<string, unknown> {
  const given = part(hook.template, 'spec');
  const metadata = part(hook.template, 'metadata');
  const marks = { [hookJobLabel]: owner.name };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: owner.namespace,
      labels: marks,
      annotations: { [`${annotationPrefix}node`]: grant.node },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'DaemonSet', name: owner.name, uid: owner.uid, controller: false },
      ],
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: Math.max(1, Math.ceil(hook.withinMs / 1000)),
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        metadata: { ...metadata, labels: { ...part(metadata, 'labels'), ...marks } },
        spec: {
          restartPolicy: 'Never',
          ...given,
          affinity: {
            ...part(given, 'affinity'),
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [grant.node] }] }],
              },
            },
          },
          tolerations: [{ operator: 'Exists' }],
        },
      },
    },
  };
}

function part(value: unknown, key: string): Record<string, unknown> {
  const found = isPlainObject(value) ? value[key] : undefined;
  return isPlainObject(found) ? found : {};
}
