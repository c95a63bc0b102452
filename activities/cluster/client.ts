import type { KubeConfig } from '@kubernetes/client-node';
import { hasStatus } from './kube-error.ts';
import { type PageHead, readItems } from './list-items.ts';
import { type Call, call, callJson, callReading, type Query } from './transport.ts';
import { type WatchEventType, type WatchOptions, watch } from './watch.ts';

/** Deadline of a request in milliseconds where the caller names none. */
export const defaultTimeoutMs = 10_000;

/** Options that every request takes. */
export interface RequestOptions {
  /** Aborts the request; its reason is thrown. */
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** How a collection is read. */
export interface ListOptions<T, P = T> extends RequestOptions {
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects per page; the default is 500. */
  limit?: number;
  /** Keeps only what is needed of each object, so that a big collection is never whole in memory. */
  project?: (item: T) => P;
  /** Called after each page with the number of objects read so far, e.g. to heartbeat. */
  onPage?: (count: number) => void;
}

/** How a server-side apply is made. */
export interface ApplyOptions extends RequestOptions {
  fieldManager: string;
  /** Take fields over from other managers instead of failing with Conflict. */
  force?: boolean;
  dryRun?: boolean;
  /** `Strict` refuses unknown and duplicate fields. */
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

/** How a patch is made. `json` bodies are arrays of RFC 6902 operations. */
export interface PatchOptions extends RequestOptions {
  type: 'json' | 'merge' | 'strategic';
  fieldManager?: string;
  dryRun?: boolean;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

/** How a text that is no JSON is read. */
export interface TextOptions extends RequestOptions {
  query?: Query;
  /** Bytes after which the rest is left unread. */
  maxBytes: number;
}

/** How an object is created. */
export type CreateOptions = Omit<ApplyOptions, 'force'>;

/** How an object is deleted. `uid` and `resourceVersion` are preconditions. */
export interface RemoveOptions extends RequestOptions {
  uid?: string;
  resourceVersion?: string;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  gracePeriodSeconds?: number;
  dryRun?: boolean;
}

/**
 * A thin client of one API server: paths in, plain JSON out. Every method throws KubeError (a NodewaveError with code
 * and sentence) except where it says otherwise, and has a deadline.
 */
export interface ClusterClient {
  /** Reads one object; null when it does not exist. */
  get<T>(path: string, options?: RequestOptions): Promise<T | null>;
  /** Reads a whole collection page by page, starting over when a page's continue token has expired. */
  list<T, P = T>(path: string, options?: ListOptions<T, P>): Promise<{ items: P[]; resourceVersion: string }>;
  /** Reads an answer that is a text, such as a pod's log. */
  text(path: string, options: TextOptions): Promise<string>;
  /** See `watch` in watch.ts. */
  watch(
    path: string,
    options: WatchOptions,
    onEvent: (type: WatchEventType, object: Record<string, unknown>) => void,
    signal: AbortSignal,
    onOpen?: () => void,
  ): Promise<'ended' | 'gone'>;
  /** Server-side apply. With a `metadata.resourceVersion` it fails with Conflict when the object has moved on. */
  apply<T>(path: string, object: object, options: ApplyOptions): Promise<T>;
  patch<T>(path: string, body: object, options: PatchOptions): Promise<T>;
  create<T>(path: string, object: object, options: CreateOptions): Promise<T>;
  /** Deletes one object: `gone` when it does not exist, `conflict` when a precondition does not hold. */
  remove(path: string, options?: RemoveOptions): Promise<'deleted' | 'gone' | 'conflict'>;
  /** Deletes every object of a collection that has the labels; none is no error. */
  removeAll(path: string, options: RequestOptions & { labelSelector: string }): Promise<void>;
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** Makes the client of one cluster; `config` comes from kube-config.ts, whose connections are reused. */
export function createClusterClient(config: KubeConfig): ClusterClient {
  const json = <T>(options: Omit<Call, 'timeoutMs'> & { timeoutMs?: number }): Promise<T> =>
    callJson<T>(config, { ...options, timeoutMs: options.timeoutMs ?? defaultTimeoutMs });

  return {
    async get<T>(path: string, options: RequestOptions = {}) {
      try {
        return await json<T>({ method: 'GET', verb: 'get', path, ...options });
      } catch (error) {
        if (hasStatus(error, 404)) return null;
        throw error;
      }
    },

    async list<T, P = T>(path: string, options: ListOptions<T, P> = {}) {
      const { project, onPage, labelSelector, fieldSelector, limit = 500, ...request } = options;
      let items: P[] = [];
      let next: string | undefined;
      let restarts = 0;
      while (true) {
        const query = { labelSelector, fieldSelector, limit, continue: next };
        const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
        const options = { method: 'GET', verb: 'list', path, query, ...request, timeoutMs } as const;
        const take = (item: T): void => {
          items.push(project === undefined ? (item as unknown as P) : project(item));
        };
        let page: PageHead;
        try {
          page = await callReading(config, options, (body) => readItems(body, take));
        } catch (error) {
          // A continue token lives for minutes only; the pages read so far belong to a state that is gone.
          if (next === undefined || restarts === 2 || !hasStatus(error, 410)) throw error;
          [items, next, restarts] = [[], undefined, restarts + 1];
          continue;
        }
        onPage?.(items.length);
        next = page.metadata.continue;
        if (next === undefined || next === '') return { items, resourceVersion: page.metadata.resourceVersion };
      }
    },

    async text(path, { maxBytes, query, ...request }) {
      const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
      const options = { method: 'GET', verb: 'get', path, query, ...request, timeoutMs } as const;
      return await callReading(config, options, (body) => readText(body, maxBytes));
    },

    watch: (path, options, onEvent, signal, onOpen) => watch(config, path, options, onEvent, signal, onOpen),

    apply<T>(path: string, object: object, options: ApplyOptions) {
      const { fieldManager, force, dryRun, fieldValidation, ...request } = options;
      const query = { fieldManager, force, fieldValidation, dryRun: dryRun === true ? 'All' : undefined };
      const contentType = 'application/apply-patch+yaml';
      return json<T>({ method: 'PATCH', verb: 'patch', path, query, body: object, contentType, ...request });
    },

    patch<T>(path: string, body: object, options: PatchOptions) {
      const { type, fieldManager, dryRun, fieldValidation, ...request } = options;
      const query = { fieldManager, fieldValidation, dryRun: dryRun === true ? 'All' : undefined };
      return json<T>({ method: 'PATCH', verb: 'patch', path, query, body, contentType: patchTypes[type], ...request });
    },

    create<T>(path: string, object: object, options: CreateOptions) {
      const { fieldManager, dryRun, fieldValidation, ...request } = options;
      const query = { fieldManager, fieldValidation, dryRun: dryRun === true ? 'All' : undefined };
      return json<T>({ method: 'POST', verb: 'create', path, query, body: object, ...request });
    },

    async removeAll(path, { labelSelector, ...request }) {
      const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
      const query = { labelSelector };
      const options = { method: 'DELETE', verb: 'deletecollection', path, query, body, ...request, timeoutMs } as const;
      const answer = await call(config, options);
      // Unread, the body would keep its connection busy.
      await answer.body.text();
    },

    async remove(path, options = {}) {
      const { uid, resourceVersion, propagationPolicy, gracePeriodSeconds, dryRun, ...request } = options;
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid, resourceVersion },
        propagationPolicy,
        gracePeriodSeconds,
        dryRun: dryRun === true ? ['All'] : undefined,
      };
      try {
        const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
        const answer = await call(config, { method: 'DELETE', verb: 'delete', path, body, ...request, timeoutMs });
        // Unread, the body would keep its connection busy.
        await answer.body.text();
        return 'deleted';
      } catch (error) {
        if (hasStatus(error, 404)) return 'gone';
        if (hasStatus(error, 409)) return 'conflict';
        throw error;
      }
    },
  };
}

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}
