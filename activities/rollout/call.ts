import type { ApplicationSpec } from '../../domain/application/spec.ts';
import type { ManifestObject } from '../../domain/manifest/object.ts';
import type { ClusterClient } from '../cluster/client.ts';

/** What one call of a rollout activity works with. */
export interface RolloutCall {
  client: ClusterClient;
  attempt: number;
  signal: AbortSignal;
  render: RenderCommit;
}

/** Renders one commit of an application; the manifests never leave the activity. */
export type RenderCommit = (spec: ApplicationSpec, commit: string) => Promise<Rendered>;

/** The part of a rendered commit that a rollout needs. */
export interface Rendered {
  objects: Pick<ManifestObject, 'kind' | 'namespace' | 'name' | 'body'>[];
  renderedDigest: string;
}
