import type { FieldPath, SourcePlace } from '../document-error.ts';

/** One Kubernetes object that git asks for. */
export interface ManifestObject {
  apiVersion: string;
  kind: string;
  /** Absent for cluster-scoped kinds; the application's namespace where git gives none. */
  namespace?: string;
  name: string;
  /** The whole object as it is sent to the API server, `metadata.namespace` filled in. */
  body: Record<string, unknown>;
  source: SourcePlace;
  /** Line of a field of `body`, for errors that are found later; absent for objects that come from no file. */
  lineOf?(path: FieldPath): number;
}

/** The API group of `apps/v1` is `apps`, that of `v1` is empty. */
export function apiGroup(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

/** Equal for two texts of the same object, whatever version of its API they use. */
export function objectKey(object: Pick<ManifestObject, 'apiVersion' | 'kind' | 'namespace' | 'name'>): string {
  return [apiGroup(object.apiVersion), object.kind, object.namespace ?? '', object.name].join('/');
}

/** `DaemonSet monitoring/agent`, `Namespace monitoring`. */
export function describeObject(object: Pick<ManifestObject, 'kind' | 'namespace' | 'name'>): string {
  const prefix = object.namespace === undefined ? '' : `${object.namespace}/`;
  return `${object.kind} ${prefix}${object.name}`;
}

/** Whether it is a DaemonSet of group `apps`, the kind that is rolled out batch by batch. */
export function isDaemonSet(object: Pick<ManifestObject, 'apiVersion' | 'kind'>): boolean {
  return object.kind === 'DaemonSet' && apiGroup(object.apiVersion) === 'apps';
}
