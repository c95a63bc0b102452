import type { ClusterClient, ListOptions } from '../../activities/cluster/client.ts';

/** A client whose every request is told first: by what method of the client, of which path. What that throws is its answer. */
export function told(client: ClusterClient, tell: (method: keyof ClusterClient, path: string) => void): ClusterClient {
  const through = <A extends unknown[], R>(
    method: keyof ClusterClient,
    call: (path: string, ...rest: A) => Promise<R>,
  ) => {
    return async (path: string, ...rest: A): Promise<R> => {
      tell(method, path);
      return await call(path, ...rest);
    };
  };
  return {
    get: through('get', client.get) as ClusterClient['get'],
    list: through('list', client.list) as ClusterClient['list'],
    text: through('text', client.text),
    watch: through('watch', client.watch),
    apply: through('apply', client.apply) as ClusterClient['apply'],
    patch: through('patch', client.patch) as ClusterClient['patch'],
    create: through('create', client.create) as ClusterClient['create'],
    remove: through('remove', client.remove),
    removeAll: through('removeAll', client.removeAll),
  };
}

/** A client whose lists come in pages of `limit` objects, each of them told. */
export function paged(client: ClusterClient, limit: number, onPage: (path: string) => void): ClusterClient {
  return {
    ...client,
    list: <T, P = T>(path: string, options: ListOptions<T, P> = {}) =>
      client.list<T, P>(path, {
        ...options,
        limit,
        onPage: (count) => {
          onPage(path);
          options.onPage?.(count);
        },
      }),
  };
}
