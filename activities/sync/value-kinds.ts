import { schemaKinds } from '../../domain/diff/schema-kinds.ts';
import type { KindOf } from '../../domain/diff/value-kind.ts';
import { KubeError } from '../cluster/kube-error.ts';
import type { SyncContext } from './context.ts';

const documents = new WeakMap<SyncContext, Map<string, Promise<unknown>>>();

/**
 * How the values of a custom kind are written, from the schema that the API server publishes; undefined when it cannot say, so that
 * every writing counts. Such a document has megabytes: it is asked for when something differs, once a change set, and not kept.
 */
export async function customKinds(context: SyncContext, apiVersion: string, kind: string): Promise<KindOf | undefined> {
  const known = documents.get(context) ?? new Map<string, Promise<unknown>>();
  documents.set(context, known);
  const asked =
    known.get(apiVersion) ?? context.client.get<unknown>(`/openapi/v3/apis/${apiVersion}`, { timeoutMs: 20_000 });
  known.set(apiVersion, asked);
  try {
    return schemaKinds(await asked, apiVersion, kind) ?? undefined;
  } catch (error) {
    // Without it differences are shown that are none, and none is passed over.
    if (error instanceof KubeError) return undefined;
    throw error;
  }
}
