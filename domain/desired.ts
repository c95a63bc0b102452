import { annotations } from './ids.ts';
import type { DaemonSetRecord, PodTemplate } from './record.ts';

/** Values of the annotations that people read with kubectl. */
export interface ManagedAnnotations {
  application: string;
  phase?: string;
  commit?: string;
  lastGoodCommit?: string;
}

/**
 * The DaemonSet as Nodewave writes it, always: what git states, with one pod template and `OnDelete` in the same object, so that
 * no write can ever set a new template free (S5). The one place that decides what is sent, for windows, promotion,
 * rollback and changes that restart no pod.
 * @param base what git states except its template and strategy
 * @param resourceVersion of the read that checked who owns the object: a write on an older read is refused
 */
export function desiredDaemonSet(
  base: Record<string, unknown>,
  template: PodTemplate,
  managed: ManagedAnnotations,
  resourceVersion: string | undefined,
): Record<string, unknown> {
  const { template: _template, updateStrategy: _strategy, ...spec } = asObject(base.spec);
  const { resourceVersion: _version, managedFields: _fields, ...metadata } = asObject(base.metadata);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      ...metadata,
      annotations: { ...asObject(metadata.annotations), ...annotationValues(managed) },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: { ...spec, updateStrategy: { type: 'OnDelete' }, template },
  };
}

/** What git states of a DaemonSet except its pod template and strategy: the `base` of a record. */
export function baseOf(manifest: Record<string, unknown>): Record<string, unknown> {
  const { template: _template, updateStrategy: _strategy, ...spec } = asObject(manifest.spec);
  const { metadata } = manifest;
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec };
}

/** The annotations that a record calls for. */
export function annotationsOf(record: DaemonSetRecord, phase: string): ManagedAnnotations {
  const [good] = record.good;
  const commit = record.target?.commit ?? good?.commit;
  return {
    application: record.application,
    phase,
    ...(commit === undefined ? {} : { commit }),
    ...(good === undefined ? {} : { lastGoodCommit: good.commit }),
  };
}

/** Annotation keys and values; what is unknown is left out. */
export function annotationValues(managed: ManagedAnnotations): Record<string, string> {
  const values: Record<string, string> = { [annotations.application]: managed.application };
  if (managed.phase !== undefined) values[annotations.phase] = managed.phase;
  if (managed.commit !== undefined) values[annotations.commit] = managed.commit;
  if (managed.lastGoodCommit !== undefined) values[annotations.lastGoodCommit] = managed.lastGoodCommit;
  return values;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
