import type { ApplicationSpec } from '../../domain/application/spec.ts';
import { NodewaveError } from '../../domain/failures.ts';
import type { ManifestObject } from '../../domain/manifest/object.ts';
import type { RolloutPolicyDocument } from '../../domain/policy/rollout-policy.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { Discovery } from '../cluster/discovery.ts';

/** What one commit asks for, as activities/render makes it. */
export interface Rendered {
  objects: ManifestObject[];
  /** The RolloutPolicies beside them. */
  policies?: RolloutPolicyDocument[];
  renderedDigest: string;
  subject: string;
  warnings?: string[];
}

/** Renders one commit of an application; the manifests never leave the activity. */
export type RenderCommit = (spec: ApplicationSpec, commit: string) => Promise<Rendered>;

/** What every step of one sync works with. */
export interface SyncContext {
  client: ClusterClient;
  discovery: Discovery;
  spec: ApplicationSpec;
  application: string;
  /** Only shown, never applied: what a sync would refuse comes as a refusal of its object, beside all other changes. */
  forPeople?: true;
}

/** Whether a person has said that objects of other delivery tools are to be taken over. */
export function isForced({ spec }: SyncContext): boolean {
  return spec.sync.adopt === 'force';
}

/** Objects of one commit that are asked about at once: enough to be quick, few enough for any API server. */
export const lanes = 8;

/** Renders the commit and refuses when the objects are not those that were planned. */
export async function renderAsPlanned(
  render: RenderCommit,
  spec: ApplicationSpec,
  plan: { commit: string; renderedDigest: string },
): Promise<Rendered> {
  const rendered = await render(spec, plan.commit);
  if (rendered.renderedDigest === plan.renderedDigest) return rendered;
  throw new NodewaveError(
    'Conflict',
    `commit ${plan.commit.slice(0, 8)} renders to other objects than when it was planned; nothing was applied. Sync again`,
  );
}
