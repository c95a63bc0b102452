import { leaveIgnored } from '../../domain/application/ignore-rules.ts';
import type { Difference } from '../../domain/diff/compare.ts';
import type { DocumentError } from '../../domain/document-error.ts';
import { fieldManager } from '../../domain/ids.ts';
import { apiGroup, type ManifestObject } from '../../domain/manifest/object.ts';
import { placeOf } from '../../domain/manifest/place.ts';
import { at } from '../../domain/plain.ts';
import { collectionPath, objectPath, type Resource } from '../cluster/discovery.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { paths } from '../cluster/paths.ts';
import { lanes, type SyncContext } from './context.ts';
import { inParallel } from './parallel.ts';

/** An object of the commit and what the cluster holds in its place. */
export interface Located {
  object: ManifestObject;
  path: string;
  collection: string;
  live: KubeObject | null;
  /**
   * What the same commit creates first, so that the API server cannot be asked about the object yet: its namespace, or
   * its kind.
   */
  awaits?: 'namespace' | 'kind';
  /** What rules of the application leave as it is on the cluster; `object` is without it. */
  ignored?: Difference[];
}

/**
 * Finds every object's place on the cluster. What has none is an error with file and line.
 * @param all the whole commit, which may bring namespaces and kinds
 */
export async function locateObjects(
  context: SyncContext,
  objects: readonly ManifestObject[],
  all: readonly ManifestObject[] = objects,
): Promise<{ located: Located[]; errors: DocumentError[] }> {
  const missing = await missingNamespaces(context, objects);
  const created = new Set(all.filter(isNamespace).map((object) => object.name));
  const results = await inParallel(objects, lanes, async (object): Promise<Located | DocumentError> => {
    const resource = await context.discovery.resourceFor(object.apiVersion, object.kind);
    if (resource === null) return withoutKind(context, object, all);
    if (resource.namespaced && object.namespace !== undefined && missing.has(object.namespace)) {
      if (!created.has(object.namespace)) return withoutNamespace(context, object);
      return { ...place(resource, object), live: null, awaits: 'namespace' };
    }
    const found = place(resource, object);
    return leftAlone(context, { ...found, live: await context.client.get<KubeObject>(found.path) });
  });
  const located = results.filter((result): result is Located => 'path' in result);
  const errors = results.filter((result): result is DocumentError => !('path' in result));
  return { located, errors };
}

/** Here, so that what is compared and what is applied are the same. */
function leftAlone({ spec, application }: SyncContext, found: Located): Located {
  const { object, live } = found;
  const { body, ignored } = leaveIgnored(spec.ignore ?? [], object, live, fieldManager(application));
  return ignored.length === 0 ? found : { ...found, object: { ...object, body }, ignored };
}

function place(resource: Resource, object: ManifestObject): Pick<Located, 'object' | 'path' | 'collection'> {
  return { object, path: objectPath(resource, object), collection: collectionPath(resource, object) };
}

async function missingNamespaces(context: SyncContext, objects: readonly ManifestObject[]): Promise<Set<string>> {
  const names = [...new Set(objects.map((object) => object.namespace).filter((name) => name !== undefined))];
  const found = await inParallel(names, lanes, (name) => context.client.get(paths.namespace(name)));
  return new Set(names.filter((_, index) => found[index] === null));
}

function isNamespace(object: ManifestObject): boolean {
  return object.apiVersion === 'v1' && object.kind === 'Namespace';
}

function withoutNamespace(context: SyncContext, object: ManifestObject): DocumentError {
  const { namespace, kind, name } = object;
  const { cluster } = context.spec.destination;
  return {
    ...placeOf(object, ['metadata', 'namespace']),
    field: 'metadata.namespace',
    message: `${kind} ${name} is for namespace ${namespace}, which does not exist on cluster ${cluster}; create it (kubectl create namespace ${namespace}) or add it to git`,
  };
}

function withoutKind(
  context: SyncContext,
  object: ManifestObject,
  objects: readonly ManifestObject[],
): Located | DocumentError {
  const { apiVersion, kind } = object;
  const definition = objects.find(
    ({ body }) =>
      body.kind === 'CustomResourceDefinition' &&
      at(body, 'spec', 'group') === apiGroup(apiVersion) &&
      at(body, 'spec', 'names', 'kind') === kind,
  );
  const plural = at(definition?.body, 'spec', 'names', 'plural');
  if (typeof plural === 'string') {
    const namespaced = at(definition?.body, 'spec', 'scope') !== 'Cluster';
    return { ...place({ plural, namespaced }, object), live: null, awaits: 'kind' };
  }
  const { cluster } = context.spec.destination;
  return {
    ...placeOf(object, ['kind']),
    field: 'kind',
    message: `cluster ${cluster} serves no kind ${kind} in ${apiVersion}; check the spelling, or install its CustomResourceDefinition first`,
  };
}
