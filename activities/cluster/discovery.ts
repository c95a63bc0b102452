import type { ClusterClient } from './client.ts';

/** How a kind is served. */
export interface Resource {
  plural: string;
  namespaced: boolean;
}

/** An object's place: cluster-scoped kinds have no namespace. */
export interface ObjectPlace {
  apiVersion: string;
  namespace?: string;
  name: string;
}

/** Finds out how the cluster serves arbitrary kinds. */
export interface Discovery {
  /** Null when the cluster does not serve the kind; a kind that was just defined is found by asking again. */
  resourceFor(apiVersion: string, kind: string): Promise<Resource | null>;
}

/** An unknown kind is asked for again at most this often. */
const askAgainAfterMs = 2_000;

/** Makes a discovery that keeps what it learns of each API version. */
export function createDiscovery(client: ClusterClient): Discovery {
  const known = new Map<string, { atMs: number; kinds: Promise<Map<string, Resource>> }>();
  const ask = (apiVersion: string): Promise<Map<string, Resource>> => {
    const kinds = readKinds(client, apiVersion);
    known.set(apiVersion, { atMs: performance.now(), kinds });
    // A failed question must not be remembered as an answer.
    kinds.catch(() => known.delete(apiVersion));
    return kinds;
  };
  return {
    async resourceFor(apiVersion, kind) {
      const entry = known.get(apiVersion);
      const found = (await (entry?.kinds ?? ask(apiVersion))).get(kind);
      const old = entry !== undefined && performance.now() - entry.atMs > askAgainAfterMs;
      return found ?? (old ? (await ask(apiVersion)).get(kind) : undefined) ?? null;
    },
  };
}

/** Path of the collection that holds the object. */
export function collectionPath(resource: Resource, place: Omit<ObjectPlace, 'name'>): string {
  const { namespace } = place;
  const where = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${apiPath(place.apiVersion)}${where}/${resource.plural}`;
}

/** Path of the object itself. */
export function objectPath(resource: Resource, place: ObjectPlace): string {
  return `${collectionPath(resource, place)}/${encodeURIComponent(place.name)}`;
}

async function readKinds(client: ClusterClient, apiVersion: string): Promise<Map<string, Resource>> {
  const answer = await client.get<{ resources?: { name: string; kind: string; namespaced: boolean }[] }>(
    apiPath(apiVersion),
  );
  const kinds = new Map<string, Resource>();
  for (const { name, kind, namespaced } of answer?.resources ?? []) {
    // `daemonsets/status` is the same kind.
    if (!name.includes('/')) kinds.set(kind, { plural: name, namespaced });
  }
  return kinds;
}

function apiPath(apiVersion: string): string {
  const parts = apiVersion.split('/').map(encodeURIComponent).join('/');
  return apiVersion.includes('/') ? `/apis/${parts}` : `/api/${parts}`;
}
